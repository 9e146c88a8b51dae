"""SIGTERM in the middle of an import, as at every update: the next worker goes on at once."""

import random
import time
from collections.abc import Callable

import pytest

from core.models import Company, Job
from core.supervisor import GRACE_SECONDS
from tests.processes import Worker
from tests.torture.conftest import ROUNDS, Prepare
from tests.torture.guest_list import GuestList, problems
from tests.torture.progress import ended, reach, state_of

pytestmark = [pytest.mark.torture, pytest.mark.slow]


@pytest.mark.parametrize("_round", range(ROUNDS or 1))
def test_a_stopped_worker_hands_its_import_over(
    bella: Company,
    start_import: Prepare,
    quick_worker: Callable[..., Worker],
    rng: random.Random,
    _round: int,
) -> None:
    guests = GuestList(3_000)
    # Nobody has to wait until a lease runs out.
    patient = {"JOB_LEASE_SECONDS": "3600"}
    job = start_import(bella, guests)
    worker = quick_worker(**patient)
    reach(job, "import", rng.randrange(2, guests.last // 2))
    asked_at = time.monotonic()
    assert worker.process is not None
    worker.process.terminate()
    assert worker.process.wait(timeout=GRACE_SECONDS) == 0
    assert time.monotonic() - asked_at < GRACE_SECONDS
    state, _step, checkpoint = state_of(job)
    assert state == Job.State.QUEUED
    assert 0 < checkpoint < guests.last, "it stopped in the middle"
    worker.start()
    job = ended(job)
    assert job.attempt == 2
    assert problems(job, guests) == []
