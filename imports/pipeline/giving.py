"""Decisions -> what a chunk gives, as postings; what the ledger answers -> how its lines came out.

The same for a chunk that is made ready ahead (`prepare`) and for one that is written at once
(`apply`). Pure: nothing here reads or writes the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeGuard

from imports.columns import column_of
from imports.models import ImportJob
from imports.options import Options
from imports.pipeline.credits import Credit, Gift, cause_of, insufficient, other_amount
from imports.pipeline.decisions import (
    OF_RECORD,
    Create,
    Decision,
    Post,
    Reject,
    Unchanged,
    Update,
    is_of_guest,
)
from imports.pipeline.money import Money
from imports.pipeline.rows import Reason
from loyalty.models import LedgerEntry
from loyalty.services.ledger import REFUSALS
from loyalty.services.postings import (
    BY_RULE,
    Move,
    NothingToPost,
    Outcome,
    Posted,
    Refused,
    SetTo,
)

SOURCE = LedgerEntry.Source.IMPORT


class CreditsRefused(Exception):
    """The ledger refused what some lines give; `reasons` are by line."""

    def __init__(self, reasons: dict[int, Reason]) -> None:
        super().__init__(f"{len(reasons)} lines")
        self.reasons = reasons


class Giving(NamedTuple):
    """What a chunk gives, and the postings that this comes to, one for each gift."""

    #: (line, guest id, gift)
    gifts: Sequence[tuple[int, int, Gift]]
    postings: Sequence[Move | SetTo]


class CameOut(NamedTuple):
    """How the lines of a chunk came out, once the ledger has answered."""

    decisions: Sequence[Decision]
    #: What the ledger did, by line.
    outcomes: Mapping[int, Outcome]
    #: What was really given, added up.
    money: Money
    #: Whom to tell of what: guests by entry.
    told: Mapping[int, int]


def giving_of(job: ImportJob, decisions: Sequence[Decision], created: Sequence[int]) -> Giving:
    """Return what the decisions give; `created` are the ids of the guests whom they create."""
    gifts = list(_gifts(decisions, created))
    batch = job.batch_id or job.pk
    return Giving(gifts, [_posting(batch, guest, gift.credit) for _line, guest, gift in gifts])


def owners_of(decisions: Iterable[Decision]) -> set[int]:
    """Return the guests, of those who are there, to whom lines give something."""
    return {
        decision.guest_id
        for decision in decisions
        if isinstance(decision, Post)
        or (isinstance(decision, Update) and decision.additions.gift is not None)
    }


def _gifts(
    decisions: Sequence[Decision], created: Sequence[int]
) -> Iterator[tuple[int, int, Gift]]:
    ids = iter(created)
    for decision in decisions:
        if isinstance(decision, Post):
            yield decision.line, decision.guest_id, decision.gift
        elif isinstance(decision, OF_RECORD):
            guest = next(ids) if isinstance(decision, Create) else decision.guest_id
            if decision.additions.gift is not None:
                yield decision.line, guest, decision.additions.gift


def _posting(batch: int, guest: int, credit: Credit) -> Move | SetTo:
    same: dict[str, Any] = {
        "guest_id": guest,
        "program_id": credit.program_id,
        "expires_on": BY_RULE if credit.expires_on is None else credit.expires_on,
        "source": SOURCE,
        "source_ref": cause_of(batch, guest, credit),
        "reason": "import",
        "comment": credit.comment,
    }
    if credit.sets:
        return SetTo(balance=credit.amount, **same)
    return Move(amount=credit.amount, **same)


def came_out(
    job: ImportJob, decisions: Sequence[Decision], giving: Giving, outcomes: Sequence[Outcome]
) -> CameOut:
    """Return how the lines came out; `outcomes` are the ledger's answers to the postings.

    What the ledger refuses after all refuses the whole line. Raises CreditsRefused where the line
    is of a guest, who is written or made ready by then: a line of a file of balances is nothing
    but what it gives.
    """
    found = {gift[0]: outcome for gift, outcome in zip(giving.gifts, outcomes, strict=True)}
    if job.kind != ImportJob.Kind.BALANCES:
        refused = {
            line: _reason_of(job, gift.credit, outcome)
            for line, _guest, gift in giving.gifts
            if _is_refused(outcome := found[line])
        }
        if refused:
            raise CreditsRefused(refused)
    told, posted = dict[int, int](), defaultdict[int, list[Decimal]](list)
    tells = Options.from_json(job.options).message
    for (_line, guest, gift), outcome in zip(giving.gifts, outcomes, strict=True):
        if isinstance(outcome, Posted):
            posted[gift.credit.program_id].append(outcome.amount)
            if tells and gift.reachable and outcome.amount > 0:
                told[outcome.entry_id] = guest
    money = Money()
    for program, amounts in posted.items():
        money.add_amounts(program, amounts)
    if not all(isinstance(outcome, Posted) for outcome in outcomes):
        decisions = [_came_out(job, decision, found) for decision in decisions]
    return CameOut(decisions, found, money, told)


def _is_refused(outcome: Outcome) -> TypeGuard[Refused]:
    """Whether the ledger refuses a line; what was given before is no mistake."""
    return isinstance(outcome, Refused)


def _reason_of(job: ImportJob, credit: Credit, refused: Refused) -> Reason:
    """Return why a line is refused, as a check would say it where it can know."""
    (column,) = (key for key in job.mapping if key and column_of(key)[0].fills == "amount")
    if refused.code == "insufficient":
        return insufficient(credit, refused.params["available"], column)
    if refused.code == "other_amount":
        return other_amount(credit, refused.params["amount"], column)
    params = {name: str(value) for name, value in refused.params.items()}
    why = str(REFUSALS[refused.code]) % params
    return Reason("credit_refused", "", "", {"why": why})


def _came_out(job: ImportJob, decision: Decision, outcomes: Mapping[int, Outcome]) -> Decision:
    """Return what became of a line: of what was given before, nothing is given now."""
    outcome = outcomes.get(decision.line)
    if outcome is None or isinstance(outcome, Posted):
        return decision
    if isinstance(decision, Post) and _is_refused(outcome):
        reason = _reason_of(job, decision.gift.credit, outcome)
        return Reject(decision.line, decision.cells, [reason])
    notes = [Reason("credit_given_before", "", "", {})]
    if isinstance(outcome, NothingToPost):
        notes = []
    if isinstance(decision, Post):
        return Unchanged(decision.line, decision.guest_id, notes)
    if isinstance(decision, Update) and not is_of_guest(decision):
        notes = [*decision.notes, *notes]
        return Unchanged(decision.line, decision.guest_id, notes, decision.cells)
    if isinstance(decision, OF_RECORD):
        additions = decision.additions._replace(gift=None)
        return decision._replace(additions=additions, notes=[*decision.notes, *notes])
    return decision
