"""How fast a job gets on, and how long it will still take, as a page tells it."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _, ngettext

from core.models import Job

#: Before so many seconds have gone a rate says nothing yet.
_SETTLED = 1.0


def rate(job: Job, *, now: datetime) -> int:
    """Return the units done a second since the job began; 0: not known yet."""
    if not job.started_at or job.state != Job.State.RUNNING:
        return 0
    seconds = (now - job.started_at).total_seconds()
    return round(job.done / seconds) if seconds >= _SETTLED else 0


def time_left(remaining: int, per_second: int) -> str:
    """Return "about 2 minutes" for so many units at such a rate; "" when there is none to tell."""
    if per_second <= 0 or remaining <= 0:
        return ""
    seconds = remaining / per_second
    if seconds < 50:
        return _("less than a minute")
    minutes = round(seconds / 60)
    text = ngettext("about a minute", "about %(minutes)s minutes", minutes)
    return text % {"minutes": minutes}


def percent(done: int, total: int) -> int:
    """Return the share that is done, 0 to 100; 0 while the total is not known."""
    return min(100 * done // total, 100) if total else 0


def progress(job: Any, *, title: str, total: int, now: datetime) -> dict[str, Any]:
    """Return what guests/_progress.html shows of a job under way that can be stopped.

    `job` is a Job with `stop_asked`; `total` how many units its present step has.
    """
    total = max(total, job.done)
    per_second = rate(job, now=now)
    waits = job.state == Job.State.QUEUED
    return {
        "title": title,
        "done": job.done,
        "total": total,
        "percent": percent(job.done, total),
        "rate": per_second,
        "left": time_left(total - job.done, per_second),
        "waiting": _("It starts as soon as a worker is free.") if waits else "",
        "stopping": job.stop_asked,
    }
