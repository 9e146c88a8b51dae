"""SQLite is left to others between the pieces of long work."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from core import turns
from core.services.jobs import Attempt
from core.turns import Turns, next_turn
from guests.models import DuplicateSearch
from loyalty.services.expiring import expire_company

pytestmark = pytest.mark.django_db

#: SQLite's busy handler sleeps no longer than this before it looks again.
LONGEST_SLEEP = 0.1


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the tests and the pauses advance."""
    clock = SimpleNamespace(now=0.0, pauses=[])

    def sleep(seconds):
        # In the test's own transaction alone: the piece is written.
        assert not connection.savepoint_ids
        clock.pauses.append(seconds)
        clock.now += seconds

    monkeypatch.setattr(turns, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=sleep))
    return clock


def work(clock, seconds, pieces):
    own = Turns()
    for _piece in range(pieces):
        with own.turn():
            clock.now += seconds


@pytest.mark.sqlite
@pytest.mark.parametrize(("seconds", "held"), [(0.01, 1.1), (0.3, 1.3), (0.9, 1.9), (4, 4.1)])
def test_others_get_their_turn_before_long_and_for_long_enough_to_notice(clock, seconds, held):
    work(clock, seconds, pieces=500)
    written = 500 * seconds
    assert len(clock.pauses) >= int(written / held)
    assert min(clock.pauses) > LONGEST_SLEEP
    assert sum(clock.pauses) < 0.2 * written


@pytest.mark.sqlite
def test_short_work_is_not_held_up(clock):
    work(clock, 0.09, pieces=10)
    assert clock.pauses == []


@pytest.mark.sqlite
def test_who_must_not_wait_is_next(clock):
    with next_turn():
        work(clock, 0.09, pieces=2)
    assert len(clock.pauses) == 2
    assert min(clock.pauses) > LONGEST_SLEEP
    work(clock, 0.09, pieces=2)
    assert len(clock.pauses) == 2


@pytest.mark.postgres
def test_where_many_can_write_nobody_waits(clock):
    work(clock, 3, pieces=10)
    assert clock.pauses == []


@pytest.mark.sqlite
def test_a_job_leaves_room_between_its_chunks_once_they_are_written(clock, bella):
    job = DuplicateSearch.objects.create(
        company=bella, state="running", attempt=1, heartbeat_at=timezone.now()
    )
    attempt = Attempt(job)
    for _chunk in range(4):
        with attempt.chunk() as locked:
            clock.now += 0.6
            attempt.save(locked)
    assert len(clock.pauses) == 2


@pytest.mark.sqlite
def test_expiry_leaves_room_too(clock, bella, monkeypatch):
    monkeypatch.setattr("loyalty.services.expiring._in_chunks", lambda ids: [[], [], []])
    opened = "loyalty.services.expiring.Books.open"
    monkeypatch.setattr(opened, lambda books, ids: setattr(clock, "now", clock.now + 1.2))
    expire_company(bella, now=timezone.now())
    assert len(clock.pauses) == 3
