"""Bulk credits and debits in sentences: how far one is, what it did, what was not possible."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils.formats import number_format
from django.utils.translation import gettext as _, ngettext

from core.models import Company, Job
from core.web import pace
from core.web.subjects import Subject, link
from guests.models import Guest
from loyalty.models import Adjustment, BulkAdjustment, BulkAdjustmentGuest
from loyalty.web.refusals import sentence as refusal
from loyalty.words import shown

State, Step = Job.State, BulkAdjustment.Step
Fate = BulkAdjustmentGuest.Outcome


def grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


def sentence(change: BulkAdjustment) -> str:
    """Return in one sentence what became of one that is not under way."""
    if change.state == State.DRAFT:
        return _("This waits for a second person.")
    if change.state == State.REFUSED:
        asked = getattr(change, "adjustment", None)
        if asked is not None and asked.state == Adjustment.State.WITHDRAWN:
            return _("This was withdrawn: nothing was posted.")
        return _("This was not approved: nothing was posted.")
    if change.state == State.UNDONE:
        text = ngettext(
            "Undone for %(undone)s of %(count)s guest.",
            "Undone for %(undone)s of %(count)s guests.",
            change.posted,
        )
        return text % {"undone": grouped(change.undone), "count": grouped(change.posted)}
    amount = {"count": grouped(change.posted), "amount": shown(abs(change.amount), change.program)}
    if change.amount > 0:
        text = ngettext(
            "%(count)s guest was credited %(amount)s.",
            "%(count)s guests were credited %(amount)s each.",
            change.posted,
        )
    else:
        text = ngettext(
            "%(count)s guest was debited %(amount)s.",
            "%(count)s guests were debited %(amount)s each.",
            change.posted,
        )
    return text % amount


def progress(change: BulkAdjustment, *, now: datetime) -> dict[str, Any]:
    """Return what components/under_way.html shows of one that is under way."""
    is_undo = change.step == Step.UNDO
    doing = _("Crediting") if change.amount > 0 else _("Debiting")
    return pace.progress(
        change,
        title=_("Undoing") if is_undo else doing,
        total=change.posted if is_undo else change.total,
        stopping=change.stop_asked,
        now=now,
    )


def told_rows(change: BulkAdjustment) -> "QuerySet[BulkAdjustmentGuest]":
    """Return the guests of a receipt: those with a reason first."""
    rank = Case(
        When(outcome__in=[Fate.REFUSED, Fate.KEPT, Fate.IN_PART], then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    return BulkAdjustmentGuest.objects.filter(change_id=change.pk).order_by(rank, "guest_id")


def rows(change: BulkAdjustment, found: Sequence[BulkAdjustmentGuest]) -> list[dict[str, Any]]:
    """Return the guests of a page of the receipt, each with what became of them: one query."""
    guests: Any = Guest.objects.for_company(change.company)
    people = guests.in_bulk([row.guest_id for row in found])
    return [
        {
            "guest": people.get(row.guest_id),
            "outcome": row.get_outcome_display(),
            "is_wrong": row.outcome in (Fate.REFUSED, Fate.KEPT, Fate.IN_PART),
            "note": refusal(row.code, row.params, change.program) if row.code else "",
        }
        for row in found
    ]


def describe(company: Company, change: BulkAdjustment) -> Subject:
    """Return how a history names a bulk credit: by how many guests it was about."""
    text = ngettext(
        "%(count)s guest (bulk credit %(number)s)",
        "%(count)s guests (bulk credit %(number)s)",
        change.total,
    )
    label = text % {"count": grouped(change.total), "number": change.number}
    words = ", ".join(map(str, change.words))
    return Subject(label, link("loyalty:bulk_change", company, change.number), words)
