"""Two imports at once: of the same file one waits for the other; two companies do not wait."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from django.utils import timezone

from core.models import Company, Job
from guests.models import Guest
from imports.models import ImportJob, ImportRow
from imports.options import Options
from imports.services import runs
from tests.imports.web import worked
from tests.processes import Worker, eventually
from tests.torture.conftest import Prepare
from tests.torture.guest_list import GuestList, problems, wrong_guests
from tests.torture.progress import ended, state_of, tasks_received

pytestmark = [pytest.mark.torture, pytest.mark.slow]
Outcome = ImportRow.Outcome


def start(job: ImportJob) -> ImportJob:
    return runs.start_import(job=job, actor=None, source="web", now=timezone.now())


def check(job: ImportJob) -> ImportJob:
    options = Options.from_json(job.options)
    return worked(runs.request_check(job=job, options=options, results_to="", now=timezone.now()))


@pytest.mark.parametrize("faultless", [True, False], ids=["strict", "partial"])
def test_the_same_file_twice_at_once(
    bella: Company, prepare: Prepare, quick_worker: Callable[..., Worker], faultless: bool
) -> None:
    guests = GuestList(2_000, faultless=faultless)
    # Both are checked before either is imported: what the second one's check found is no more true.
    both = [check(prepare(bella, guests, known=known)) for known in (True, False)]
    workers = [quick_worker(JOB_LEASE_SECONDS="30") for _ in range(2)]
    for job in both:
        start(job)
    at_work = [Job.State.QUEUED, Job.State.RUNNING]
    eventually(
        lambda: (
            all(tasks_received(worker) for worker in workers)
            and sorted(state_of(job)[0] for job in both) == at_work
        ),
        every=0.003,
    )
    first, second = sorted((ended(job) for job in both), key=lambda job: job.finished_at)
    assert problems(first, guests) == []
    # To the second all is known; what failed fails again, and nothing is there twice.
    brought = (Outcome.CREATED, Outcome.UPDATED)
    again = {
        line: Outcome.UNCHANGED if end in brought else end for line, end in guests.ends.items()
    }
    assert problems(second, guests, ends=again) == []
    assert wrong_guests(bella, guests) == []


# SQLite has one writer at a time: there they take turns.
@pytest.mark.postgres
def test_two_companies_import_at_the_same_time(
    bella: Company, roma: Company, prepare: Prepare, quick_worker: Callable[..., Worker]
) -> None:
    guests = GuestList(1_200)
    both = [prepare(company, guests) for company in (bella, roma)]
    for _ in range(2):
        quick_worker(JOB_LEASE_SECONDS="30")
    for job in both:
        start(job)

    def both_half_way() -> bool:
        states = [state_of(job) for job in both]
        return all(
            state == Job.State.RUNNING and 0 < line < guests.last for state, _step, line in states
        )

    eventually(both_half_way, every=0.003)
    for job in both:
        assert problems(ended(job), guests) == []
    assert Guest.objects.count() == 2 * len(guests.guests_after())


def test_a_third_import_gets_its_turn_soon(
    bella: Company, prepare: Prepare, quick_worker: Callable[..., Worker]
) -> None:
    """When one ends, the next is told at once: nobody waits for the clock."""
    guests = GuestList(200)
    three = [prepare(bella, guests, known=number == 0) for number in range(3)]
    tick = 3600
    worker = quick_worker(CLOCK_TICK_SECONDS=str(tick), JOB_LEASE_SECONDS="30")
    for job in three:
        start(job)
    jobs = [ended(job) for job in three]
    jobs.sort(key=lambda job: job.finished_at)
    pauses = [
        (after.started_at - before.finished_at).total_seconds() for before, after in pairwise(jobs)
    ]
    assert max(pauses) < tick / 10
    assert worker.is_running()
    assert wrong_guests(bella, guests) == []
