"""What the postings of a piece of work name: accounts, holds, entries, causes posted before."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

from django.db import connection
from django.db.models import Q

from core.fields import from_units
from core.models import Company
from core.sums import Total
from guests.models import Guest
from loyalty.models import Account, Hold, LedgerEntry, LotUse
from loyalty.services.postings import Capture, Move, Posting, Reversal, SetTo

#: (guest id, program id)
Owner = tuple[int, int]
#: (program id, source, source_ref)
Cause = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class KnownHold:
    """A hold as it stands."""

    id: int
    account_id: int
    program_id: int
    amount: Decimal
    state: str
    entry_id: int | None


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """An entry that a posting names."""

    id: int
    account_id: int
    program_id: int
    kind: str
    amount: Decimal
    source: str


def find_holds(company: Company, postings: Iterable[Posting]) -> dict[int, KnownHold]:
    """Return the holds that captures name, by id."""
    ids = [p.hold_id for p in postings if isinstance(p, Capture)]
    if not ids:
        return {}
    rows = Hold.objects.for_company(company).filter(pk__any=ids)
    fields = ("pk", "account_id", "program_id", "amount", "state", "entry_id")
    return {row[0]: KnownHold(*row) for row in rows.values_list(*fields)}


def find_entries(company: Company, postings: Iterable[Posting]) -> dict[int, KnownEntry]:
    """Return the entries that reversals name, by id."""
    ids = [p.entry_id for p in postings if isinstance(p, Reversal)]
    if not ids:
        return {}
    rows = LedgerEntry.objects.for_company(company).filter(pk__any=ids)
    fields = ("pk", "account_id", "program_id", "kind", "amount", "source")
    return {row[0]: KnownEntry(*row) for row in rows.values_list(*fields)}


def find_reversed(entries: Collection[int]) -> set[int]:
    """Return those of the entries that have been reversed."""
    if not entries:
        return set()
    rows = LedgerEntry.objects.filter(reverses__any=list(entries))
    return set(rows.values_list("reverses_id", flat=True))


def find_moved(entries: Collection[int]) -> dict[int, Decimal]:
    """Return by credit how much of it a merge has given to another guest."""
    if not entries:
        return {}
    moved = LotUse.objects.filter(
        lot__any=list(entries), entry__source=LedgerEntry.Source.MERGE
    ).order_by()
    sums = moved.values("lot_id").annotate(total=Total("amount"))
    return {row["lot_id"]: row["total"] for row in sums if row["total"]}


def find_causes(
    company: Company, postings: Sequence[Posting], programs: Collection[int]
) -> dict[Cause, tuple[int, Decimal, int | None]]:
    """Return what was posted for the same causes: entry id, amount, and which entry it reverses."""
    refs = {posting.source_ref for posting in postings}
    found: dict[Cause, tuple[int, Any, int | None]] = {}
    for program, source in product(programs, {posting.source for posting in postings}):
        for ref, *entry in _of_causes(company, program, source, refs):
            found[program, source, ref] = (entry[0], entry[1], entry[2])
    return found


#: Each cause is looked up by itself, in the index that makes it unique. As a join the planner would
#: do it in any order: while it takes the table for small, every entry of the program compared with
#: every cause.
_EACH_CAUSE = """
    SELECT entry.* FROM jsonb_array_elements_text(%s::jsonb) AS ref, LATERAL (
        SELECT source_ref, id, amount, reverses_id FROM loyalty_ledgerentry
        WHERE company_id = %s AND program_id = %s AND source = %s AND source_ref = ref LIMIT 1
    ) entry
"""


def _of_causes(company: Company, program: int, source: str, refs: set[str]) -> Iterable[Any]:
    """Return (cause, entry id, amount, reversed entry) of those of the causes that were posted."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_EACH_CAUSE, [json.dumps(list(refs)), company.pk, program, source])
            return [(ref, pk, from_units(u), old) for ref, pk, u, old in cursor.fetchall()]
    rows = LedgerEntry.objects.for_company(company).filter(
        program=program, source=source, source_ref__any=refs
    )
    return rows.values_list("source_ref", "pk", "amount", "reverses_id")


def find_accounts(company: Company, owners: Collection[Owner]) -> dict[Owner, int]:
    """Return the ids of the accounts that there are of these owners."""
    if not owners:
        return {}
    rows = Account.objects.for_company(company).filter(
        program__in={program for _guest, program in owners},
        guest__any={guest for guest, _program in owners},
    )
    found = {(g, p): pk for g, p, pk in rows.values_list("guest_id", "program_id", "pk")}
    return {owner: found[owner] for owner in owners if owner in found}


_CLOSED_OF = """
    WITH kept (pk, merged_into, phone) AS ({})
    SELECT pk FROM kept WHERE merged_into IS NOT NULL OR phone IS NULL
"""


def keep_guests(company: Company, ids: Collection[int]) -> set[int]:
    """Keep these guests from being merged until the transaction ends, in the order of their ids.

    Return those of them who were merged or erased: they get nothing more.
    The weakest lock: it is the one that the key of a new account takes anyway, but before the
    accounts are locked, as a merge does it.
    """
    if not ids:
        return set()
    guests = Guest.objects.for_company(company).filter(pk__any=set(ids))
    rows = guests.order_by("pk").values_list("pk", "merged_into_id", "phone")
    sql, params = rows.query.sql_with_params()
    lock = " FOR KEY SHARE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        # All of them are kept; hardly one of them is closed, and only those come here.
        cursor.execute(_CLOSED_OF.format(f"{sql}{lock}"), params)
        return {pk for (pk,) in cursor.fetchall()}


def find_closed(company: Company, ids: Collection[int]) -> set[int]:
    """Return those of the guests who were merged or erased: they get nothing more."""
    if not ids:
        return set()
    guests = Guest.objects.for_company(company).filter(pk__any=set(ids))
    gone = guests.filter(Q(merged_into__isnull=False) | Q(phone__isnull=True))
    return set(gone.values_list("pk", flat=True))


def owners_of(postings: Iterable[Posting]) -> set[Owner]:
    """Return the owners that postings name."""
    return {
        (posting.guest_id, posting.program_id)
        for posting in postings
        if isinstance(posting, _OF_OWNERS)
    }


#: Postings that name an owner; the others name an entry or a hold.
_OF_OWNERS = (Move, SetTo)
