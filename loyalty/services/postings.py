"""What can be asked of the ledger, and what it answers."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Literal


class ByRule(Enum):
    """The last day of a credit is what the program's rule says."""

    BY_RULE = "by rule"


BY_RULE = ByRule.BY_RULE


# Not frozen, which would make the making of a million of them take three times as long.
@dataclass(slots=True, kw_only=True)
class Posting:
    """What every posting says of itself.

    source, source_ref   its cause, once in a program: posted again it does nothing
    reason               a code, for lists; comment: what somebody wrote
    """

    source: str
    source_ref: str
    reason: str = ""
    comment: str = ""
    restaurant_id: int | None = None


@dataclass(slots=True, kw_only=True)
class Move(Posting):
    """Credit an amount above zero, or debit one below. `expires_on` is a credit's last day."""

    guest_id: int
    program_id: int
    amount: Decimal
    expires_on: date | ByRule | None = BY_RULE


@dataclass(slots=True, kw_only=True)
class SetTo(Posting):
    """Credit or debit the difference to `balance`, whatever the balance is by then."""

    guest_id: int
    program_id: int
    balance: Decimal
    expires_on: date | ByRule | None = BY_RULE


@dataclass(slots=True, kw_only=True)
class Capture(Posting):
    """Debit what a hold has set aside, or `amount` of it; the rest is free again."""

    hold_id: int
    amount: Decimal | None = None


@dataclass(slots=True, kw_only=True)
class Reversal(Posting):
    """Take an entry back, once.

    If what it credited is spent already: `refuse`, take `what_is_left` of that credit, or take
    the rest `from_others` of the account.
    """

    entry_id: int
    shortfall: Literal["refuse", "what_is_left", "from_others"] = "refuse"


@dataclass(slots=True)
class Posted:
    """It is in the books: the entry's id, its signed amount, the balance after it."""

    entry_id: int
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class AlreadyPosted:
    """The same cause was posted before, with the same amount: nothing was done."""

    entry_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class NothingToPost:
    """The balance was as it should be."""

    balance: Decimal


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was done of this posting, for a reason by its code (see REFUSALS)."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


Outcome = Posted | AlreadyPosted | NothingToPost | Refused
