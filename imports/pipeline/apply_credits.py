"""What a planned chunk gives -> entries of the ledger, through its one way in.

Called by `apply`, inside the chunk's transaction. What the ledger refuses after all refuses the
whole line. Where the line's guest is written by then it raises CreditsRefused, and the chunk is
written anew without those lines; a line of a file of balances is nothing but what it gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TypeGuard

from imports.columns import column_of
from imports.models import ImportJob
from imports.options import Options
from imports.pipeline.credits import Credit, Gift, cause_of, insufficient, other_amount
from imports.pipeline.rows import Reason
from loyalty.models import LedgerEntry
from loyalty.services.ledger import REFUSALS, post_entries
from loyalty.services.messages import tell_of_credits
from loyalty.services.postings import (
    BY_RULE,
    Move,
    Outcome,
    Posted,
    Posting,
    Refused,
    SetTo,
)

SOURCE = LedgerEntry.Source.IMPORT


class CreditsRefused(Exception):
    """The ledger refused what some lines give; `reasons` are by line."""

    def __init__(self, reasons: dict[int, Reason]) -> None:
        super().__init__(f"{len(reasons)} lines")
        self.reasons = reasons


def give(
    job: ImportJob, gifts: Sequence[tuple[int, int, Gift]], *, now: datetime
) -> dict[int, Outcome]:
    """Post what each `(line, guest id, gift)` gives; return what became of each, by line.

    Raises CreditsRefused when the ledger refuses what a line gives beside its guest.
    """
    if not gifts:
        return {}
    batch = job.batch_id or job.pk
    postings = [_posting(batch, guest, gift.credit) for _line, guest, gift in gifts]
    outcomes = post_entries(company=job.company, postings=postings, actor=job.actor, now=now)
    found = {gift[0]: outcome for gift, outcome in zip(gifts, outcomes, strict=True)}
    if job.kind != ImportJob.Kind.BALANCES:
        refused = {
            line: reason_of(job, gift.credit, outcome)
            for line, _guest, gift in gifts
            if is_refused(outcome := found[line])
        }
        if refused:
            raise CreditsRefused(refused)
    if Options.from_json(job.options).message:
        _tell(job, gifts, found, now=now)
    return found


def _posting(batch: int, guest: int, credit: Credit) -> Posting:
    amount = credit.amount
    posting = partial(SetTo, balance=amount) if credit.sets else partial(Move, amount=amount)
    return posting(
        guest_id=guest,
        program_id=credit.program_id,
        expires_on=BY_RULE if credit.expires_on is None else credit.expires_on,
        source=SOURCE,
        source_ref=cause_of(batch, guest, credit),
        reason="import",
        comment=credit.comment,
    )


def is_refused(outcome: Outcome) -> TypeGuard[Refused]:
    """Whether the ledger refuses a line; what was given before is no mistake."""
    return isinstance(outcome, Refused)


def reason_of(job: ImportJob, credit: Credit, refused: Refused) -> Reason:
    """Return why a line is refused, as a check would say it where it can know."""
    (column,) = (key for key in job.mapping if key and column_of(key)[0].fills == "amount")
    if refused.code == "insufficient":
        return insufficient(credit, refused.params["available"], column)
    if refused.code == "other_amount":
        return other_amount(credit, refused.params["amount"], column)
    params = {name: str(value) for name, value in refused.params.items()}
    why = str(REFUSALS[refused.code]) % params
    return Reason("credit_refused", "", "", {"why": why})


def _tell(
    job: ImportJob,
    gifts: Sequence[tuple[int, int, Gift]],
    found: dict[int, Outcome],
    *,
    now: datetime,
) -> None:
    entries = {
        outcome.entry_id: guest
        for line, guest, gift in gifts
        if gift.reachable and isinstance(outcome := found[line], Posted) and outcome.amount > 0
    }
    tell_of_credits(company=job.company, entries=entries, now=now)
