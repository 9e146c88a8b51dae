"""When an import has the database look at its tables again, which takes as long as many lines."""

from types import SimpleNamespace

import pytest

from imports.pipeline import Planned
from imports.pipeline.decisions import Additions, Create, Unchanged
from imports.services import importing


@pytest.fixture
def looks(monkeypatch):
    """How often the tables were looked at."""
    found = []
    monkeypatch.setattr(importing, "refresh_statistics", lambda: found.append(1))
    return found


def growth(checkpoint=0):
    job = SimpleNamespace(checkpoint=checkpoint, kind="guests", mapping=["phone"])
    return importing._Growth(job)


def created(count):
    return Planned([], [Create(line, {}, Additions([], [], []), []) for line in range(count)])


def unchanged(count):
    return Planned([], [Unchanged(line, line, []) for line in range(count)])


def test_they_are_looked_at_each_time_that_four_times_as_many_were_added(looks):
    of_import, counted = growth(), []
    for _chunk in range(18):
        of_import.add(created(10), matched=True)
        counted.append(len(looks))
    assert counted == [1] * 3 + [2] * 12 + [3] * 3
    of_import.end()
    assert len(looks) == 4


def test_they_are_let_be_by_an_import_that_adds_nobody(looks):
    of_import = growth()
    of_import.add(unchanged(10), matched=True)
    of_import.end()
    assert not looks


def test_they_are_looked_at_only_in_the_end_where_nothing_is_matched(looks):
    of_import = growth()
    for _chunk in range(8):
        of_import.add(created(10), matched=False)
    assert not looks
    of_import.end()
    assert len(looks) == 1


def test_they_are_looked_at_after_an_attempt_that_was_broken_off(looks):
    of_import = growth(checkpoint=500)
    of_import.add(unchanged(10), matched=True)
    assert len(looks) == 1
    of_import.end()
    assert len(looks) == 1
