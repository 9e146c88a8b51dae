"""Asking the workers for something: to check, to import, to stop, to undo."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from core.models import Change, Job, User
from core.services.changes import record
from core.services.jobs import enqueue
from imports import columns
from imports.error_file import mended_csv
from imports.models import ImportJob
from imports.options import Options
from imports.services.money import (
    NeedsAnother,
    ask_approval,
    may_take_back,
    must_be_checked,
    settle_before_start,
)
from imports.services.steps import record_import
from imports.services.trips import is_checked
from imports.services.uploads import MappingRefused, NotNow, lock_draft, receive_upload

State, Step = Job.State, ImportJob.Step

#: States in which guests may have been changed, and nothing is under way any more.
UNDOABLE = frozenset({State.DONE, State.DONE_WITH_ERRORS, State.STOPPED, State.FAILED})
#: States in which lines are out that were to come in, so that they may be brought in anew.
COME_TO_NOTHING = frozenset({State.REFUSED, State.STOPPED, State.FAILED, State.UNDONE})
#: How many rows can be mended on the result's page.
MENDABLE_ROWS = 200


class CheckedAnew(Exception):
    """The file was checked with other columns or rules than those that were seen."""


class StillWrong(Exception):
    """A strict import whose check found errors: nothing is imported until they are fixed."""


@transaction.atomic
def request_check(*, job: ImportJob, options: Options, results_to: str, now: datetime) -> ImportJob:
    """Have the whole file checked with these options; nothing is written to guests.

    Raises NotNow when the import is under way.
    """
    job = lock_draft(job)
    enqueue(
        job,
        now=now,
        step=Step.CHECK,
        then="",
        checkpoint=0,
        options=options.to_json(),
        results_to=results_to,
        findings={},
        checked_key="",
        stop_request="",
        approval_asked_by=None,
        approval_asked_at=None,
        approved_by=None,
    )
    return job


@transaction.atomic
def start_import(*, job: ImportJob, actor: User | None, source: str, now: datetime) -> ImportJob:
    """Have the file imported as it was checked; if it was not, it may have to be checked first.

    Raises StillWrong for a strict import whose check found errors, IsRepeat and NeedsApproval for
    one that moves money, MappingRefused for columns that the actor may not import, and NotNow when
    the import is under way or over.
    """
    job = lock_draft(job)
    if actor is not None:
        require_columns(job, lambda permission: actor.has_perm(permission, job.company))
    strict = not Options.from_json(job.options).partial
    checked = is_checked(job)
    if strict and checked and job.findings.get("counts", {}).get("failed"):
        raise StillWrong(str(job))
    if checked:
        settle_before_start(job, actor, now=now)
    go = checked or not must_be_checked(job, actor)
    enqueue(
        job,
        now=now,
        step=Step.IMPORT if go else Step.CHECK,
        then="" if go else ImportJob.Then.IMPORT,
        checkpoint=0,
        counts={},
        money={},
        stop_request="",
        actor=job.approval_asked_by if job.approved_by_id else actor,
        approved_by=job.approved_by,
    )
    if go:
        record_import(job, actor=actor, source=source, now=now)
    return job


@transaction.atomic
def ask_as_checked(
    *, job: ImportJob, options: Options, results_to: str, actor: User, now: datetime
) -> ImportJob:
    """Ask for the approval of a file that was checked by these rules; if it was not, have it
    checked by them first.

    What the rules say beside the check (partial, a message to guests) is what is approved.
    Raises NotNow when the import is under way, or nobody has to approve it.
    """
    job = lock_draft(job)
    job.options, job.results_to = options.to_json(), results_to
    if not is_checked(job):
        return request_check(job=job, options=options, results_to=results_to, now=now)
    job.save(update_fields=["options", "results_to"])
    return ask_approval(job=job, actor=actor, now=now)


def require_columns(job: ImportJob, may: Callable[[str], bool]) -> None:
    """Raise MappingRefused when a column is mapped that `may` does not allow to be imported.

    Columns are found in the file itself, and chosen by others: each who goes on is asked anew.
    """
    found = columns.problems(job.mapping, may=may, kind=columns.KINDS[job.kind])
    if forbidden := [problem for problem in found if problem.code == "not_permitted"]:
        raise MappingRefused(forbidden)


@transaction.atomic
def import_as_checked(
    *,
    job: ImportJob,
    options: Options,
    results_to: str,
    actor: User,
    source: str = Change.Source.WEB,
    now: datetime,
    seen: str = "",
) -> ImportJob:
    """Have the file imported by these rules if it was checked by them; if not, checked by them.

    The job returned waits for the one or the other (`step`). `seen` is the `checked_key` of the
    check that the actor looked at. Raises CheckedAnew where somebody else had the file checked
    otherwise since, and what `start_import` does.
    """
    job = lock_draft(job)
    if seen and seen != job.checked_key:
        raise CheckedAnew
    job.options, job.results_to = options.to_json(), results_to
    if not is_checked(job):
        return request_check(job=job, options=options, results_to=results_to, now=now)
    job.save(update_fields=["options", "results_to"])
    return start_import(job=job, actor=actor, source=source, now=now)


@transaction.atomic
def request_stop(
    *, job: ImportJob, keep: bool, actor: User | None, only_check: bool = False
) -> ImportJob:
    """Ask the worker to stop at the next chunk, and to keep or undo what is in by then.

    Of two who ask the first one is heard. With `only_check` an import that has begun goes on.
    Raises NotNow when nothing of the kind is under way.
    """
    job = ImportJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if not job.is_active or job.step == Step.UNDO or (only_check and job.step != Step.CHECK):
        raise NotNow(job)
    if job.stop_request:
        return job
    job.stop_request = ImportJob.StopRequest.KEEP if keep else ImportJob.StopRequest.UNDO
    job.stopped_by = actor
    job.save(update_fields=["stop_request", "stopped_by"])
    return job


def is_undoable(job: ImportJob) -> bool:
    """Whether the import changed guests and nothing is under way any more."""
    changed = job.counts.get("created", 0) + job.counts.get("updated", 0)
    return job.state in UNDOABLE and changed > 0


@transaction.atomic
def request_undo(
    *, job: ImportJob, actor: User | None, source: str = Change.Source.WEB, now: datetime
) -> ImportJob:
    """Have the import taken back, as far as nobody has touched its guests since.

    Raises NotNow when there is nothing to undo, or something is under way, and NeedsAnother when it
    moved more than `actor` alone may.
    """
    job = ImportJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if job.state not in UNDOABLE:
        raise NotNow(job)
    if not may_take_back(job, actor):
        raise NeedsAnother
    # What goes back bears the name of whoever takes it back.
    enqueue(job, now=now, step=Step.UNDO, then="", checkpoint=0, stop_request="", stopped_by=actor)
    job.total = sum(job.counts.get(name, 0) for name in ("created", "updated"))
    job.save(update_fields=["total"])
    record(
        company=job.company,
        actor=actor,
        source=source,
        action="undo_import",
        subject=job,
        values={},
        now=now,
    )
    return job


@transaction.atomic
def mend_rows(
    *,
    job: ImportJob,
    rows: Mapping[int, Sequence[str]],
    actor: User,
    may: Callable[[str], bool],
    now: datetime,
) -> ImportJob:
    """Import failed lines again with the cells given, by line, as a new import that corrects `job`.

    It is partial: what is still wrong can be mended again. Raises ValueError for more than
    MENDABLE_ROWS lines or a line that did not fail, MappingRefused for columns that whoever mends
    may not import, and NotNow, with the import that it became, when the very same was asked before
    and has not come to nothing since.
    """
    require_columns(job, may)
    # Of two who send the same table at once the second waits here, and then finds the first's.
    ImportJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
    failed = set(job.rows.to_mend().filter(line__in=list(rows)).values_list("line", flat=True))
    if not rows or len(rows) > MENDABLE_ROWS or failed != set(rows):
        raise ValueError("only failed lines can be mended, and at most 200 at a time")
    content = mended_csv(job, [rows[line] for line in sorted(rows)])
    asked = job.corrections.filter(file_hash=hashlib.sha256(content).hexdigest())
    same = asked.exclude(state__in=COME_TO_NOTHING).last()
    if same is not None:
        raise NotNow(same)
    new = receive_upload(
        company=job.company,
        actor=actor,
        chunks=[content],
        filename=f"{job.filename.rpartition('.')[0] or job.filename}-mended.csv",
        corrects=job,
        overrides={
            "encoding": "utf-8",
            "delimiter": ",",
            "header_row": 0 if job.header is None else 1,
        },
    )
    options = Options.from_json({**new.options, "partial": True})
    ImportJob.objects.filter(pk=new.pk).update(
        mapping=job.mapping, options=options.to_json(), results_to=job.results_to
    )
    new.refresh_from_db()
    return start_import(job=new, actor=actor, source=Change.Source.WEB, now=now)
