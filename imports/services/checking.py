"""The step that looks at a whole file and writes down only what is wrong with it."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Change, Job
from core.services.jobs import Attempt
from imports.models import ImportJob
from imports.pipeline import Planned, travel
from imports.pipeline.apply import record_rejects
from imports.pipeline.findings import Findings
from imports.pipeline.money import Money
from imports.pipeline.read import FileRefused
from imports.services.money import Repeat, repeat_of, waits_for_second
from imports.services.remainder import account_for_rest
from imports.services.steps import (
    StopAsked,
    end,
    end_unreadable,
    forget_rows,
    heed_stop,
    queue_step,
    record_import,
    save_checkpoint,
)
from imports.services.trips import checked_key, trip_of

Step, Then, State = ImportJob.Step, ImportJob.Then, Job.State


def check(job: ImportJob, attempt: Attempt[ImportJob]) -> None:
    """Plan every line and write down only what is wrong with it."""
    findings = Findings(job.findings)
    if not job.checkpoint:
        findings = Findings({"since": timezone.now().isoformat()})
        if job.approved_by_id is not None:
            findings.approved = Money(job.findings.get("money")).programs
        forget_rows(job, attempt)
    # Before the programs are read: they may become others while the file is looked through.
    key = checked_key(job)

    def land(chunk: Planned) -> None:
        findings.add(chunk.decisions)
        with attempt.chunk() as locked:
            heed_stop(locked)
            record_rejects(locked, chunk.decisions)
            save_checkpoint(attempt, locked, chunk.rows, findings=findings.to_json())

    try:
        now = job.queued_at or timezone.now()
        with trip_of(job, now=now, on_wait=attempt.beat) as trip:
            travel(trip, land, on_wait=attempt.beat)
    except FileRefused as refused:
        end_unreadable(attempt, refused)
    except StopAsked:
        _end_check_stopped(job, attempt)
    else:
        _end_check(job, attempt, findings, key)


def _end_check(job: ImportJob, attempt: Attempt[ImportJob], findings: Findings, key: str) -> None:
    """Go on as the job says: back to its operator, on to the import, or refuse it."""
    job.findings = findings.to_json()
    rejected = findings.counts["failed"]
    repeat = repeat_of(job) if job.then == Then.IMPORT else None
    wrong = rejected and not job.options.get("partial", False)
    is_refused = job.then == Then.REFUSE or (job.then and (wrong or repeat is not None))
    if is_refused:
        account_for_rest(job, attempt)
    with attempt.chunk() as locked:
        locked.checked_key = key
        fields: dict[str, Any] = {
            "findings": job.findings,
            "checked_key": key,
            "total": locked.done,
        }
        if is_refused:
            counts = {**locked.counts, "failed": rejected}
            error = "" if wrong or repeat is None else _repeated(repeat)
            end(attempt, locked, State.REFUSED, counts=counts, error=error, **fields)
        elif job.then == Then.IMPORT and waits_for_second(job):
            # Back to its operator, who is offered to ask for approval; or to whoever approves, for
            # whom it is something else by now than what they agreed to.
            fields |= {"then": "", "stop_request": "", "approved_by": None}
            attempt.end(locked, State.DRAFT, **fields)
        elif job.then == Then.IMPORT:
            queue_step(attempt, locked, Step.IMPORT, **fields)
            _record_start(locked)
        else:
            attempt.end(locked, State.DRAFT, **fields)


def _record_start(job: ImportJob) -> None:
    """Record the import that was started unchecked; one that is only checked anew stands there."""
    assert job.queued_at is not None
    started = Change.objects.filter(
        subject=job._meta.label_lower, subject_id=job.pk, action="import", at__gte=job.queued_at
    )
    if not started.exists():
        source = Change.Source.WEB if job.actor_id else Change.Source.COMMAND
        record_import(job, actor=job.actor, source=source, now=job.queued_at)


def _repeated(repeat: Repeat) -> str:
    text = _("%(what)s Nothing was imported: say whether they are meant to be given again.")
    return text % {"what": repeat}


def _end_check_stopped(job: ImportJob, attempt: Attempt[ImportJob]) -> None:
    """Give a check back to its operator; an import that was still being checked ends here."""
    if job.then:
        account_for_rest(job, attempt)
    with attempt.chunk() as locked:
        if locked.then:
            end(attempt, locked, State.STOPPED)
        else:
            attempt.end(locked, State.DRAFT, stop_request="", checked_key="", findings={})
