"""What the plan decided for a line. `apply` carries it out and `findings` counts it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from imports.pipeline.credits import Gift
from imports.pipeline.rows import Reason


class Completion(NamedTuple):
    """The half that a card of the guest lacks: a number beside its track, or the reverse."""

    card_id: int
    #: "track" or "number".
    field: str
    value: str
    #: The half that is there.
    known: str


class Additions(NamedTuple):
    """What a line adds to a guest; nothing of it replaces anything."""

    cards: Sequence[tuple[str | None, str | None]]
    categories: Sequence[int]
    external_ids: Sequence[str]
    #: Names of categories that are not there yet.
    new_categories: Sequence[str] = ()
    #: Cards that are there and become whole.
    completed: Sequence[Completion] = ()
    #: What the guest is given: it stands in the ledger, not in the guest's own record.
    gift: Gift | None = None


class Create(NamedTuple):
    """A new guest with `values`, by field."""

    line: int
    values: dict[str, Any]
    additions: Additions
    notes: list[Reason]
    #: The raw cells of a line of which something was left out that can be mended.
    cells: list[str] | None = None


class Update(NamedTuple):
    """A guest to change: `changes` has the old and the new value by field."""

    line: int
    guest_id: int
    version: int
    changes: dict[str, tuple[Any, Any]]
    additions: Additions
    notes: list[Reason]
    #: The guest's values as they will be: the derived ones are made from them.
    values: dict[str, Any]
    cells: list[str] | None = None


class Unchanged(NamedTuple):
    """A guest who is already as the line says."""

    line: int
    guest_id: int
    notes: list[Reason]
    cells: list[str] | None = None


class Post(NamedTuple):
    """An amount to post, of a file of balances."""

    line: int
    cells: list[str]
    guest_id: int
    phone: str
    gift: Gift


class Skip(NamedTuple):
    """A line that is left out without being an error."""

    line: int
    note: Reason


class Reject(NamedTuple):
    """A line that cannot be imported, with every reason, and its raw cells to be mended."""

    line: int
    cells: list[str]
    reasons: list[Reason]


class _Take(NamedTuple):
    """An order to record. `phone` is a new guest's, to be made; without either it is nobody's."""

    line: int
    cells: list[str]
    restaurant_id: int
    order_id: str
    guest_id: int | None
    phone: str | None
    total: Decimal
    closed_at: datetime
    notes: Sequence[Reason] = ()


class Take(_Take):
    """An order to record; its type says what that comes to, as the database was."""


class NewOrder(Take):
    """One that is not there yet."""


class CorrectedOrder(Take):
    """One that is there otherwise."""


class SameOrder(Take):
    """One that is there just so."""


Decision = Create | Update | Unchanged | Post | Skip | Reject | Take


#: Decisions about a guest's record, with what is added to it. `Create | Update` in its place would
#: be put together anew for each of a million.
OF_RECORD = (Create, Update)


def is_of_guest(update: Update) -> bool:
    """Whether a line changes the guest's own record: a credit alone stands in the ledger."""
    cards, categories, external_ids, new_categories, completed, _gift = update.additions
    added = cards or categories or external_ids or new_categories or completed
    return bool(update.changes or added)
