"""What guests have, and what imports gave them before: read for a chunk, in two queries."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import OuterRef, Subquery

from core.models import Company
from imports.pipeline.credits import CreditsMet, Given, first_cause
from loyalty.models import Account, LedgerEntry

SOURCE = LedgerEntry.Source.IMPORT


def match_credits(company: Company, guests: Collection[int]) -> CreditsMet:
    """Read the balances of these guests, and what imports gave them."""
    if not guests:
        return CreditsMet()
    accounts = Account.objects.for_company(company).filter(guest__any=list(guests))
    rows: Any = accounts.values_list("guest_id", "program_id", "balance", "held")
    balances = {(guest, program): (had, had - held) for guest, program, had, held in rows}
    if not balances:
        return CreditsMet()
    reversals = LedgerEntry.objects.filter(reverses=OuterRef("pk"))
    entries = (
        LedgerEntry.objects.for_company(company)
        .filter(account__guest__any=list(guests), source=SOURCE)
        .exclude(kind=LedgerEntry.Kind.REVERSAL)
        .annotate(
            reversed_by=Subquery(reversals.values("source")),
            reversed_amount=Subquery(reversals.values("amount")),
        )
    )
    found: Any = entries.values_list(
        "program_id", "source_ref", "amount", "reversed_by", "reversed_amount"
    )
    given: dict[tuple[int, str], Given] = {}
    for program, cause, amount, reversed_by, reversed_amount in found:
        key = program, first_cause(cause)
        before = given.get(key, Given(amount))
        given[key] = Given(
            amount,
            stands=before.stands or reversed_by is None,
            # Only an undo that took back all of it: part of it may be spent, and what somebody
            # reversed by hand is not to be given again.
            kept=before.kept or reversed_by != SOURCE or reversed_amount != -amount,
            times=before.times + 1,
        )
    return CreditsMet(given, balances)
