"""In which order the dates of a column are written, found from its rows before any is cleaned.

1990-06-05 and 05.06.1990 say it by their shape. 05/06/1990 does not, but 25/06/1990 in the same
column does: one column has one order. Where no row tells, the operator is asked.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import cast

from guests import normalize
from guests.normalize import DateOrder
from imports.columns import column_of
from imports.pipeline.map import Mapper
from imports.pipeline.read import FileRefused
from imports.pipeline.rows import RawRow
from imports.reasons import describe

LOOKED_AT = 1_000
"""How many dates of a column are enough, if they tell. Later ones that differ fail by their row."""


class DatesAmbiguous(FileRefused):
    """The dates of some columns can be read in two ways, and the operator has not said which.

    `code` is dates_ambiguous (no date tells) or dates_mixed (some say this, some that); in `params`
    `keys` are the columns, `value` a date of theirs and `other` one that contradicts it.
    """

    def __str__(self) -> str:
        return describe(self.code, self.params)


def find_date_orders(
    rows: Iterable[RawRow],
    mapping: Sequence[str | None],
    *,
    width: int | None = None,
    chosen: str = "",
) -> dict[int, DateOrder]:
    """Return for each column with dates, by its place from 0, the order of day, month and year.

    "ymd" means that only dates whose shape tells are dates in it. `chosen`, "dmy" or "mdy", is the
    operator's word for the whole file: then no row is read. `rows` are read only as far as needed,
    and closed. Raises DatesAmbiguous.
    """
    if chosen not in ("", "dmy", "mdy"):
        raise ValueError(f"no order of dates: {chosen!r}")
    orders = DateOrders(mapping, width=width)
    if chosen:
        return dict.fromkeys(orders.columns, cast(DateOrder, chosen))
    try:
        for raw in rows if orders.undecided else ():
            orders.add(raw)
            if not orders.undecided:
                break
    finally:
        if isinstance(rows, Generator):
            rows.close()  # Behind a workbook's rows there is a process.
    return orders.found()


class DateOrders:
    """The dates seen so far, by column."""

    def __init__(self, mapping: Sequence[str | None], *, width: int | None = None) -> None:
        self._mapper = Mapper(mapping, width)
        self.columns = {
            place: _Dates(key)
            for place, key in zip(self._mapper.places, self._mapper.keys, strict=True)
            if column_of(key)[0].widget.has_dates
        }
        self.undecided = list(self.columns.items())

    def add(self, raw: RawRow) -> None:
        """Look at the dates of a row; one of another width has none that could be told."""
        if self._mapper.misfit(raw):
            return
        decided = False
        for place, dates in self.undecided:
            if cell := raw.cells[place].strip():
                dates.add(cell)
                decided |= dates.decided
        if decided:
            self.undecided = [entry for entry in self.undecided if not entry[1].decided]

    def found(self) -> dict[int, DateOrder]:
        """Return the order for each column. Raises DatesAmbiguous for all that cannot tell."""
        for mixed in (True, False):
            columns = [dates for dates in self.columns.values() if dates.ambiguous(mixed=mixed)]
            if columns:
                keys = [dates.key for dates in columns]
                code = "dates_mixed" if mixed else "dates_ambiguous"
                raise DatesAmbiguous(code, keys=keys, **columns[0].examples())
        return {place: dates.order for place, dates in self.columns.items()}


class _Dates:
    """What the dates of one column say: the first of each kind is the example."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._widget = column_of(key)[0].widget
        self._seen = 0
        self._examples: dict[frozenset[DateOrder], str] = {}

    def add(self, cell: str) -> None:
        written = self._widget.date_in(cell)
        orders = normalize.orders_of(written) if written else None
        if not written or not orders:
            return  # Not a date: an error of its row, which the cleaning will name.
        self._seen += 1
        by_shape = "ymd" in orders or "." in written.split(maxsplit=1)[0]
        if not by_shape:
            self._examples.setdefault(orders, written)

    @property
    def decided(self) -> bool:
        """Whether further rows need not be looked at."""
        return self.ambiguous(mixed=True) or (
            self._seen >= LOOKED_AT and not self.ambiguous(mixed=False)
        )

    def ambiguous(self, *, mixed: bool) -> bool:
        """Whether the dates contradict each other (mixed), or some can be two and none tells."""
        telling = sum(len(orders) == 1 for orders in self._examples)
        return telling > 1 if mixed else telling == 0 and bool(self._examples)

    @property
    def order(self) -> DateOrder:
        for orders in self._examples:
            if len(orders) == 1:
                return next(iter(orders))
        return "ymd"

    def examples(self) -> dict[str, str]:
        """Return the parameters `value` and, of two that contradict each other, `other`."""
        told = [self._examples[orders] for orders in sorted(self._examples, key=len)]
        return dict(zip(("value", "other"), told, strict=False))
