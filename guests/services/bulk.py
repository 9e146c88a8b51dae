"""Guests by the ten thousand: what the import pipeline applies, and what Undo takes back.

Called inside the caller's transaction; the audit of each guest is the caller's (an ImportRow per
line), because a Change per guest would say the same again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from core import bulk
from core.batches import Batch, Column, Same, batch_of, by_column
from core.bulk import Changes
from guests.models import Card, Category, ExternalId, Guest, GuestCategory
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
#: The fields that follow from others.
DERIVED = ["search_text", "name_key", "birthday_key"]


class GuestsChanged(Exception):
    """Somebody changed one of the guests since they were read: read again and decide anew."""


def prepare_guests(company_id: int, drafts: Sequence[Mapping[str, Any]]) -> tuple[list[int], Batch]:
    """Make a guest of each draft, values by field; return their ids, reserved, and the rows."""
    given = set().union(*drafts)
    if unknown := given - _BLANK.keys():
        raise ValueError(f"no fields of a guest: {sorted(unknown)}")
    ids = bulk.reserve_ids(Guest, len(drafts))
    columns: dict[str, Column] = {"id": ids, "company_id": Same(company_id)}
    for name, blank in _BLANK.items():
        columns[name] = (
            [draft.get(name, blank) for draft in drafts] if name in given else Same(blank)
        )
    if drafts:
        columns.update(zip(DERIVED, zip(*map(_derived, drafts), strict=True), strict=True))
    return ids, batch_of(Guest, columns, len(drafts))


def create_guests(company_id: int, drafts: Sequence[Mapping[str, Any]]) -> list[int]:
    """Create a guest for each draft, values by field, and return their ids in the same order.

    Raises IntegrityError when a phone or member number is taken.
    """
    ids, batch = prepare_guests(company_id, drafts)
    batch.write()
    return ids


def prepare_changes(updates: Sequence[tuple[int, int, Mapping[str, Any]]]) -> Changes:
    """Make ready what `update_guests` writes."""
    # A line may add nothing but a card: the version counts it all the same.
    fields = sorted({name for _pk, _version, values in updates for name in values} - {*DERIVED})
    rows = (
        (pk, version, *map(values.__getitem__, fields), *_derived(values))
        for pk, version, values in updates
    )
    return bulk.changes_of(Guest, (*fields, *DERIVED), rows)


def write_changes(changes: Changes) -> None:
    """Write guests that were made ready, and count their versions up.

    Raises GuestsChanged when one of them has another version by now.
    """
    met = changes.write()
    if met != changes.count:
        raise GuestsChanged(f"{changes.count - met} of {changes.count}")


def update_guests(updates: Sequence[tuple[int, int, Mapping[str, Any]]]) -> None:
    """Write guests as `(id, version read, all their values)`, and count their versions up.

    Raises GuestsChanged when one of them has another version by now.
    """
    write_changes(prepare_changes(updates))


def prepare_cards(
    company_id: int, cards: Sequence[tuple[int, str | None, str | None]]
) -> tuple[list[int], Batch]:
    """Make ready `(guest id, track, number)`; return the cards' ids, reserved, and the rows."""
    ids = bulk.reserve_ids(Card, len(cards))
    columns, count = by_column(("guest_id", "track", "number"), cards)
    return ids, batch_of(Card, {"id": ids, "company_id": Same(company_id), **columns}, count)


def add_cards(company_id: int, cards: Sequence[tuple[int, str | None, str | None]]) -> list[int]:
    """Add `(guest id, track, number)`; return the cards' ids. Raises IntegrityError when taken."""
    ids, batch = prepare_cards(company_id, cards)
    batch.write()
    return ids


def prepare_completed_cards(halves: Sequence[tuple[int, str, str]]) -> list[Changes]:
    """Make ready `(card id, "track" or "number", value)`: the half that a guest's card lacked.

    Their guests' versions say that nobody changed the cards: `write_changes` of them goes first.
    """
    changes = []
    for field in ("track", "number") if halves else ():
        rows = [(pk, value) for pk, name, value in halves if name == field]
        changes.append(bulk.changes_of(Card, (field,), rows, version=False))
    return changes


@dataclass(frozen=True)
class Places:
    """Places of guests in categories, ready to be sent, and the categories that they are in."""

    company_id: int
    categories: frozenset[int]
    rows: Batch

    def write(self) -> None:
        """Send them, but for those in a category that is gone. Call it in a transaction.

        The lock has whoever deletes a category wait, or be waited for: no key of the database keeps
        a place from outliving it. Taken after the guests, as everybody does. Raises IntegrityError
        when a guest is in one already.
        """
        if not self.categories:
            return
        own = Category.objects.filter(company_id=self.company_id, pk__in=self.categories)
        locked = own.select_for_update(no_key=True).order_by("pk")
        gone = self.categories.difference(locked.values_list("pk", flat=True))
        self.rows.write()
        if gone:
            # Found so seldom that the rows, ready as they are, are not looked through before.
            places = GuestCategory.objects.filter(company_id=self.company_id)
            places.filter(category__in=gone).delete()


def prepare_categories(company_id: int, pairs: Iterable[tuple[int, int]]) -> Places:
    """Make ready `(guest id, category id)`."""
    pairs = list(pairs)
    columns, count = by_column(("guest_id", "category_id"), pairs)
    rows = batch_of(GuestCategory, {"company_id": Same(company_id), **columns}, count)
    return Places(company_id, frozenset(category for _guest, category in pairs), rows)


def add_to_categories(company_id: int, pairs: Iterable[tuple[int, int]]) -> None:
    """Add `(guest id, category id)`, as `Places.write` does."""
    prepare_categories(company_id, pairs).write()


def prepare_external_ids(company_id: int, pairs: Iterable[tuple[int, str]]) -> Batch:
    """Make ready `(guest id, external id)`."""
    columns, count = by_column(("guest_id", "value"), pairs)
    return batch_of(ExternalId, {"company_id": Same(company_id), **columns}, count)


def add_external_ids(company_id: int, pairs: Iterable[tuple[int, str]]) -> None:
    """Add `(guest id, external id)`. Raises IntegrityError when one is taken."""
    prepare_external_ids(company_id, pairs).write()


def refresh_statistics() -> None:
    """Tell the database's planner that the tables have grown. Call it outside a transaction."""
    bulk.analyze(Guest, Card, GuestCategory, ExternalId)


def derived(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what search and sort go by (DERIVED), from all values of a guest.

    Folded here because SQLite's LOWER knows ASCII only.
    """
    return dict(zip(DERIVED, _derived(values), strict=True))


def _derived(values: Mapping[str, Any]) -> tuple[str, str, int | None]:
    get = values.get
    key, words = _name_keys(get("last_name", ""), get("first_name", ""), get("middle_name", ""))
    phone, email, birthday = values["phone"], get("email"), get("birthday")
    return (
        _found_by(phone, words, email),
        key,
        birthday and birthday.month * 100 + birthday.day,
    )


def _found_by(phone: str | None, words: str, email: str | None) -> str:
    """Return `search_text` of the three, the names having been folded already."""
    if not email:
        return f"{phone} {words}" if phone and words else phone or words
    if not email.isascii():
        return search_text(phone, words, email)
    return " ".join(filter(None, (phone, words, email.lower())))


@lru_cache(maxsize=8_192)
def _name_keys(last: str, first: str, middle: str) -> tuple[str, str]:
    """Return the key of a name and its words for the search.

    The names of a town's guests repeat; folding one costs more than looking it up.
    """
    key = name_key(last, first, middle)
    return key, search_text(key)
