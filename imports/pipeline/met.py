"""What rows meet in the database, as plain values: `match` fills it, `plan` reads it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from imports.pipeline.credits import CreditsMet

#: What is read of every guest: the key, and what search and sort are made from.
KEY_FIELDS = ("phone", "first_name", "middle_name", "last_name", "email")

#: Fields that no rule can make an import change: iiko's "any of the fields save for a telephone
#: number and the current order total".
LOCKED = frozenset({"phone", "opening_total"})


@dataclass(slots=True)
class Met:
    """A guest as the database has it: what the plan compares with."""

    id: int
    version: int
    values: dict[str, Any]
    merged_into: int | None = None


@dataclass(slots=True)
class Surroundings:
    """What a chunk of rows meets in the database, by the keys that its rows carry."""

    by_phone: dict[str, Met] = field(default_factory=dict)
    by_external_id: dict[str, Met] = field(default_factory=dict)
    track_owner: dict[str, int] = field(default_factory=dict)
    number_owner: dict[str, int] = field(default_factory=dict)
    #: Cards that lack their other half, by the half that they have: ("track", "t1").
    half_cards: dict[tuple[str, str], int] = field(default_factory=dict)
    member_owner: dict[str, int] = field(default_factory=dict)
    in_categories: set[tuple[int, int]] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    #: Telephones and member numbers of guests who were merged: they lead to the kept one.
    merged_phones: set[str] = field(default_factory=set)
    merged_numbers: set[str] = field(default_factory=set)
    credits: CreditsMet = field(default_factory=CreditsMet)

    def guests(self) -> Iterator[Met]:
        """Yield all guests that are met."""
        yield from self.by_phone.values()
        yield from self.by_external_id.values()
