"""A chunk of balance rows -> the guests whom they mean, in a fixed number of queries.

A merged guest's telephone, card or id leads to the guest who was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q

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
    by_phone = {row[1]: owners[pk] for pk, row in known.items() if row[1] in phones}
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


#: Id, phone, whether they may be told by e-mail, and whom they were merged into.
_Row = tuple[int, str | None, bool, int | None]

_REACHABLE = ExpressionWrapper(Q(subscribed=True, is_active=True) & ~Q(email=""), BooleanField())


def _read(guests: Any) -> dict[int, _Row]:
    rows = guests.annotate(reachable=_REACHABLE)
    rows = rows.values_list("pk", "phone", "reachable", "merged_into_id")
    return {row[0]: row for row in rows}


def _kept(company: Company, known: dict[int, _Row]) -> dict[int, Owner | None]:
    """Return each guest, or whom they were merged into in the end; None for an erased one."""
    all_known = dict(known)
    for _generation in range(MOST_MERGES):
        targets = {row[3] for row in all_known.values() if row[3] is not None}
        missing = targets - all_known.keys()
        if not missing:
            break
        all_known |= _read(Guest.objects.for_company(company).filter(pk__any=missing))
    return {
        pk: Owner(pk, phone, reachable)
        if merged is None and phone is not None
        else _owner(pk, all_known)
        for pk, phone, reachable, merged in known.values()
    }


def _owner(pk: int, known: dict[int, _Row]) -> Owner | None:
    seen: set[int] = set()
    while pk in known and (into := known[pk][3]) is not None and pk not in seen:
        seen.add(pk)
        pk = into
    _pk, phone, reachable, _merged = known.get(pk, (pk, None, False, None))
    return None if phone is None else Owner(pk, phone, reachable)
