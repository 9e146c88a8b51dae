"""The same task delivered more than once, and at once: the work is done once."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

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
from tests.torture.progress import ended, is_past, reach

pytestmark = [pytest.mark.torture, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "CHUNK_ROWS", 20)


@pytest.fixture
def unprotected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim that asks nobody, and chunks that do not look whose the job is."""

    def claim(model: type[Job], pk: int, *, now: datetime) -> Job:
        job = model._default_manager.select_related("company", "actor").get(pk=pk)
        job.state = Job.State.RUNNING
        job.save(update_fields=["state"])
        return job

    @contextmanager
    def chunk(attempt: jobs.Attempt) -> Iterator[Job]:
        with transaction.atomic():
            yield attempt.model._default_manager.get(pk=attempt.pk)

    monkeypatch.setattr(jobs, "claim", claim)
    monkeypatch.setattr(jobs.Attempt, "chunk", chunk)
    monkeypatch.setattr(jobs.Attempt, "beat", lambda attempt: None)


def run_at_once(job: ImportJob, times: int) -> list[BaseException]:
    return at_once(*[partial(jobs.run, ImportJob, job.pk)] * times)


def test_two_at_once_do_harm_without_protection(
    bella: Company, start_import: Prepare, unprotected: None
) -> None:
    guests = GuestList(400)
    job = start_import(bella, guests)
    raised = run_at_once(job, 2)
    assert raised or problems(job, guests)


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


def test_an_attempt_whose_lease_ran_out_stops_without_a_trace(
    bella: Company, start_import: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempt is not dead but slow; it wakes up while the second is at work."""
    guests = GuestList(400)
    job = start_import(bella, guests)
    chunk, lost, slept = jobs.Attempt.chunk, [], []

    @contextmanager
    def overtaken(attempt: jobs.Attempt) -> Iterator[Job]:
        if not slept and is_past(job, "import", 100):
            slept.append(attempt.number)
            jobs.sweep(now=timezone.now() + timedelta(hours=1))
            at_once(partial(jobs.run, ImportJob, job.pk))
        try:
            with chunk(attempt) as locked:
                yield locked
        except jobs.LeaseLost:
            lost.append(attempt.number)
            raise

    monkeypatch.setattr(jobs.Attempt, "chunk", overtaken)
    jobs.run(ImportJob, job.pk)
    assert lost == [1], "the first attempt really was overtaken"
    job.refresh_from_db()
    assert job.attempt == 2
    assert problems(job, guests) == []


def test_messages_to_two_workers_import_once_and_undo_once(
    bella: Company, start_import: Prepare, quick_worker: Callable[..., Worker]
) -> None:
    guests = GuestList(1_500)
    workers = [quick_worker(JOB_LEASE_SECONDS="30") for _ in range(2)]
    job = start_import(bella, guests)
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
    before = _received(workers)
    for _ in range(times):
        run_job.delay(job._meta.label_lower, job.pk)
    reach(job, job.step, 10)
    eventually(lambda: _received(workers) >= before + 2, every=0.003)
    assert not is_past(job, job.step, 1_500), "the others came too late to be a fault"
    return _received(workers) - before


def _received(workers: list[Any]) -> int:
    return sum(worker.output().count("core.tasks.run_job[") for worker in workers)
