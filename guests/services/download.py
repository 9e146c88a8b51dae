"""Everything that is kept about a guest, for the guest to read."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from core.models import Change, Company, Restaurant, User
from core.services.changes import record
from guests import dependents
from guests.models import Guest

#: Fields that are made from others, or that only mean something inside.
_INSIDE = frozenset({"company", "search_text", "name_key", "birthday_key", "version"})


@transaction.atomic
def download_everything(
    *,
    company: Company,
    guest: Guest,
    actor: User | None,
    source: str = Change.Source.WEB,
    now: datetime,
) -> dict[str, Any]:
    """Return all that any part keeps of the guest and of those merged into them, as JSON can hold
    it; and write down who asked for it.

    To a member of some restaurants orders of others are not told; `orders_only_of` says so then.
    """
    own = Restaurant.objects.limiting(company, actor).order_by("name", "pk") if actor else ()
    names = {restaurant.pk: restaurant.name for restaurant in own}
    only = names.keys() or None
    merged = Guest.objects.for_company(company).merged_into(guest)
    told = {
        "company": company.name,
        "made_at": now.isoformat(),
        **({"orders_only_of": list(names.values())} if names else {}),
        **_person(company, guest, only),
        "merged_guests": [_person(company, each, only) for each in merged],
    }
    record(
        company=company,
        actor=actor,
        source=source,
        action="download_guest",
        subject=guest,
        values={},
        now=now,
    )
    return told


def _person(company: Company, guest: Guest, only: Collection[int] | None) -> dict[str, Any]:
    guest.company = company
    parts = {part.key: part.everything(guest, only=only) for part in dependents.all_dependents()}
    return {"guest": _fields(guest), **parts}


def _fields(guest: Guest) -> dict[str, Any]:
    """Return the guest's own fields; what they point at by its name."""
    fields: dict[str, Any] = {}
    for field in guest._meta.concrete_fields:
        if field.name in _INSIDE:
            continue
        value = getattr(guest, field.attname)
        if field.name == "member_tier" and value is not None:
            value = str(guest.member_tier)
        fields[field.name] = _plain(value)
    return fields


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else value
