"""What happens by the clock: by one worker at a time, and whatever the database does meanwhile."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from core import clock
from core.models import Lease
from tests.processes import eventually


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> dict[str, clock.Entry]:
    """An empty register."""
    empty: dict[str, clock.Entry] = {}
    monkeypatch.setattr(clock, "_entries", empty)
    return empty


@pytest.fixture
def clocks(transactional_db: None, settings: Any) -> Iterator[list[clock.Clock]]:
    settings.CLOCK_TICK_SECONDS = 0.1
    started: list[clock.Clock] = []
    yield started
    for each in started:
        each.stop()
        each.join(timeout=180)


def test_one_holder_at_a_time(db: None) -> None:
    now = timezone.now()
    assert clock.hold("first", now=now)
    assert not clock.hold("second", now=now)
    assert clock.hold("first", now=now + timedelta(seconds=5)), "renewed"


def test_a_lease_that_ran_out_goes_to_another(db: None) -> None:
    now = timezone.now()
    clock.hold("first", now=now)
    later = now + timedelta(hours=1)
    assert clock.hold("second", now=later)
    assert not clock.hold("first", now=later)


def test_a_released_lease_is_free_at_once(db: None) -> None:
    now = timezone.now()
    clock.hold("first", now=now)
    clock.release("second")
    assert not clock.hold("second", now=now)
    clock.release("first")
    assert clock.hold("second", now=now)


def test_of_two_clocks_one_ticks(
    entries: dict[str, clock.Entry], clocks: list[clock.Clock]
) -> None:
    holders: list[str] = []

    @clock.every(0, "note who ticks")
    def note(*, now: Any) -> None:
        holders.append(Lease.objects.get().holder)

    for _ in range(2):
        clocks.append(clock.Clock())
        clocks[-1].start()
    eventually(lambda: len(holders) > 10)
    assert len(set(holders)) == 1
    # The other one takes over when the first stops.
    first = next(each for each in clocks if each.holder == holders[0])
    first.stop()
    first.join()
    eventually(lambda: len(set(holders)) == 2)


def test_each_entry_has_its_own_pace(
    entries: dict[str, clock.Entry], clocks: list[clock.Clock]
) -> None:
    calls = {"often": 0, "nightly": 0}

    def count(name: str) -> Any:
        def act(*, now: Any) -> None:
            calls[name] += 1

        return act

    clock.every(0, "often")(count("often"))
    clock.every(86400, "nightly")(count("nightly"))
    clocks.append(clock.Clock())
    clocks[0].start()
    eventually(lambda: calls["often"] > 5)
    assert calls["nightly"] == 1


def test_what_runs_at_start_asks_for_no_lease(
    entries: dict[str, clock.Entry], clocks: list[clock.Clock]
) -> None:
    clock.hold("a worker that was killed", now=timezone.now() + timedelta(days=1))
    calls: list[str] = []
    clock.every(0, "sweep", at_start=True)(lambda now: calls.append("sweep"))
    clock.every(0, "other")(lambda now: calls.append("other"))
    clocks.append(clock.Clock())
    clocks[0].start()
    eventually(lambda: calls)
    assert calls == ["sweep"]


def test_an_error_stops_neither_the_clock_nor_the_other_entries(
    entries: dict[str, clock.Entry], clocks: list[clock.Clock]
) -> None:
    calls: list[str] = []

    def broken(*, now: Any) -> None:
        calls.append("broken")
        raise RuntimeError("broken")

    clock.every(0, "broken")(broken)
    clock.every(0, "sound")(lambda now: calls.append("sound"))
    clocks.append(clock.Clock())
    clocks[0].start()
    eventually(lambda: calls.count("sound") > 2 and calls.count("broken") > 2)


@pytest.mark.postgres
def test_the_clock_survives_a_database_that_drops_its_connections(
    entries: dict[str, clock.Entry], clocks: list[clock.Clock]
) -> None:
    calls: list[str] = []
    struck: list[Exception] = []

    def cut(*, now: Any) -> None:
        if not calls:
            calls.append("cut")
            with connections["default"].cursor() as cursor:
                try:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                except Exception as error:
                    struck.append(error)
                    raise
        calls.append("alive")

    clock.every(0, "cut")(cut)
    clocks.append(clock.Clock())
    clocks[0].start()
    eventually(lambda: "alive" in calls)
    assert struck, "the connection was really cut"
    assert clocks[0].is_alive()


def test_the_worker_runs_the_clock(worker: Any) -> None:
    holder = eventually(lambda: Lease.objects.filter(name=clock.LEASE).first())
    assert str(worker.process.pid) in holder.holder
