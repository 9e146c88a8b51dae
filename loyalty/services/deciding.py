"""What becomes of each posting, decided under the locks of its account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from core.fields import LARGEST
from loyalty.expiry import last_day
from loyalty.models import Hold, LedgerEntry, Program
from loyalty.money import is_rounded
from loyalty.services.accounts import Entry, OpenAccount
from loyalty.services.books import Books
from loyalty.services.known import Cause, KnownEntry, KnownHold
from loyalty.services.postings import (
    AlreadyPosted,
    ByRule,
    Capture,
    Move,
    NothingToPost,
    Outcome,
    Posted,
    Posting,
    Refused,
    Reversal,
    SetTo,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from loyalty.services.accounts import Lot

Kind = LedgerEntry.Kind


class No(Exception):
    """A posting is refused, with the code and the parameters of its Refused."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.refused = Refused(code, params)


@dataclass(frozen=True, slots=True)
class SameAs:
    """The same cause came earlier in the same call: nothing more is done."""

    entry: Entry


Decision = Entry | SameAs | Outcome
_SMALLEST = -LARGEST
_NONE: Mapping[int, Any] = MappingProxyType({})


def outcome_of(decision: Decision) -> Outcome:
    """Return what became of a posting, once its entry has its id."""
    match decision:
        case Entry():
            return Posted(decision.id, decision.amount, decision.balance)
        case SameAs():
            return AlreadyPosted(decision.entry.id, decision.entry.amount)
    return decision


class Decider:
    """Decides postings one after the other, each seeing what the ones before it did."""

    def __init__(
        self,
        books: Books,
        programs: Mapping[int, Program],
        *,
        causes: Mapping[Cause, tuple[int, Decimal, int | None]],
        closed: Collection[int] = (),
        holds: Mapping[int, KnownHold] = _NONE,
        entries: Mapping[int, KnownEntry] = _NONE,
        uses: Mapping[int, list[tuple[Lot, Decimal]]] = _NONE,
        reversed_ids: Collection[int] = (),
        moved: Mapping[int, Decimal] = _NONE,
    ) -> None:
        self.books, self.programs, self.closed = books, programs, closed
        self._ledgers = {pk: each for pk, each in programs.items() if each.has_ledger}
        self.causes, self.holds, self.entries, self.uses = causes, holds, entries, uses
        self.reversed_ids, self.moved = set(reversed_ids), moved
        self.captured: dict[int, Entry] = {}
        self._made: dict[Cause, Entry] = {}
        self._terms: dict[int, tuple[bool, date | None]] = {}

    def decide(self, posting: Posting) -> Decision:
        """Carry the posting out in the books and return its entry, or what it is instead."""
        try:
            if isinstance(posting, Move):  # As nearly all are.
                return self._move(posting)
            match posting:
                case SetTo():
                    return self._set_to(posting)
                case Capture():
                    return self._capture(posting)
                case Reversal():
                    return self._reverse(posting)
        except No as no:
            return no.refused
        raise TypeError(f"not a posting: {posting!r}")

    # -- Credit and debit --------------------------------------------------------------------------

    def _move(self, posting: Move) -> Decision:
        program = self._program(posting.program_id)
        amount = self._amount(posting.amount, program)
        if not amount:
            raise No("zero")
        if known := self._known(posting, program.id, amount):
            return known
        return self._post(posting, program, amount)

    def _set_to(self, posting: SetTo) -> Decision:
        program = self._program(posting.program_id)
        target = self._amount(posting.balance, program)
        if target < 0:
            raise No("not_an_amount", amount=target, currency=program.currency)
        if known := self._known(posting, program.pk, None):
            return known
        account = self.books.account_of(posting.guest_id, program.pk)
        difference = target - account.balance
        if not difference:
            return NothingToPost(target)
        return self._post(posting, program, difference)

    def _post(self, posting: Move | SetTo, program: Program, amount: Decimal) -> Entry:
        if posting.guest_id in self.closed:
            raise No("closed")
        account = self.books.account_of(posting.guest_id, program.id)
        if amount > 0:
            return self._credit(posting, program, account, amount)
        if account.available < -amount:
            raise No("insufficient", available=account.available)
        uses = account.debit(-amount, self.books.today)
        entry = self._enter(posting, account, Kind.DEBIT, amount)
        entry.uses = uses
        return entry

    def _credit(
        self, posting: Move | SetTo, program: Program, account: OpenAccount, amount: Decimal
    ) -> Entry:
        gives, by_rule = self._today(program)
        if not gives:
            raise No("not_active")
        expires_on = posting.expires_on
        if isinstance(expires_on, ByRule):
            expires_on = by_rule
        elif expires_on is not None and expires_on < self.books.today:
            raise No("expired")
        self._fits(account.balance + amount)
        lot = account.credit(amount, expires_on)
        entry = self._enter(posting, account, Kind.CREDIT, amount)
        entry.lot = lot
        return entry

    def _today(self, program: Program) -> tuple[bool, date | None]:
        """Return whether the program gives credits today, and the last day of one by its rule."""
        terms = self._terms.get(program.id)
        if terms is None:
            today = self.books.today
            terms = self._terms[program.id] = program.gives_on(today), last_day(program, today)
        return terms

    # -- Holds -------------------------------------------------------------------------------------

    def _capture(self, posting: Capture) -> Decision:
        hold = self.holds.get(posting.hold_id)
        if hold is None:
            raise No("no_hold")
        program = self._program(hold.program_id)
        asked = hold.amount if posting.amount is None else posting.amount
        amount = self._amount(asked, program)
        if known := self._known(posting, program.pk, -amount):
            return known
        ended = self.books.run_out | self.captured.keys()
        if hold.state != Hold.State.HELD or hold.id in ended:
            raise No("hold_ended")
        if amount <= 0:
            raise No("not_an_amount", amount=amount, currency=program.currency)
        if amount > hold.amount:
            raise No("beyond_hold", held=hold.amount)
        account = self.books.accounts[hold.account_id]
        account.hold(-hold.amount)
        uses = account.capture(amount)
        entry = self._enter(posting, account, Kind.DEBIT, -amount)
        entry.uses = uses
        self.captured[hold.id] = entry
        # What the hold kept from expiring, and was not captured.
        self.books.expire(account)
        return entry

    # -- Reversal ----------------------------------------------------------------------------------

    def _reverse(self, posting: Reversal) -> Decision:
        entry = self.entries.get(posting.entry_id)
        if entry is None:
            raise No("no_entry")
        cause = self.causes.get((entry.program_id, posting.source, posting.source_ref))
        if cause and cause[2] == entry.id:
            return AlreadyPosted(cause[0], cause[1])
        if entry.kind == Kind.REVERSAL:
            raise No("is_reversal")
        if entry.source == LedgerEntry.Source.MERGE:
            raise No("of_merge")
        if entry.id in self.reversed_ids:
            raise No("reversed")
        if known := self._known(posting, entry.program_id, -entry.amount):
            return known
        account = self.books.accounts[entry.account_id]
        if entry.amount < 0:
            made = self._give_back(posting, entry, account)
        else:
            made = self._take_back(posting, entry, account)
        self.reversed_ids.add(entry.id)
        return made

    def _give_back(self, posting: Reversal, entry: KnownEntry, account: OpenAccount) -> Entry:
        """Refill the lots that a debit took from.

        Not of a guest who was merged or erased since: nobody could spend it there.
        """
        if account.guest_id in self.closed:
            raise No("closed")
        self._fits(account.balance - entry.amount)
        today, grace_until = self.books.today, self.books.grace_until()
        uses = self.uses.get(entry.id, [])
        for lot, part in uses:
            account.refill(lot, part, today=today, grace_until=grace_until)
        made = self._enter(posting, account, Kind.REVERSAL, -entry.amount, reverses=entry.id)
        made.uses = [(lot, -part) for lot, part in uses]
        return made

    def _take_back(self, posting: Reversal, entry: KnownEntry, account: OpenAccount) -> Entry:
        """Take a credit out of its lot again; what was spent of it as the posting says."""
        own = self.books.lots.get(entry.id)
        left = min(own.left if own else Decimal(0), max(account.available, Decimal(0)))
        shortfall = entry.amount - left
        others = Decimal(0)
        if shortfall and posting.shortfall == "from_others":
            others = min(shortfall, account.available - left)
        if shortfall and (posting.shortfall == "refuse" or not left + others):
            if not left and (moved := self.moved.get(entry.id)):
                raise No("moved", moved=moved)
            raise No("spent", left=left, shortfall=shortfall)
        uses = account.take_from(own, left) if own and left else []
        if others:
            uses = _together([*uses, *account.debit(others, self.books.today)])
        taken = -(left + others)
        made = self._enter(posting, account, Kind.REVERSAL, taken, reverses=entry.id)
        made.uses = uses
        return made

    # -- What all of them ask ----------------------------------------------------------------------

    def _program(self, pk: int) -> Program:
        program = self._ledgers.get(pk)
        if program is None:
            raise No("no_ledger" if pk in self.programs else "no_program")
        return program

    def _amount(self, amount: Decimal, program: Program) -> Decimal:
        if not is_rounded(amount, program.currency):
            raise No("not_an_amount", amount=amount, currency=program.currency)
        self._fits(amount)
        return amount

    def _fits(self, amount: Decimal) -> None:
        if not _SMALLEST <= amount <= LARGEST:
            raise No("too_large")

    def _known(
        self, posting: Posting, program: int, amount: Decimal | None
    ) -> SameAs | Outcome | None:
        """Return what the same cause came to before; None when it is new."""
        cause = (program, posting.source, posting.source_ref)
        if made := self._made.get(cause):
            if amount is not None and amount != made.amount:
                raise No("other_amount", amount=made.amount)
            return SameAs(made)
        if cause not in self.causes:
            return None
        pk, posted, _reverses = self.causes[cause]
        if amount is not None and amount != posted:
            raise No("other_amount", amount=posted)
        return AlreadyPosted(pk, posted)

    def _enter(
        self,
        posting: Posting,
        account: OpenAccount,
        kind: str,
        amount: Decimal,
        *,
        reverses: int | None = None,
    ) -> Entry:
        entry = self.books.enter(account, kind, amount, posting, reverses)
        self._made[account.program_id, posting.source, posting.source_ref] = entry
        return entry


def _together(uses: list[tuple[Lot, Decimal]]) -> list[tuple[Lot, Decimal]]:
    """Return one use for each lot."""
    parts: dict[int, tuple[Lot, Decimal]] = {}
    for lot, part in uses:
        _lot, before = parts.get(id(lot), (lot, Decimal(0)))
        parts[id(lot)] = (lot, before + part)
    return list(parts.values())
