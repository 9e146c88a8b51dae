"""The same task delivered more than once, and at once: the work is done once."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from core.models import Company, Job
from core.services import jobs
from core.tasks import run_job
from imports import pipeline
from imports.models import ImportJob
from imports.services import runs
from tests.processes import Worker, eventually
from tests.torture.at_once import at_once
from tests.torture.conftest import Prepare
from tests.torture.guest_list import GuestList, problems, undo_problems
from tests.torture.progress import ended, is_past, reach, state_of, tasks_received

pytestmark = [pytest.mark.torture, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "CHUNK_ROWS", 20)


@pytest.fixture
def unprotected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Transactions that do not look whose the job is, and hold it against nobody."""

    @contextmanager
    def locked(attempt: jobs.Attempt) -> Iterator[Job]:
        with transaction.atomic():
            yield attempt.model._default_manager.get(pk=attempt.pk)

    monkeypatch.setattr(jobs.Attempt, "locked", locked)


@pytest.fixture
def overtake(monkeypatch: pytest.MonkeyPatch) -> Callable[[ImportJob], list[int]]:
    """Call it with a job whose first attempt is to fall asleep half-way, and not to die.

    It wakes up when a second attempt has taken over and has finished. Returns the numbers of the
    attempts that fell asleep, empty at first.
    """

    def overtaken(job: ImportJob) -> list[int]:
        chunk, slept = jobs.Attempt.chunk, []

        @contextmanager
        def slow(attempt: jobs.Attempt) -> Iterator[Job]:
            if not slept and is_past(job, "import", 100):
                slept.append(attempt.number)
                jobs.sweep(now=timezone.now() + timedelta(hours=1))
                at_once(partial(jobs.run, ImportJob, job.pk))
            with chunk(attempt) as locked:
                yield locked

        monkeypatch.setattr(jobs.Attempt, "chunk", slow)
        return slept

    return overtaken


def run_at_once(job: ImportJob, times: int) -> list[BaseException]:
    return at_once(*[partial(jobs.run, ImportJob, job.pk)] * times)


def test_without_protection_a_slow_attempt_breaks_a_finished_import(
    bella: Company,
    start_import: Prepare,
    unprotected: None,
    overtake: Callable[[ImportJob], list[int]],
) -> None:
    guests = GuestList(400)
    job = start_import(bella, guests)
    slept = overtake(job)
    jobs.run(ImportJob, job.pk)
    assert slept == [1]
    assert problems(job, guests) != []


def test_a_slow_attempt_finds_that_it_was_overtaken(
    bella: Company,
    start_import: Prepare,
    overtake: Callable[[ImportJob], list[int]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    guests = GuestList(400)
    job = start_import(bella, guests)
    slept = overtake(job)
    jobs.run(ImportJob, job.pk)
    assert slept == [1]
    assert f"Lease lost: ImportJob {job.pk}, attempt 1" in caplog.text
    job.refresh_from_db()
    assert job.attempt == 2
    assert problems(job, guests) == []


def test_without_its_condition_a_claim_is_given_twice(
    bella: Company, start_import: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = type(ImportJob.objects.all())
    job = start_import(bella, GuestList(20))
    assert [_claims(job, 4), state_of(job)[0]] == [1, Job.State.RUNNING]
    # The same without the state in its condition: whoever asks gets it.
    ImportJob.objects.filter(pk=job.pk).update(state=Job.State.QUEUED)
    filtered = everyone.filter
    monkeypatch.setattr(
        everyone,
        "filter",
        lambda self, **wanted: filtered(
            self, **{name: each for name, each in wanted.items() if name != "state"}
        ),
    )
    assert _claims(job, 4) == 4


def _claims(job: ImportJob, times: int) -> int:
    """Claim the job so many times at once, and return how many got it."""
    claimed: list[Job] = []

    def claim() -> None:
        if got := jobs.claim(ImportJob, job.pk, now=timezone.now()):
            claimed.append(got)

    assert at_once(*[claim] * times) == []
    return len(claimed)


def test_four_at_once_import_once(
    bella: Company, start_import: Prepare, rounds: int, caplog: pytest.LogCaptureFixture
) -> None:
    guests = GuestList(100)
    with caplog.at_level(logging.ERROR):
        for number in range(rounds):
            job = start_import(bella, guests, known=number == 0)
            assert run_at_once(job, 4) == []
            job.refresh_from_db()
            assert job.attempt == 1
            if number == 0:
                assert problems(job, guests) == []
    assert caplog.records == []


def test_messages_to_two_workers_import_once_and_undo_once(
    bella: Company, prepare: Prepare, quick_worker: Callable[..., Worker]
) -> None:
    guests = GuestList(1_500)
    job = prepare(bella, guests)
    workers = [quick_worker(JOB_LEASE_SECONDS="30") for _ in range(2)]
    job = runs.start_import(job=job, actor=None, source="web", now=timezone.now())
    assert _deliver(job, 6, workers) >= 2
    job = ended(job)
    assert job.attempt == 1
    assert problems(job, guests) == []
    job = runs.request_undo(job=job, actor=None, now=timezone.now())
    assert _deliver(job, 6, workers) >= 2
    job = ended(job)
    assert job.attempt == 2
    assert undo_problems(job, guests) == []


def _deliver(job: ImportJob, times: int, workers: list[Worker]) -> int:
    """Send the task so many times more, and return how many were delivered while it was done."""
    before = tasks_received(*workers)
    for _ in range(times):
        run_job.delay(job._meta.label_lower, job.pk)
    reach(job, job.step, 10)
    eventually(lambda: tasks_received(*workers) >= before + 2, every=0.003)
    assert not is_past(job, job.step, 1_500), "the others came too late to be a fault"
    return tasks_received(*workers) - before
