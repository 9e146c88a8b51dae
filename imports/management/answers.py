"""How an import ended, as a script reads it: a JSON object, and an exit code."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.models import Job
from imports.columns import ORDERS
from imports.models import ImportJob, ImportRow
from imports.options import Options
from imports.pipeline.rows import Reason
from imports.reasons import reason_text
from imports.reports.check import why_nothing
from imports.reports.money import given, sums_of_check
from imports.services.money import repeat_of
from imports.summary import COUNTS as SUMMED

DONE, IN_PART, REFUSED = 0, 1, 2
#: Of whoever is interrupted while others go on, as shells have it: 128 and SIGINT.
INTERRUPTED = 130
#: How many errors the answer holds.
ERRORS = 100
COUNTS = ("created", "updated", "unchanged", "skipped", "failed", "not_reached")
#: What was done otherwise than asked, or besides: the headline counts lines by what became of them.
BESIDES = tuple((name, label) for name, label in SUMMED if name not in COUNTS)
#: Of that, what the answer has under a key of its own: the guests whom orders make.
OF_ITS_OWN = "new_guests"
#: States in which nothing is left of what was written.
NOTHING_LEFT = frozenset({Job.State.REFUSED, Job.State.UNDONE})


def is_checked_only(job: ImportJob) -> bool:
    return job.state == Job.State.DRAFT


def counts_of(job: ImportJob) -> dict[str, int]:
    """Return what became of the lines, or would become of them."""
    counts: dict[str, int] = job.counts
    return job.findings.get("counts", {}) if is_checked_only(job) else counts


def besides(job: ImportJob) -> dict[str, int]:
    """Return what else is counted of the import, without what there is none of."""
    return {name: n for name, _label, n in _besides(job) if name != OF_ITS_OWN}


def besides_in_words(job: ImportJob) -> Iterator[str]:
    """Yield all that is counted besides, and what the import gave and took, or would."""
    for _name, label, n in _besides(job):
        yield _("%(what)s: %(n)s.") % {"what": label, "n": n}
    if job.state in NOTHING_LEFT:
        return
    for each in sums_of_check(job) if is_checked_only(job) else given(job):
        yield _("%(name)s (%(currency)s): %(credited)s credited, %(debited)s debited.") % each


def _besides(job: ImportJob) -> Iterator[tuple[str, str | Promise, int]]:
    counts = counts_of(job)
    return ((name, label, counts[name]) for name, label in BESIDES if counts.get(name))


def answer(job: ImportJob) -> dict[str, Any]:
    """Return the outcome as the JSON answer has it. Columns are named as `--columns` names them."""
    state = "checked" if is_checked_only(job) else job.state
    return {
        "id": job.number,
        "state": state,
        **_counted(counts_of(job), kind=job.kind),
        "besides": besides(job),
        "errors": list(islice(_errors(job), ERRORS)),
    }


def refusal(sentence: str, *, kind: str, number: int | None = None) -> dict[str, Any]:
    """Return the answer for a file that nothing became of: the same keys, mostly without an id."""
    error = {"line": None, "column": "", "value": "", "reason": sentence}
    return {
        "id": number,
        "state": "refused",
        **_counted({}, kind=kind),
        "besides": {},
        "errors": [error],
    }


def exit_code(job: ImportJob) -> int:
    """Return 0 for done with nothing failed, 1 for done in part, 2 for nothing written."""
    if job.is_active:
        return INTERRUPTED
    written = any(job.counts.get(name) for name in ("created", "updated", "unchanged"))
    if is_checked_only(job):
        if job.error or repeat_of(job):
            return REFUSED
        if not counts_of(job).get("failed"):
            return DONE
        return IN_PART if Options.from_json(job.options).partial else REFUSED
    if job.state == Job.State.DONE:
        return DONE
    return IN_PART if written and job.state not in NOTHING_LEFT else REFUSED


def _counted(counts: dict[str, int], *, kind: str) -> dict[str, int]:
    counted = {name: counts.get(name, 0) for name in COUNTS}
    counted["rows"] = sum(counted.values())
    if kind == ORDERS.key:
        counted["new_guests"] = counts.get("new_guests", 0)
    return counted


def _errors(job: ImportJob) -> Iterator[dict[str, Any]]:
    repeat = repeat_of(job) if is_checked_only(job) else None
    if said := job.error or why_nothing(job) or (repeat and str(repeat)):
        yield {"line": None, "column": "", "value": "", "reason": said}
    failed = ImportRow.objects.filter(job_id=job.pk, reasons__isnull=False).in_file_order()
    for row in failed[:ERRORS]:
        for stored in row.reasons or ():
            reason = Reason(*stored)
            yield {
                "line": row.line,
                "column": reason.column,
                "value": reason.value,
                "reason": reason_text(reason),
            }
