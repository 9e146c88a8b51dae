"""Accounts in memory, while they are locked: what is taken from which lot, and what expires.

Pure: nothing here reads or writes the database (loyalty.services.books does).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from loyalty.services.postings import Posting

ZERO = Decimal(0)


@dataclass(slots=True)
class Entry:
    """A line of the ledger on its way; `id` is given when it is written."""

    account: OpenAccount
    kind: str
    amount: Decimal
    balance: Decimal
    #: What it was posted for; the ledger's own entries have no cause but themselves.
    posting: Posting
    reverses: int | None = None
    uses: Sequence[tuple[Lot, Decimal]] = ()
    #: Of a credit: what will be left of it. The lot does not know its entry, for in a ring they
    #: would outlive the call while an import keeps the collector of rings from running.
    lot: Lot | None = None
    id: int = 0


@dataclass(slots=True)
class Lot:
    """What is left of a credit. `id` is that of its entry, once it is written."""

    amount: Decimal
    left: Decimal
    expires_on: date | None
    id: int = 0
    is_changed: bool = False

    def is_due(self, today: date) -> bool:
        return self.expires_on is not None and self.expires_on < today

    @property
    def order(self) -> tuple[date, int]:
        """The lot that expires first is used first, then the older one; new ones are youngest."""
        return self.expires_on or date.max, self.id or 2**63


@dataclass(slots=True)
class RunOutHold:
    """A standing hold whose time is over."""

    id: int
    amount: Decimal
    expires_at: datetime


@dataclass(slots=True)
class OpenAccount:
    """A locked account with its open lots in the order of their use."""

    id: int
    guest_id: int
    program_id: int
    balance: Decimal
    held: Decimal
    lots: list[Lot] = field(default_factory=list)
    is_changed: bool = False

    @property
    def available(self) -> Decimal:
        """What may be spent: the balance without what holds have set aside."""
        return self.balance - self.held

    def credit(self, amount: Decimal, expires_on: date | None) -> Lot:
        """Add a lot; the caller gives it its entry."""
        lot = Lot(amount, amount, expires_on)
        self.lots.append(lot)
        if len(self.lots) > 1:
            self.lots.sort(key=lambda each: each.order)
        self._move(amount)
        return lot

    def debit(self, amount: Decimal, today: date) -> list[tuple[Lot, Decimal]]:
        """Take an available `amount`, from the lot that expires first. Return what from which.

        A lot whose day is over is left alone: what is still in it stands under a hold.
        """
        return self._take((lot for lot in self.lots if not lot.is_due(today)), amount)

    def capture(self, amount: Decimal) -> list[tuple[Lot, Decimal]]:
        """Take what a hold, already ended, had set aside: also of lots whose day is over."""
        return self._take(iter(self.lots), amount)

    def take_from(self, lot: Lot, amount: Decimal) -> list[tuple[Lot, Decimal]]:
        """Take `amount` of one lot."""
        return self._take(iter([lot]), amount)

    def expire(self, today: date) -> list[tuple[Lot, Decimal]]:
        """Take what is due, but for what holds have set aside: they stand on what is due first."""
        due = [lot for lot in self.lots if lot.is_due(today) and lot.left]
        kept = min(self.held, sum((lot.left for lot in due), ZERO))
        uses: list[tuple[Lot, Decimal]] = []
        for lot in due:
            stays = min(kept, lot.left)
            kept -= stays
            if lot.left > stays:
                uses += self.take_from(lot, lot.left - stays)
        return uses

    def refill(self, lot: Lot, amount: Decimal, *, today: date, grace_until: date) -> None:
        """Put `amount` back into a lot; one whose day is over lasts through `grace_until`."""
        lot.left += amount
        lot.is_changed = True
        if lot.is_due(today):
            lot.expires_on = grace_until
        if lot not in self.lots:
            self.lots.append(lot)
        self.lots.sort(key=lambda each: each.order)
        self._move(amount)

    def hold(self, amount: Decimal) -> None:
        self.held += amount
        self.is_changed = True

    def _take(self, lots: Iterator[Lot], amount: Decimal) -> list[tuple[Lot, Decimal]]:
        uses, missing = [], amount
        for lot in lots:
            part = min(lot.left, missing)
            if part:
                lot.left -= part
                lot.is_changed = True
                uses.append((lot, part))
                missing -= part
            if not missing:
                break
        if missing:
            raise AssertionError(f"account {self.id}: its lots lack {missing} of {amount}")
        self._move(-amount)
        return uses

    def _move(self, amount: Decimal) -> None:
        self.balance += amount
        self.is_changed = True
