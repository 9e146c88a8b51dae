"""The guests of a bulk change, one by one: whom it changed, and who could not be put back."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from core.models import Job, User
from core.web import subjects
from guests.models import BulkChange, BulkChangeGuest, Guest, MemberTier

_GUEST = Guest._meta.label_lower


def guests_of(change: BulkChange) -> QuerySet[BulkChangeGuest]:
    """Return whom the change changed, in order; after an undo those who were not put back."""
    rows = BulkChangeGuest.objects.filter(change_id=change.pk, version__isnull=False)
    if change.state == Job.State.UNDONE:
        rows = rows.filter(is_undone=False)
    return rows.order_by("guest_id")


def untouched(change: BulkChange) -> int:
    """Return how many an undo would put back: whom nobody touched since.

    Of a deleted category everybody who is still there.
    """
    there = Guest.objects.filter(pk=OuterRef("guest_id"))
    if change.action == BulkChange.Action.DELETE_CATEGORY:
        same = there.open()
    else:
        same = there.filter(version=OuterRef("version"))
    return guests_of(change).filter(Exists(same), is_undone=False).count()


def told(change: BulkChange, user: User, rows: Sequence[BulkChangeGuest]) -> list[dict[str, Any]]:
    """Return these rows with name and link, as `user` may see them, and what became of them.

    Two queries; one more where a tier was set, for what each had before.
    """
    ids = [row.guest_id for row in rows]
    tiers = _tiers(change)
    guests = Guest.objects.for_company(change.company).in_bulk(ids)
    found = subjects.find(change.company, user, {(_GUEST, pk) for pk in ids})
    return [
        {
            "name": str(guests.get(row.guest_id, "")) or found[_GUEST, row.guest_id].label,
            "url": found[_GUEST, row.guest_id].url,
            "guest": guests.get(row.guest_id),
            "tier_before": row.tier_before and tiers.get(row.tier_before, _("Deleted since")),
            "note": _note(change, row, guests.get(row.guest_id)),
        }
        for row in rows
    ]


def _tiers(change: BulkChange) -> dict[int, str]:
    """Return what the tiers are called that an undo may give back, by id."""
    if change.action != BulkChange.Action.SET_TIER:
        return {}
    return dict(MemberTier.objects.for_company(change.company).values_list("pk", "name"))


def _note(change: BulkChange, row: BulkChangeGuest, guest: Guest | None) -> str:
    """Return why an undo leaves the guest as they are; "" when it does not."""
    if row.is_undone:
        return ""
    if guest is None:
        return _("No longer there")
    if guest.merged_into_id is not None:
        return _("Merged into another guest")
    if guest.phone is None:
        return _("Erased")
    if change.action == BulkChange.Action.DELETE_CATEGORY:
        return ""
    return "" if guest.version == row.version else _("Changed since")
