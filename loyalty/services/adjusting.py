"""Credits and debits by hand, one guest at a time."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from core.models import Company, Restaurant, User
from core.services.changes import record
from guests.models import Guest
from loyalty.models import Adjustment, LedgerEntry, Program, Reason
from loyalty.querysets import AdjustmentQuerySet
from loyalty.services.asking import ask
from loyalty.services.ledger import post_entries
from loyalty.services.limits import above_limit
from loyalty.services.postings import Move, Outcome, Posted, Posting, Reversal
from loyalty.services.retrying import whole

Shortfall = Literal["refuse", "what_is_left", "from_others"]


def adjust_balance(
    *,
    company: Company,
    guest: Guest,
    program: Program,
    amount: Decimal,
    restaurant: Restaurant | None,
    reason: str,
    comment: str,
    ref: str,
    actor: User,
    source: str,
    now: datetime,
) -> Outcome | Adjustment:
    """Credit the guest `amount`, or debit it below zero; above the limit have it approved.

    `ref` is the click: sent twice, it counts once. Returns what the ledger says (it may have
    refused), or the adjustment that waits for a second person.
    """
    ref = f"{guest.pk}:{ref}"
    posting = Move(
        guest_id=guest.pk,
        program_id=program.pk,
        amount=amount,
        source=LedgerEntry.Source.MANUAL,
        source_ref=ref,
        reason=reason,
        comment=comment,
        restaurant_id=restaurant.pk if restaurant else None,
    )

    def act() -> Outcome | Adjustment:
        asked = Adjustment.objects.for_company(company).filter(source_ref=ref)
        if asked.exists():
            return asked.get()
        if above_limit(company, program, amount) and not _is_posted(company, program, ref):
            return ask(
                company=company,
                guest=guest,
                bulk=None,
                program=program,
                amount=amount,
                restaurant=restaurant,
                reason=reason,
                comment=comment,
                ref=ref,
                actor=actor,
                source=source,
                now=now,
            )
        return _post(posting, company, guest, program, actor=actor, source=source, now=now)

    return whole(act)


def reverse_entry(
    *,
    company: Company,
    guest: Guest,
    entry: LedgerEntry,
    shortfall: Shortfall,
    comment: str,
    actor: User,
    source: str,
    now: datetime,
) -> Outcome | Adjustment:
    """Take an entry back, once; above the limit have it approved.

    Of a credit that is spent `shortfall` says what to do. Returns what the ledger says, or the
    adjustment that waits for a second person.
    """
    program = Program.objects.for_company(company).get(pk=entry.program_id)
    posting = Reversal(
        entry_id=entry.pk,
        shortfall=shortfall,
        source=LedgerEntry.Source.MANUAL,
        source_ref=f"reverse:{entry.pk}",
        comment=comment,
        restaurant_id=entry.restaurant_id,
    )

    def act() -> Outcome | Adjustment:
        if there := _requests(entry).waiting(now=now).first():
            return there
        is_reversed = LedgerEntry.objects.reversals_of(entry).exists()
        if above_limit(company, program, entry.amount) and not is_reversed:
            return _ask_to_reverse(
                posting, company, guest, program, entry, actor=actor, source=source, now=now
            )
        return _post(posting, company, guest, program, actor=actor, source=source, now=now)

    return whole(act)


def _ask_to_reverse(
    posting: Reversal,
    company: Company,
    guest: Guest,
    program: Program,
    entry: LedgerEntry,
    *,
    actor: User,
    source: str,
    now: datetime,
) -> Adjustment:
    # Noted with the entry, and perhaps removed since.
    noted = Restaurant.objects.filter(company=company, pk=entry.restaurant_id or 0)
    return ask(
        company=company,
        guest=guest,
        bulk=None,
        program=program,
        amount=-entry.amount,
        reverses=entry,
        shortfall=posting.shortfall,
        restaurant=noted.first(),
        reason=entry.reason if entry.reason in Reason else "",
        comment=posting.comment,
        # A request that was declined may be made again; two at once are one.
        ref=f"reverse:{entry.pk}:{_requests(entry).count()}",
        actor=actor,
        source=source,
        now=now,
    )


def _requests(entry: LedgerEntry) -> AdjustmentQuerySet:
    """Return what was asked of a second person for this entry to be taken back."""
    return Adjustment.objects.filter(company_id=entry.company_id, reverses=entry)


def _is_posted(company: Company, program: Program, ref: str) -> bool:
    """Whether the click was posted before the limit became what it is."""
    entries = LedgerEntry.objects.for_company(company).filter(program=program)
    return entries.filter(source=LedgerEntry.Source.MANUAL, source_ref=ref).exists()


def _post(
    posting: Posting,
    company: Company,
    guest: Guest,
    program: Program,
    *,
    actor: User,
    source: str,
    now: datetime,
) -> Outcome:
    """Post it, and write down in the guest's history what it did to the balance."""
    (outcome,) = post_entries(
        company=company, postings=[posting], actor=actor, now=now, programs=[program]
    )
    if isinstance(outcome, Posted):
        before = outcome.balance - outcome.amount
        record(
            company=company,
            actor=actor,
            source=source,
            action="credit_guest" if outcome.amount > 0 else "debit_guest",
            subject=guest,
            values={
                "program": [None, program.name],
                "balance": [f"{before.normalize():f}", f"{outcome.balance.normalize():f}"],
            },
            now=now,
        )
    return outcome
