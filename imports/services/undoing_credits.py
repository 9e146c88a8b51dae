"""Taking back what an import gave: by reversal, as far as it is not spent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils import timezone

from imports.models import ImportJob, ImportRow
from loyalty.models import Account, CreditLot, LedgerEntry
from loyalty.services.known import find_moved
from loyalty.services.ledger import post_entries
from loyalty.services.postings import AlreadyPosted, Outcome, Posted, Refused, Reversal


@dataclass
class Taken:
    """How it went with a line's entry; `is_kept`: nothing of it could be taken back."""

    is_kept: bool = False
    notes: list[list[Any]] = field(default_factory=list)


def reverse_entries(job: ImportJob, rows: Sequence[ImportRow]) -> dict[int, Taken]:
    """Reverse the entries of these lines, inside the chunk's transaction; return how it went.

    Of a credit that was spent only what is left goes back. A debit is given back in full, but not
    to a guest who was merged or erased since.
    """
    entries = {row.line: entry for row in rows if (entry := entry_of(row))}
    if not entries:
        return {}
    amounts = dict(
        LedgerEntry.objects.for_company(job.company)
        .filter(pk__any=list(entries.values()))
        .values_list("pk", "amount")
    )
    postings = [
        Reversal(
            source=LedgerEntry.Source.IMPORT,
            source_ref=f"undo/{entry}",
            reason="undo",
            entry_id=entry,
            shortfall="what_is_left",
        )
        for entry in entries.values()
    ]
    actor = job.stopped_by or job.actor
    outcomes = post_entries(company=job.company, postings=postings, actor=actor, now=timezone.now())
    return {
        line: _taken(outcome, amounts[entry])
        for (line, entry), outcome in zip(entries.items(), outcomes, strict=True)
    }


def owners_among(job: ImportJob, guests: Collection[int]) -> set[int]:
    """Return those of the guests who have an account: the ledger keeps its entries for ever."""
    accounts = Account.objects.for_company(job.company).filter(guest__any=list(guests))
    return set(accounts.values_list("guest_id", flat=True)) if guests else set()


def moved_among(rows: Sequence[ImportRow]) -> set[int]:
    """Return those of the lines' credits of which a merge has given some to the guest who was kept.

    They stay there. Taken out of what is one credit among others of that guest by now, they would
    be spent for whoever wants the merge undone; when that is undone first, all of it goes back.
    """
    return set(find_moved([entry for row in rows if (entry := entry_of(row))]))


def left_of(rows: Sequence[ImportRow]) -> dict[int, Decimal]:
    """Return what is left of those of the lines' credits of which something is gone, by entry."""
    entries = [entry for row in rows if (entry := entry_of(row))]
    if not entries:
        return {}
    lots: Any = CreditLot.objects.filter(pk__any=entries, left__lt=F("amount"))
    return dict(lots.values_list("pk", "left"))


def entry_of(row: ImportRow) -> int | None:
    entries: list[int] = (row.replaced or {}).get("entries", [])
    return entries[0] if entries else None


def _taken(outcome: Outcome, amount: Any) -> Taken:
    if isinstance(outcome, Refused):
        if outcome.code == "reversed":
            return Taken(True, [["credit_reversed", "", "", {}]])
        if outcome.code == "moved":
            moved = {"moved": f"{outcome.params['moved'].normalize():f}"}
            return Taken(True, [["credit_moved", "", "", moved]])
        if outcome.code == "closed":
            return Taken(True, [["debit_of_closed", "", "", {}]])
        return Taken(True, [_spent(amount)])
    if isinstance(outcome, Posted | AlreadyPosted) and (missing := amount + outcome.amount):
        return Taken(False, [_spent(missing)])
    return Taken()


def _spent(amount: Any) -> list[Any]:
    return ["credit_spent", "", "", {"spent": f"{amount.normalize():f}"}]
