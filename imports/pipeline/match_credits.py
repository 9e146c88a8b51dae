"""What guests have, and what imports gave them before: read for a chunk, in three queries, and one
for each generation of merges."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import OuterRef, Subquery

from core.models import Company
from guests.models import Guest
from imports.pipeline.credits import CreditsMet, Given, cause_for, first_cause
from imports.pipeline.match_balances import MOST_MERGES
from loyalty.models import Account, LedgerEntry

SOURCE = LedgerEntry.Source.IMPORT


def match_credits(company: Company, guests: Collection[int]) -> CreditsMet:
    """Read the balances of these guests, and what imports gave them.

    What was given to somebody who was merged into one of them since was given to that one: a file
    that still names the other must not give it once more.
    """
    if not guests:
        return CreditsMet()
    kept = _with_merged(company, guests)
    accounts = Account.objects.for_company(company).filter(guest__any=list(kept))
    rows: Any = list(accounts.values_list("guest_id", "program_id", "balance", "held"))
    if not rows:
        return CreditsMet()
    balances = {
        (guest, program): (had, had - held)
        for guest, program, had, held in rows
        if kept[guest] == guest
    }
    return CreditsMet(_given(company, kept), balances)


def _given(company: Company, kept: Mapping[int, int]) -> dict[tuple[int, str], Given]:
    """Return what imports gave the guests that `kept` leads to, by program and first cause."""
    reversals = LedgerEntry.objects.filter(reverses=OuterRef("pk"))
    entries = (
        LedgerEntry.objects.for_company(company)
        .filter(account__guest__any=list(kept), source=SOURCE)
        .exclude(kind=LedgerEntry.Kind.REVERSAL)
        .annotate(
            reversed_by=Subquery(reversals.values("source")),
            reversed_amount=Subquery(reversals.values("amount")),
        )
    )
    found: Any = entries.values_list(
        "account__guest_id", "program_id", "source_ref", "amount", "reversed_by", "reversed_amount"
    )
    given: dict[tuple[int, str], Given] = {}
    for guest, program, cause, amount, reversed_by, reversed_amount in found:
        own = cause if kept[guest] == guest else cause_for(kept[guest], cause)
        key = program, first_cause(own)
        before = given.get(key, Given())
        given[key] = Given(
            (*before.amounts, amount),
            stands=before.stands or reversed_by is None,
            # Only an undo that took back all of it: part of it may be spent, and what somebody
            # reversed by hand is not to be given again.
            kept=before.kept or reversed_by != SOURCE or reversed_amount != -amount,
        )
    return given


def _with_merged(company: Company, guests: Collection[int]) -> dict[int, int]:
    """Return each of the guests, and whoever was merged into them, with the one of these."""
    kept = {pk: pk for pk in guests}
    ends = set(guests)
    for _generation in range(MOST_MERGES):
        merged = Guest.objects.for_company(company).filter(merged_into__isnull=False)
        rows = merged.filter(merged_into__any=list(ends)).values_list("pk", "merged_into_id")
        new = {pk: kept[into] for pk, into in rows if into is not None and pk not in kept}
        if not new:
            break
        kept |= new
        ends = set(new)
    return kept
