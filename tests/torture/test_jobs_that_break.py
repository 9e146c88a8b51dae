"""Jobs that break: they are tried again, not for ever and not without a pause."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from core.models import Company, Job, OutgoingMail, User
from core.services import jobs
from core.tasks import run_job
from imports import pipeline
from imports.models import ImportJob
from imports.services import importing, runs
from tests.imports.web import worked
from tests.torture.conftest import Prepare
from tests.torture.guest_list import GuestList, problems, undo_problems
from tests.torture.progress import state_of

pytestmark = pytest.mark.torture


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "CHUNK_ROWS", 20)


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is published, instead of publishing it."""
    published: list[Any] = []
    monkeypatch.setattr(run_job, "hint", lambda *args: published.append(args))
    return published


def break_at(monkeypatch: pytest.MonkeyPatch, line: int, *, times: int = 1000) -> list[int]:
    """Have the cleaning of this line break, in the thread that works ahead."""
    clean, broken = pipeline.clean.Cleaner.clean_many, []

    def breaking(cleaner: Any, rows: Any) -> Any:
        if line in [raw.line for raw in rows] and len(broken) < times:
            broken.append(line)
            raise RuntimeError("the thread ahead broke")
        return clean(cleaner, rows)

    monkeypatch.setattr("imports.pipeline.clean.Cleaner.clean_many", breaking)
    return broken


def test_a_job_that_breaks_at_once_stops_after_five_attempts(
    bella: Company, start_import: Prepare, settings: Any, hints: list[Any]
) -> None:
    job = start_import(bella, GuestList(100), results_to="owner@bella.example")
    Path(job.file.path).unlink()
    hints.clear()
    for attempt in range(1, settings.JOB_MAX_ATTEMPTS + 1):
        assert state_of(job)[0] == Job.State.QUEUED
        jobs.run(ImportJob, job.pk)
        job.refresh_from_db()
        assert job.tries == attempt
        assert "FileNotFoundError" in job.error
    assert job.state == Job.State.FAILED
    assert hints == [], "between two attempts there is a tick of the clock"
    assert jobs.sweep(now=timezone.now() + timedelta(days=1)) == 0
    assert OutgoingMail.objects.get().to == "owner@bella.example"


def test_a_worker_that_dies_at_once_every_time_is_not_called_for_ever(
    bella: Company, start_import: Prepare, settings: Any, hints: list[Any]
) -> None:
    job = start_import(bella, GuestList(100), results_to="owner@bella.example")
    now = timezone.now()
    for _attempt in range(settings.JOB_MAX_ATTEMPTS):
        assert jobs.claim(ImportJob, job.pk, now=now)
        now += timedelta(hours=1)
        jobs.sweep(now=now)
    assert state_of(job)[0] == Job.State.FAILED
    assert OutgoingMail.objects.count() == 1


def test_an_error_in_the_thread_ahead_is_an_error_of_the_attempt(
    bella: Company,
    start_import: Prepare,
    monkeypatch: pytest.MonkeyPatch,
    hints: list[Any],
) -> None:
    guests = GuestList(400)
    job = start_import(bella, guests)
    broken = break_at(monkeypatch, 200, times=2)
    jobs.run(ImportJob, job.pk)
    state, step, checkpoint = state_of(job)
    assert (state, step) == (Job.State.QUEUED, "import")
    assert 0 < checkpoint < 200, "it broke in the middle"
    job = worked(job)
    assert len(broken) == 2
    assert job.attempt == 3
    assert problems(job, guests) == []


def test_an_import_that_failed_half_way_can_be_undone(
    bella: Company,
    start_import: Prepare,
    monkeypatch: pytest.MonkeyPatch,
    hints: list[Any],
) -> None:
    guests = GuestList(400)
    job = start_import(bella, guests)
    with monkeypatch.context() as broken:
        break_at(broken, 200)
        job = worked(job)
    assert job.state == Job.State.FAILED
    assert job.checkpoint == 181, "the last line of the chunk before"
    assert runs.is_undoable(job)
    job = worked(runs.request_undo(job=job, actor=None, now=timezone.now()))
    assert undo_problems(job, guests, last=181) == []


def test_an_undo_asked_for_while_the_last_chunk_is_written_is_not_forgotten(
    bella: Company,
    owner: User,
    start_import: Prepare,
    monkeypatch: pytest.MonkeyPatch,
    hints: list[Any],
) -> None:
    guests = GuestList(100)
    job = start_import(bella, guests)
    end_import = importing._end_import

    def asked_just_before(*args: Any) -> None:
        runs.request_stop(job=job, keep=False, actor=owner)
        end_import(*args)

    monkeypatch.setattr(importing, "_end_import", asked_just_before)
    job = worked(job)
    assert undo_problems(job, guests) == []
