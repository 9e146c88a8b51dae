"""`kill -9` of the worker at random points of an import, of its check and of an undo."""

import random
from collections.abc import Callable

import pytest
from django.utils import timezone

from core.models import Company
from imports.services import runs
from tests.imports.web import imported
from tests.processes import Worker
from tests.torture.conftest import Prepare
from tests.torture.guest_list import GuestList, problems, undo_problems
from tests.torture.kills import LEASE, kill_at, random_points
from tests.torture.progress import ended

pytestmark = [pytest.mark.torture, pytest.mark.slow]


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
