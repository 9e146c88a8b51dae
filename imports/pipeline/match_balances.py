"""A chunk of balance rows -> the guests whom they mean, in a fixed number of queries.

A merged guest's telephone, card or id leads to the guest who was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from core.models import Company
from guests.models import Card, ExternalId, Guest
from imports.pipeline.met_owners import Owner, OwnersMet
from imports.pipeline.rows import CleanRow

#: So often a guest may have been merged on and on.
MOST_MERGES = 20


def match_owners(company: Company, rows: Sequence[CleanRow]) -> OwnersMet:
    """Read whom `rows` mean: at most five queries, and one for each generation of merges."""
    phones = _values(rows, "phone")
    ids = dict(
        ExternalId.objects.for_company(company)
        .filter(value__any=external)
        .values_list("value", "guest_id")
    ) if (external := _values(rows, "external_id")) else {}  # fmt: skip
    cards = _cards(company, _values(rows, "card"))
    guests = Guest.objects.for_company(company)
    known = _read(guests.filter(phone__any=phones)) if phones else {}
    missing = {*ids.values(), *cards.values()} - known.keys()
    if missing:
        known |= _read(guests.filter(pk__any=missing))
    owners = _kept(company, known)
    by_phone = {phone: owners[pk] for pk, (phone, *_rest) in known.items() if phone in phones}
    return OwnersMet(
        by_phone=by_phone,
        by_external_id={value: owners.get(pk) for value, pk in ids.items()},
        by_card={value: owners.get(pk) for value, pk in cards.items()},
    )


def _values(rows: Iterable[CleanRow], name: str) -> set[str]:
    return {row.values[name] for row in rows if name in row.values}


def _cards(company: Company, wanted: set[str]) -> dict[str, int]:
    """Return whose cards these are, by number or track; a number comes first."""
    if not wanted:
        return {}
    cards = Card.objects.for_company(company)
    by_track = cards.with_tracks(wanted).values_list("track", "guest_id")
    by_number = cards.with_numbers(wanted).values_list("number", "guest_id")
    return {value: guest for value, guest in (*by_track, *by_number) if value}


_Row = tuple[Any, ...]


def _read(guests: Any) -> dict[int, _Row]:
    rows = guests.values_list("pk", "phone", "merged_into_id", "email", "subscribed", "is_active")
    return {pk: tuple(rest) for pk, *rest in rows}


def _kept(company: Company, known: dict[int, _Row]) -> dict[int, Owner | None]:
    """Return each guest, or whom they were merged into in the end; None for an erased one."""
    all_known = dict(known)
    for _generation in range(MOST_MERGES):
        targets = {row[1] for row in all_known.values() if row[1] is not None}
        missing = targets - all_known.keys()
        if not missing:
            break
        all_known |= _read(Guest.objects.for_company(company).filter(pk__any=missing))
    return {
        pk: Owner(pk, phone, bool(email and subscribed and is_active))
        if merged is None and phone is not None
        else _owner(pk, all_known)
        for pk, (phone, merged, email, subscribed, is_active) in known.items()
    }


def _owner(pk: int, known: dict[int, _Row]) -> Owner | None:
    seen: set[int] = set()
    while pk in known and known[pk][1] is not None and pk not in seen:
        seen.add(pk)
        pk = known[pk][1]
    phone, _merged, email, subscribed, is_active = known.get(pk, (None, None, "", False, False))
    if phone is None:
        return None
    return Owner(pk, phone, bool(email and subscribed and is_active))
