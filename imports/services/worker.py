"""What a worker does with an ImportJob: the step that it waits for."""

from core import jobs
from core.services.jobs import Attempt
from imports.models import ImportJob


def register() -> None:
    """Make ImportJob known to the workers."""
    jobs.register(ImportJob, perform)


def perform(job: ImportJob, attempt: Attempt) -> None:
    """Do the job's step."""
