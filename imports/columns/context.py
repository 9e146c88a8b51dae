"""What the cells of one import are read by: everything a widget may know beside the cell itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from typing import Literal, Self

from guests.normalize import Check, DateOrder, DecimalMark


@dataclass(frozen=True)
class CleanContext:
    """The company's settings and the day of the import. Pure: nothing here leads to a database.

    `region` is an ISO 3166-1 code, `phone_check` one of "possible", "valid" and "mobile"; `today`
    and `tz` are the company's. `date_orders` and `decimal_marks` are by the column's place in the
    file, from 0, as imports.pipeline.notation finds them.
    """

    region: str
    phone_check: Check
    today: date
    tz: tzinfo
    date_orders: Mapping[int, DateOrder] = field(default_factory=dict)
    date_order: DateOrder = "ymd"
    """The order in the column at hand. "ymd": nothing but 1990-06-05 and 05.06.1990 is a date."""
    decimal_marks: Mapping[int, DecimalMark | Literal[""]] = field(default_factory=dict)
    decimal_mark: DecimalMark | Literal[""] = ""
    """The mark before decimals in the column at hand, where an amount alone can be read in two
    ways; "": such an amount is refused."""

    def at(self, place: int) -> Self:
        """Return the context for the cells of the column at `place`, from 0."""
        return replace(
            self,
            date_order=self.date_orders.get(place, self.date_order),
            decimal_mark=self.decimal_marks.get(place, self.decimal_mark),
        )
