"""How fast a job gets on, and how long it will still take, as a page tells it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _, ngettext, ngettext_lazy

from core.models import Job
from core.web.money import grouped

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


@dataclass(frozen=True)
class Unit:
    """What a job goes through, in words: with the number done, with the total too, and a second."""

    done: Any
    done_of_total: Any
    a_second: Any


GUESTS = Unit(
    ngettext_lazy("%(done)s guest", "%(done)s guests", "number"),
    ngettext_lazy("%(done)s of %(total)s guest", "%(done)s of %(total)s guests", "of"),
    ngettext_lazy("%(rate)s guest a second", "%(rate)s guests a second", "number"),
)
ROWS = Unit(
    ngettext_lazy("%(done)s row", "%(done)s rows", "number"),
    ngettext_lazy("%(done)s of %(total)s row", "%(done)s of %(total)s rows", "of"),
    ngettext_lazy("%(rate)s row a second", "%(rate)s rows a second", "number"),
)


def progress(
    job: Job,
    *,
    title: str,
    total: int,
    stopping: bool,
    now: datetime,
    unit: Unit = GUESTS,
    waiting: str = "",
) -> dict[str, Any]:
    """Return what components/under_way.html shows of a job that is under way.

    `total` says how many of `unit` its present step has, 0 while that is not known; `waiting` what
    it waits for while it is queued, if not for a worker.
    """
    total = max(total, job.done) if total else 0
    per_second = rate(job, now=now)
    told = {"number": job.done, "done": grouped(job.done), "of": total, "total": grouped(total)}
    speed = unit.a_second % {"number": per_second, "rate": grouped(per_second)}
    waits = job.state == Job.State.QUEUED
    return {
        "title": title,
        "done": job.done,
        "total": total,
        "percent": percent(job.done, total),
        "so_far": (unit.done_of_total if total else unit.done) % told,
        "speed": speed if per_second else "",
        "left": time_left(total - job.done, per_second),
        "waiting": (waiting or _("It starts as soon as a worker is free.")) if waits else "",
        "stopping": stopping,
    }
