"""`kill -9` of a worker at chosen points of an import."""

import random
import signal
from collections.abc import Sequence
from time import sleep

from core.models import Job
from imports.models import ImportJob
from tests.processes import Worker
from tests.torture.progress import reach, state_of

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
