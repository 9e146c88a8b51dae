"""What a worker does with an ImportJob: the step that the job waits for.

Each step ends by ending the job or by queueing its next step, so that every step is claimed on
its own and the database's rule "one writing import per company" holds for each.
"""

from django.utils import timezone

from core import jobs
from core.services.jobs import Attempt
from imports.models import ImportJob
from imports.services.checking import check
from imports.services.importing import import_file
from imports.services.results import announce
from imports.services.undoing import undo

Step = ImportJob.Step


def register() -> None:
    """Make ImportJob known to the workers."""
    jobs.register(ImportJob, perform, give_up=_give_up)


def perform(job: ImportJob, attempt: Attempt[ImportJob]) -> None:
    """Do the job's present step, from its checkpoint on."""
    steps = {Step.CHECK: check, Step.IMPORT: import_file, Step.UNDO: undo}
    steps[Step(job.step)](job, attempt)


def _give_up(job: ImportJob) -> None:
    """Have it mailed that an import broke off; whoever only checked sees it on the page."""
    if job.writes or job.then:
        announce(job, now=timezone.now())
