"""Watching a job from beside its worker."""

import re

from core.models import Job
from imports.models import ImportJob
from tests.processes import Worker, eventually

#: The steps in the order in which a job takes them.
ORDER = {"check": 0, "import": 1, "undo": 2}


def state_of(job: ImportJob) -> tuple[str, str, int]:
    """Return state, step and checkpoint as they are now."""
    return ImportJob.objects.values_list("state", "step", "checkpoint").get(pk=job.pk)


def is_past(job: ImportJob, step: str, line: int) -> bool:
    """Whether the job has come to `line` of `step`, or further."""
    state, its_step, checkpoint = state_of(job)
    if its_step == step and state in Job.ACTIVE:
        return checkpoint >= line
    return ORDER[its_step] > ORDER[step] or state not in Job.ACTIVE


def reach(job: ImportJob, step: str, line: int) -> None:
    """Wait until the job has come to `line` of `step`."""
    eventually(lambda: is_past(job, step, line), every=0.003)


def ended(job: ImportJob) -> ImportJob:
    """Wait until the job has ended, and return it."""
    eventually(lambda: state_of(job)[0] not in Job.ACTIVE, seconds=600)
    return ImportJob.objects.get(pk=job.pk)


def tasks_received(*workers: Worker) -> int:
    """Return how many messages about jobs the workers have received."""
    said = re.compile(r"core\.tasks\.run_job\[\S+\] received")
    return sum(len(said.findall(worker.output())) for worker in workers)
