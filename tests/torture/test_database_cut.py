"""The worker's connections to the database cut in the middle of a chunk."""

import random
from collections.abc import Callable

import pytest
from django.db import connection

from core.models import Company
from imports.models import ImportJob
from tests.processes import Worker, eventually
from tests.torture.conftest import Prepare
from tests.torture.guest_list import GuestList, problems
from tests.torture.progress import ended, reach, state_of

pytestmark = [pytest.mark.torture, pytest.mark.slow, pytest.mark.postgres]

#: Every connection but the test's own; those that have written say so by their transaction's id.
CUT = """
    SELECT bool_or(backend_xid IS NOT NULL), bool_and(pg_terminate_backend(pid))
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL
    )
"""


def cut_mid_chunk() -> bool:
    """Cut all connections if one of them has written something that is not committed."""
    with connection.cursor() as cursor:
        cursor.execute(CUT)
        return bool(cursor.fetchone()[0])


def test_an_import_survives_cut_connections(
    bella: Company,
    start_import: Prepare,
    quick_worker: Callable[..., Worker],
    rounds: int,
    rng: random.Random,
) -> None:
    guests = GuestList(1_000 * (rounds + 1))
    job = start_import(bella, guests)
    worker = quick_worker(JOB_LEASE_SECONDS="30")
    for line in sorted(rng.sample(range(2, guests.last * 4 // 5), rounds)):
        before: ImportJob = ImportJob.objects.get(pk=job.pk)
        reach(job, "import", max(line, before.checkpoint + 1))
        eventually(cut_mid_chunk, every=0.001)
        assert 0 < state_of(job)[2] < guests.last
    job = ended(job)
    assert worker.is_running(), "the same worker goes on, with new connections"
    assert worker.output().count("failed at attempt") == rounds
    assert job.attempt == rounds + 1
    assert problems(job, guests) == []
