"""What guests have, and what imports gave them before: read for a chunk, in two queries."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Exists, OuterRef

from core.models import Company
from imports.pipeline.credits import CreditsMet, Given
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
        .annotate(is_reversed=Exists(reversals))
    )
    found: Any = entries.values_list("program_id", "source_ref", "amount", "is_reversed")
    given = {
        (program, cause): Given(amount, not is_reversed)
        for program, cause, amount, is_reversed in found
    }
    return CreditsMet(given, balances)
