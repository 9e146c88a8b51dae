"""Guests in any number for the tests of what is done to many at once."""

from datetime import UTC, date, datetime
from typing import Any

from core.models import Company, User
from guests.models import BulkChange, Category, Guest, GuestCategory, MemberTier
from guests.services.bulk import create_guests
from guests.services.bulk_changes import confirm_change, request_undo
from guests.services.bulk_changes_sets import concerned, mark_of
from guests.web.selection import Selection

NOW = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def crowd(company: Company, count: int, *, first: int = 0, **fields: Any) -> list[int]:
    """Create so many guests (Guest 0, Guest 1, ...) and return their ids."""
    return create_guests(
        company.pk,
        [
            {
                "phone": f"+4420{number:08}",
                "first_name": "Guest",
                "last_name": str(number),
                "registered_at": NOW,
                **fields,
            }
            for number in range(first, first + count)
        ],
    )


def confirmed(
    company: Company,
    action: str,
    address: str = "",
    *,
    actor: User | None = None,
    category: Category | None = None,
    tier: MemberTier | None = None,
    seen: str | None = None,
) -> BulkChange:
    """Confirm a change of the guests that the address means, as they are now."""
    found = Selection(address, company=company, today=TODAY, seen_by=actor)
    return confirm_change(
        company=company,
        action=action,
        guests=found.guests,
        seen=str(mark_of(concerned(found.guests, action))) if seen is None else seen,
        query=found.query,
        words=found.words,
        category=category,
        tier=tier,
        actor=actor,
        source="web",
        now=NOW,
    )


def undo(change: BulkChange, actor: User | None = None) -> BulkChange:
    return request_undo(change=change, actor=actor, source="web", now=NOW)


def active(company: Company) -> set[int]:
    """Return the ids of the company's active guests."""
    return set(Guest.objects.for_company(company).active().values_list("pk", flat=True))


def inside(category: Category) -> set[int]:
    """Return the ids of the guests in the category."""
    rows = GuestCategory.objects.filter(category=category)
    return set(rows.values_list("guest_id", flat=True))


def touch(*ids: int) -> None:
    """Do as if somebody had saved these guests."""
    for guest in Guest.objects.filter(pk__in=ids):
        guest.comment, guest.version = "touched", guest.version + 1
        guest.save(update_fields=["comment", "version"])
