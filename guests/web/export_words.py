"""Exports in words: how far one is, how it ended, what its file is called."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _, ngettext

from core.models import Company, Job
from core.web import pace
from core.web.subjects import Subject, link
from guests.models import GuestExport
from guests.web.bulk_words import grouped

State = Job.State


def filename(export: GuestExport) -> str:
    """Return a name that says whose guests these are and of when: bella-guests-2026-11-24.csv."""
    zone = ZoneInfo(export.company.timezone)
    day = timezone.localdate(export.finished_at or export.created_at, zone)
    return f"{export.company.slug}-guests-{day:%Y-%m-%d}-{export.number}.{export.format}"


def sentence(export: GuestExport) -> str:
    """Return in one sentence how an export ended."""
    if export.state == State.DONE:
        text = ngettext("%(count)s guest exported", "%(count)s guests exported", export.done)
        return text % {"count": grouped(export.done)}
    if export.state == State.STOPPED:
        return _("Export stopped: there is no file")
    return _("The export failed: there is no file")


def progress(export: GuestExport, *, now: datetime) -> dict[str, Any]:
    """Return what components/under_way.html shows of an export that is under way."""
    return pace.progress(
        export, title=_("Exporting"), total=export.total, stopping=export.stop_asked, now=now
    )


def describe(company: Company, export: GuestExport) -> Subject:
    """Return how a history names an export."""
    text = ngettext(
        "%(count)s guest (export %(number)s)", "%(count)s guests (export %(number)s)", export.total
    )
    label = text % {"count": grouped(export.total), "number": export.number}
    url = link("guests:export_detail", company, export.number)
    return Subject(label, url, ", ".join(map(str, export.words)))
