"""Balance rows with whom they mean -> what to post for each. Pure, like imports.pipeline.plan."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import chain

from imports.pipeline.credits import (
    Credit,
    CreditRules,
    CreditsMet,
    Gift,
    insufficient,
    other_amount,
    read_beside,
    read_credit,
)
from imports.pipeline.decisions import Decision, Post, Reject, Skip, Unchanged
from imports.pipeline.met_owners import Owner, OwnersMet
from imports.pipeline.rows import CleanRow, Reason, Rejected, Repeated, rest_of
from imports.pipeline.seen import Screened

ZERO = Decimal(0)


def owner_of(row: CleanRow, met: OwnersMet) -> tuple[Owner | None, list[Reason]]:
    """Return whose the row is; all that it names must be the same guest."""
    found: Owner | None = None
    reasons: list[Reason] = []
    if row.values.keys().isdisjoint(("external_id", "card")):  # As in most files.
        found = met.by_phone.get(row.values.get("phone", ""))
        if found is not None:
            return found, reasons
    for column, owners in (
        ("external_id", met.by_external_id), ("phone", met.by_phone), ("card", met.by_card),
    ):  # fmt: skip
        value = row.values.get(column)
        if value is None:
            continue
        if value not in owners:
            reasons.append(Reason("guest_unknown", column, value, {}))
        elif (owner := owners[value]) is None:
            reasons.append(Reason("guest_closed", column, value, {}))
        elif found is not None and owner.id != found.id:
            reasons.append(Reason("guest_differs", column, value, {}))
        else:
            found = found or owner
    return found, reasons


def ids_of(met: OwnersMet) -> set[int]:
    """Return all guests whom rows may mean."""
    found = chain(met.by_phone.values(), met.by_external_id.values(), met.by_card.values())
    return {owner.id for owner in found if owner is not None}


class BalancePlanner:
    """Plans the rows of one chunk in their order: what a row takes the next one cannot.

    `met` is what the guests have and were given; None where that is left to the ledger, which
    says it of each posting when it is made.
    """

    def __init__(self, owners: OwnersMet, met: CreditsMet | None, rules: CreditRules) -> None:
        self.owners, self.met, self.rules = owners, met, rules
        self._balances = dict(met.balances) if met else {}
        self._lines: dict[tuple[object, ...], int] = {}

    def plan(self, rows: Sequence[Screened]) -> list[Decision]:
        return [self._plan(row) for row in rows]

    def _plan(self, row: Screened) -> Decision:
        if isinstance(row, Rejected):
            row = row.and_also(self._wrong_besides(row)) if row.values else row
            return Reject(row.line, row.cells, row.reasons)
        if isinstance(row, Repeated):
            return Skip(row.line, Reason("same_as_line", "", "", {"line": row.first}))
        owner, reasons = owner_of(row, self.owners)
        credit, notes, wrong = read_credit(row.values, self.rules)
        if reasons or wrong or owner is None or (credit is None and notes):
            return Reject(row.line, row.cells, [*reasons, *wrong, *notes])
        if credit is None:
            # Nothing to top up with.
            return Unchanged(row.line, owner.id, [])
        if self.met is not None and (before := self._given_before(row, owner, credit, self.met)):
            return before
        first = self._lines.setdefault(self._key(owner, credit), row.line)
        if first != row.line:
            code = "balance_again" if credit.sets else "credit_again"
            return Reject(row.line, row.cells, [Reason(code, "", "", {"line": first})])
        if self.met is None:
            gift = Gift(credit, credit.amount, ZERO, (), owner.reachable)
            return Post(row.line, row.cells, owner.id, owner.phone, gift)
        return self._foresee(row, owner, credit, self.met)

    def _key(self, owner: Owner, credit: Credit) -> tuple[object, ...]:
        """Return what no two lines may share: what makes up a cause within a batch; of a balance,
        whose and in which program."""
        if credit.sets:
            return credit.program_id, owner.id
        return credit.program_id, owner.id, credit.expires_on, credit.reference

    def _wrong_besides(self, row: Rejected) -> list[Reason]:
        """Return what else keeps a row out that is rejected already, as far as its values tell."""
        _owner, reasons = owner_of(rest_of(row), self.owners)
        _credit, notes, wrong = read_beside(row, self.rules)
        return [*reasons, *wrong, *notes]

    def _given_before(
        self, row: CleanRow, owner: Owner, credit: Credit, met: CreditsMet
    ) -> Decision | None:
        """Return what becomes of a row whose credit was given before; None of any other."""
        if met.anew(owner.id, credit, self.rules) is not None:
            return None
        given = met.given_otherwise(owner.id, credit, self.rules)
        if given is not None:
            reason = other_amount(credit, given, self.rules.columns["amount"])
            return Reject(row.line, row.cells, [reason])
        return Unchanged(row.line, owner.id, [Reason("credit_given_before", "", "", {})])

    def _foresee(self, row: CleanRow, owner: Owner, credit: Credit, met: CreditsMet) -> Decision:
        """Return what the ledger would do."""
        credit = met.anew(owner.id, credit, self.rules) or credit
        before = self._balances.get((owner.id, credit.program_id), (ZERO, ZERO))[0]
        repeats = () if credit.sets else met.repeats(owner.id, credit, self.rules)
        if repeats and self.rules.only_new:
            return Unchanged(row.line, owner.id, [Reason("credit_given_before", "", "", {})])
        change, reason = self._change(owner, credit)
        if reason is not None:
            return Reject(row.line, row.cells, [reason])
        if not change:
            return Unchanged(row.line, owner.id, [])
        gift = Gift(credit, change, before, repeats, owner.reachable)
        return Post(row.line, row.cells, owner.id, owner.phone, gift)

    def _change(self, owner: Owner, credit: Credit) -> tuple[Decimal, Reason | None]:
        """Return what the balance changes by, and why it cannot."""
        key = owner.id, credit.program_id
        balance, available = self._balances.get(key, (ZERO, ZERO))
        change = credit.amount - balance if credit.sets else credit.amount
        if -change > available:
            return ZERO, insufficient(credit, available, self.rules.columns["amount"])
        self._balances[key] = balance + change, available + change
        return change, None
