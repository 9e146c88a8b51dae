"""An import of known ends, and workers that take over quickly."""

import os
import random
from collections.abc import Callable, Mapping

import pytest
from django.utils import timezone

from core.models import Company
from imports.models import ImportJob
from imports.services import runs
from tests.imports.web import draft, imported
from tests.processes import Worker
from tests.torture.guest_list import GuestList
from tests.torture.kills import LEASE, kill_at, random_points
from tests.torture.progress import ended

#: 0 means a few.
ROUNDS = int(os.environ.get("TORTURE") or 0)

Prepare = Callable[..., ImportJob]


@pytest.fixture
def rounds() -> int:
    """How many times a fault strikes."""
    return ROUNDS or 2


@pytest.fixture
def rng() -> random.Random:
    seed = os.environ.get("TORTURE_SEED") or str(random.SystemRandom().randrange(10**9))
    print(f"TORTURE_SEED={seed}")  # noqa: T201 - shown with a failure
    return random.Random(seed)


@pytest.fixture
def prepare(transactional_db: None) -> Prepare:
    """Call it with a company and a list of guests: the import that waits for its start."""

    def prepared(
        company: Company, guests: GuestList, *, results_to: str = "", known: bool = True
    ) -> ImportJob:
        if known:
            imported(company, None, guests.before())
        job = draft(company, None, guests.content(), partial=not guests.faultless)
        ImportJob.objects.filter(pk=job.pk).update(results_to=results_to)
        return ImportJob.objects.get(pk=job.pk)

    return prepared


@pytest.fixture
def start_import(prepare: Prepare) -> Prepare:
    """As `prepare`, and start it: it waits for a worker."""

    def started(company: Company, guests: GuestList, **options: object) -> ImportJob:
        job = prepare(company, guests, **options)
        return runs.start_import(job=job, actor=None, source="web", now=timezone.now())

    return started


@pytest.fixture
def quick_worker(start_worker: Callable[..., Worker]) -> Callable[..., Worker]:
    """Call it for a worker that commits every 20 lines and takes over after LEASE seconds."""

    def start(**extra: str) -> Worker:
        quick = {
            "IMPORT_CHUNK_ROWS": "20",
            "JOB_LEASE_SECONDS": str(LEASE),
            "CLOCK_TICK_SECONDS": "1",
        }
        return start_worker(**quick | extra)

    return start


@pytest.fixture
def ended_despite_kills(
    quick_worker: Callable[..., Worker], rng: random.Random
) -> Callable[..., ImportJob]:
    """Call it with a job, how many kills in each of its steps, and the last line of its file.

    A worker takes the job, is killed at random lines and started again; returns the job's end.
    """

    def end(job: ImportJob, kills: Mapping[str, int], *, last: int) -> ImportJob:
        points = [
            point
            for step, count in kills.items()
            for point in random_points(rng, step, count, last)
        ]
        kill_at(points, job, quick_worker(), last, rng)
        return ended(job)

    return end
