"""How dates and amounts are written, found from a file's rows before any is cleaned.

One column has one way. Where no row tells which, or rows contradict each other, the operator is
asked. What a cell says by itself needs no column.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import Any, Literal, NamedTuple, Protocol, cast

from guests.normalize import DateOrder, DecimalMark
from imports.columns import column_of
from imports.pipeline.amounts import Amounts
from imports.pipeline.dates import Dates
from imports.pipeline.map import Mapper
from imports.pipeline.read import FileRefused
from imports.pipeline.rows import RawRow
from imports.reasons import describe

LOOKED_AT = 1_000
"""How many cells of a column are enough, if they tell. Later ones that differ fail by their row."""


class Ambiguous(FileRefused):
    """Some columns can be read in two ways, and the operator has not said which.

    `code` is dates_ambiguous or amounts_ambiguous (none tells), dates_mixed or amounts_mixed (some
    say this, some that); in `params` `keys` are the columns, the others examples of theirs.
    """

    def __str__(self) -> str:
        return describe(self.code, self.params)


class Notation(NamedTuple):
    """By a column's place, from 0: the order of day, month and year, and the decimal mark."""

    date_orders: dict[int, DateOrder]
    decimal_marks: dict[int, DecimalMark | Literal[""]]


class _Column(Protocol):
    """The cells of one column seen so far."""

    #: What begins the codes of what is asked.
    code: str
    key: str
    seen: int

    @property
    def found(self) -> Any: ...
    def add(self, cell: str) -> None: ...
    def ambiguous(self, *, mixed: bool) -> bool: ...
    def examples(self) -> dict[str, str]: ...


def find_notation(
    rows: Iterable[RawRow],
    mapping: Sequence[str | None],
    *,
    width: int | None = None,
    dates: str = "",
    decimal: str = "",
) -> Notation:
    """Return how each column with dates and each with amounts is written.

    `dates` ("dmy" or "mdy") and `decimal` ("." or ",") are the operator's word for the whole file:
    no row is read for it then. `rows` are read only as far as needed, and closed. Raises Ambiguous.
    """
    if dates not in ("", "dmy", "mdy") or decimal not in ("", ".", ","):
        raise ValueError(f"no such notation: {dates!r}, {decimal!r}")
    mapper = Mapper(mapping, width)
    of_dates, of_amounts = _columns(mapper)
    asked = {**({} if dates else of_dates), **({} if decimal else of_amounts)}
    _look(rows, mapper, asked)
    for mixed in (True, False):
        for columns in (of_dates, of_amounts):
            _demand_clear([each for each in columns.values() if each.ambiguous(mixed=mixed)], mixed)
    order = cast(DateOrder | Literal[""], dates)
    mark = cast(DecimalMark | Literal[""], decimal)
    return Notation(
        {place: order or each.found for place, each in of_dates.items()},
        {place: mark or each.found for place, each in of_amounts.items()},
    )


def _columns(mapper: Mapper) -> tuple[dict[int, _Column], dict[int, _Column]]:
    """Return the columns with dates and those with amounts, by place."""
    placed = list(zip(mapper.places, mapper.keys, strict=True))
    widgets = {place: column_of(key)[0].widget for place, key in placed}
    return (
        {place: Dates(key) for place, key in placed if widgets[place].has_dates},
        {place: Amounts(key) for place, key in placed if widgets[place].has_amounts},
    )


def _look(rows: Iterable[RawRow], mapper: Mapper, columns: dict[int, _Column]) -> None:
    """Show the columns their cells until all are decided, and close `rows`."""
    undecided = list(columns.items())
    try:
        for raw in rows if undecided else ():
            if mapper.misfit(raw):
                continue  # Nobody can say which of its cells is which.
            for place, column in undecided:
                if cell := raw.cells[place].strip():
                    column.add(cell)
            if any(_is_decided(column) for _place, column in undecided):
                undecided = [entry for entry in undecided if not _is_decided(entry[1])]
                if not undecided:
                    break
    finally:
        if isinstance(rows, Generator):
            rows.close()  # Behind a workbook's rows there is a process.


def _is_decided(column: _Column) -> bool:
    """Whether further cells need not be looked at."""
    enough = column.seen >= LOOKED_AT and not column.ambiguous(mixed=False)
    return enough or column.ambiguous(mixed=True)


def _demand_clear(columns: Sequence[_Column], mixed: bool) -> None:
    """Raise Ambiguous for the columns, if there are any."""
    if columns:
        first, keys = columns[0], [each.key for each in columns]
        code = f"{first.code}_{'mixed' if mixed else 'ambiguous'}"
        raise Ambiguous(code, keys=keys, **first.examples())
