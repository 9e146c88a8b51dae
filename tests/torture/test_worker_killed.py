"""`kill -9` of the worker at random points of an import, of its check and of an undo."""

import random
import signal
from collections.abc import Callable, Sequence
from time import sleep

import pytest
from django.utils import timezone

from core.models import Company, Job
from imports.models import ImportJob
from imports.services import runs
from tests.imports.web import imported
from tests.processes import Worker
from tests.torture.conftest import Prepare
from tests.torture.guest_list import GuestList, problems, undo_problems
from tests.torture.progress import ended, reach, state_of

pytestmark = [pytest.mark.torture, pytest.mark.slow]

Point = tuple[str, int]
LEASE = 2


def kill_at(
    points: Sequence[Point], job: ImportJob, worker: Worker, last: int, rng: random.Random
) -> None:
    """Kill the worker at each of the points, in this order, and start it again."""
    for number, (step, line) in enumerate(points, start=1):
        _state, step_before, line_before = state_of(job)
        # Each life comes further than the one before: without that, five are enough to fail.
        further = line_before + 1 if step_before == step else 0
        reach(job, step, max(line, further))
        sleep(rng.uniform(0, 0.02))
        worker.kill()
        assert worker.process is not None
        assert worker.process.returncode == -signal.SIGKILL
        state, step_now, checkpoint = state_of(job)
        assert (state, step_now) == (Job.State.RUNNING, step), f"kill {number} of {points}"
        assert 0 < checkpoint < last, f"kill {number} of {points}"
        # A worker that starts looks for jobs whose lease has run out; to start takes it a second.
        sleep(LEASE - 1)
        worker.start()


def random_points(rng: random.Random, step: str, count: int, last: int) -> list[Point]:
    """Return points in the first four fifths: behind the kill there must be something left."""
    return [(step, line) for line in sorted(rng.sample(range(2, last * 4 // 5), count))]


def test_a_partial_import_survives_its_workers(
    bella: Company,
    start_import: Prepare,
    quick_worker: Callable[..., Worker],
    rounds: int,
    rng: random.Random,
) -> None:
    guests = GuestList(1_000 * (rounds + 1))
    job = start_import(bella, guests)
    worker = quick_worker(JOB_LEASE_SECONDS=str(LEASE))
    kill_at(random_points(rng, "import", rounds, guests.last), job, worker, guests.last, rng)
    job = ended(job)
    assert job.attempt == rounds + 1
    assert problems(job, guests) == []


def test_a_strict_import_survives_its_workers_in_check_and_import(
    bella: Company,
    start_import: Prepare,
    quick_worker: Callable[..., Worker],
    rounds: int,
    rng: random.Random,
) -> None:
    guests = GuestList(1_500 * (rounds // 2 + 1), faultless=True)
    job = start_import(bella, guests)
    worker = quick_worker(JOB_LEASE_SECONDS=str(LEASE))
    points = [
        *random_points(rng, "check", rounds // 2, guests.last),
        *random_points(rng, "import", rounds - rounds // 2, guests.last),
    ]
    kill_at(points, job, worker, guests.last, rng)
    job = ended(job)
    assert job.attempt == rounds + 2
    assert problems(job, guests) == []


def test_an_undo_survives_its_workers(
    bella: Company,
    start_import: Prepare,
    quick_worker: Callable[..., Worker],
    rounds: int,
    rng: random.Random,
) -> None:
    guests = GuestList(1_500 * (rounds + 1))
    imported(bella, None, guests.before())
    job = imported(bella, None, guests.content(), partial=True)
    before = job.attempt
    runs.request_undo(job=job, actor=None, now=timezone.now())
    worker = quick_worker(JOB_LEASE_SECONDS=str(LEASE))
    kill_at(random_points(rng, "undo", rounds, guests.last), job, worker, guests.last, rng)
    job = ended(job)
    assert job.attempt == before + rounds + 1
    assert undo_problems(job, guests) == []
