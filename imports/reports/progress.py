"""How far an import is: rows, rows a second, time left, what it waits for."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from core.models import Job
from core.web import pace
from imports.models import ImportJob

Step = ImportJob.Step


def progress(job: ImportJob, *, now: datetime) -> dict[str, Any]:
    """Return what imports/_progress.html shows of a job that is under way."""
    shown = pace.progress(
        job,
        title=_TITLES[Step(job.step)](),
        total=job.total,
        stopping=bool(job.stop_request),
        now=now,
        unit=pace.ROWS,
        waiting=_waiting(job) if job.state == Job.State.QUEUED else "",
    )
    return shown | {"figures": _figures(job)}


def written(job: ImportJob) -> int:
    """Return how many rows have changed guests so far."""
    return sum(job.counts.get(name, 0) for name in ("created", "updated"))


_TITLES = {
    Step.CHECK: lambda: _("Checking"),
    Step.IMPORT: lambda: _("Importing"),
    Step.UNDO: lambda: _("Undoing"),
}


def _waiting(job: ImportJob) -> str:
    """Return what it waits for beside a worker, "" if for nothing."""
    other = None
    if job.writes:
        other = ImportJob.objects.for_company(job.company).writing().exclude(pk=job.pk).first()
    if other is not None:
        text = _("Import %(number)s is being written; this one starts when it is through.")
        return text % {"number": other.number}
    return ""


def _figures(job: ImportJob) -> list[dict[str, Any]]:
    if job.step == Step.UNDO:
        names = [("undone", _("Undone")), ("in_part", _("In part")), ("kept", _("Kept"))]
        counts = job.undo_counts
    else:
        names = [
            ("created", _("Created")),
            ("updated", _("Updated")),
            ("unchanged", _("Unchanged")),
            ("failed", _("Failed")),
        ]
        counts = job.counts if job.step == Step.IMPORT else job.findings.get("counts", {})
    tones = {"failed": "danger"}
    return [
        {"label": label, "value": counts.get(name, 0), "tone": tones.get(name, "")}
        for name, label in names
    ]
