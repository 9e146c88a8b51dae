"""What the steps of an import have in common: how each begins, keeps its place, and ends."""

from datetime import datetime

from django.utils import timezone

from core.models import Job, User
from core.services.changes import record
from core.services.jobs import Attempt, publish
from imports.models import ImportJob, ImportRow
from imports.pipeline.read import FileRefused
from imports.pipeline.seen import Screened
from imports.services.results import announce

Step, State = ImportJob.Step, Job.State


class StopAsked(Exception):
    """Somebody asked the import to stop: what is in stays in until they say otherwise."""


def record_import(job: ImportJob, *, actor: User | None, source: str, now: datetime) -> None:
    """Write into the activity that `actor` had the file imported.

    Of one that is checked on its way that is known when the check lets it go on, and not when it
    gives it back.
    """
    record(
        company=job.company,
        actor=actor,
        source=source,
        action="import",
        subject=job,
        values={"file": [None, job.filename]},
        now=now,
    )


def heed_stop(job: ImportJob) -> None:
    if job.stop_request:
        raise StopAsked


def save_checkpoint(
    attempt: Attempt[ImportJob], locked: ImportJob, rows: list[Screened], **fields: object
) -> None:
    done = locked.done + len(rows)
    total = max(locked.total, done) if locked.total else 0
    attempt.advance(locked, checkpoint=rows[-1].line, done=done, total=total, **fields)


def queue_step(attempt: Attempt[ImportJob], locked: ImportJob, step: str, **fields: object) -> None:
    """Let the job wait for its next step, which begins at the first line."""
    fields = {"then": "", "step": step, "checkpoint": 0, "done": 0, **fields}
    attempt.advance(locked, state=State.QUEUED, **fields)
    publish(locked)


def end(attempt: Attempt[ImportJob], locked: ImportJob, state: str, **fields: object) -> None:
    """End the import for good, and have its result mailed after the commit."""
    attempt.end(locked, state, then="", stop_request="", **fields)
    announce(locked, now=timezone.now())


def forget_rows(job: ImportJob, attempt: Attempt[ImportJob]) -> None:
    """Take away what an earlier check left, before this step writes its own rows."""
    with attempt.chunk() as locked:
        ImportRow.objects.filter(job_id=job.pk).delete()
        attempt.save(locked, counts={})


def end_unreadable(attempt: Attempt[ImportJob], refused: FileRefused) -> None:
    """End a job whose file cannot be read: nothing of it was written."""
    problem = {"code": refused.code, "params": refused.params}
    with attempt.chunk() as locked:
        if locked.then or locked.step == Step.IMPORT:
            end(attempt, locked, State.REFUSED, error=str(refused), findings={"file": problem})
        else:
            attempt.end(locked, State.DRAFT, findings={"file": problem}, error=str(refused))
