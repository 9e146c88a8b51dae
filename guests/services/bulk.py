"""Guests by the ten thousand: what the import pipeline applies, and what Undo takes back.

Called inside the caller's transaction; the audit of each guest is the caller's (an ImportRow per
line), because a Change per guest would say the same again.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from core import bulk
from guests.models import Card, ExternalId, Guest, GuestCategory
from guests.normalize import name_key, search_text

#: Values of a guest of whom nothing is known but a phone.
_BLANK: dict[str, Any] = {
    "phone": None,
    "first_name": "",
    "middle_name": "",
    "last_name": "",
    "birthday": None,
    "sex": "",
    "email": "",
    "employee_id": "",
    "consent": "unknown",
    "consent_details": "",
    "consent_date": None,
    "referrer_id": None,
    "comment": "",
    "subscribed": True,
    "is_active": True,
    "member_number": None,
    "member_tier_id": None,
    "image_url": "",
    "registered_at": None,
    "version": 1,
    "opening_total": Decimal(0),
    "orders_count": 0,
    "orders_total": Decimal(0),
    "last_visit_at": None,
    "last_promo_sms_at": None,
    "search_text": "",
    "name_key": "",
    "birthday_key": None,
}
_FIELDS = tuple(_BLANK)
#: The fields that follow from others.
DERIVED = ["search_text", "name_key", "birthday_key"]


class GuestsChanged(Exception):
    """Somebody changed one of the guests since they were read: read again and decide anew."""


def create_guests(company_id: int, drafts: Sequence[dict[str, Any]]) -> list[int]:
    """Create a guest for each draft, values by field, and return their ids in the same order.

    Raises IntegrityError when a phone or member number is taken.
    """
    if not drafts:
        return []
    ids = bulk.reserve_ids(Guest, len(drafts))
    rows = (
        (pk, company_id, *(_BLANK | draft | derived(draft)).values())
        for pk, draft in zip(ids, drafts, strict=True)
    )
    bulk.insert(Guest, ("id", "company_id", *_FIELDS), rows)
    return ids


def update_guests(updates: Sequence[tuple[int, int, dict[str, Any]]]) -> None:
    """Write guests as `(id, version read, all their values)`, and count their versions up.

    Raises GuestsChanged when one of them has another version by now.
    """
    if not updates:
        return
    # A line may add nothing but a card: the version counts it all the same.
    fields = sorted({name for _pk, _version, values in updates for name in values})
    fields += DERIVED
    rows = (
        (pk, version, *(merged[name] for name in fields))
        for pk, version, values in updates
        for merged in (values | derived(values),)
    )
    met = bulk.update(Guest, fields, rows)
    if met != len(updates):
        raise GuestsChanged(f"{len(updates) - met} of {len(updates)}")


def add_cards(company_id: int, cards: Sequence[tuple[int, str | None, str | None]]) -> list[int]:
    """Add `(guest id, track, number)`; return the cards' ids. Raises IntegrityError when taken."""
    if not cards:
        return []
    ids = bulk.reserve_ids(Card, len(cards))
    rows = ((pk, company_id, *card) for pk, card in zip(ids, cards, strict=True))
    bulk.insert(Card, ("id", "company_id", "guest_id", "track", "number"), rows)
    return ids


def add_to_categories(company_id: int, pairs: Iterable[tuple[int, int]]) -> None:
    """Add `(guest id, category id)`. Raises IntegrityError when one is there already."""
    rows = ((company_id, guest, category) for guest, category in pairs)
    bulk.insert(GuestCategory, ("company_id", "guest_id", "category_id"), rows)


def add_external_ids(company_id: int, pairs: Iterable[tuple[int, str]]) -> None:
    """Add `(guest id, external id)`. Raises IntegrityError when one is taken."""
    rows = ((company_id, guest, value) for guest, value in pairs)
    bulk.insert(ExternalId, ("company_id", "guest_id", "value"), rows)


def refresh_statistics() -> None:
    """Tell the database's planner that the tables have grown. Call it outside a transaction."""
    bulk.analyze(Guest, Card, GuestCategory, ExternalId)


def derived(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what search and sort go by (DERIVED), from all values of a guest.

    Folded here because SQLite's LOWER knows ASCII only.
    """
    get = values.get
    key = _name_key(get("last_name", ""), get("first_name", ""), get("middle_name", ""))
    birthday = get("birthday")
    return {
        "search_text": search_text(values["phone"], key, get("email")),
        "name_key": key,
        "birthday_key": birthday and birthday.month * 100 + birthday.day,
    }


#: The names of a town's guests repeat; folding one costs more than looking it up.
_name_key = lru_cache(maxsize=8_192)(name_key)
