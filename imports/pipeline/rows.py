"""What travels through the pipeline: a row as it was read, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class RawRow(NamedTuple):
    """A record as it stands in the file."""

    line: int
    """Where the record starts, from 1: the physical line of a .csv, the row of a sheet."""
    cells: list[str]


class Reason(NamedTuple):
    """Why a value was refused, or what has to be said about it; the words are made when shown."""

    code: str
    column: str
    """Key of the column, or "" where the row as a whole is meant."""
    value: str
    params: dict[str, Any]


class Rejected(NamedTuple):
    """A row that cannot be imported, with every reason and not only the first.

    `values` are those that were right: by them it is looked for what is wrong besides. None of a
    row of which nobody can say what stands where.
    """

    line: int
    cells: list[str]
    reasons: list[Reason]
    values: dict[str, Any] | None = None

    def and_also(self, reasons: Sequence[Reason]) -> Rejected:
        """Return the row with further reasons."""
        return self._replace(reasons=[*self.reasons, *reasons]) if reasons else self

    @property
    def wrong(self) -> set[str]:
        """The keys of the columns that are wrong."""
        return {reason.column for reason in self.reasons}


class CleanRow(NamedTuple):
    """A row whose every value is valid; a key that is absent was a blank cell."""

    line: int
    cells: list[str]
    values: dict[str, Any]
    notes: list[Reason]


def rest_of(row: Rejected) -> CleanRow:
    """Return what was right of a row that is rejected, as if it were a row: to look it up by."""
    return CleanRow(row.line, row.cells, row.values or {}, [])


class Repeated(NamedTuple):
    """A row identical to an earlier one: nothing is wrong with it, and nothing is left to do."""

    line: int
    first: int
    """Line of the earlier row."""


def card_places(row: CleanRow) -> Sequence[int]:
    """Return for each of the row's cards which it is: 2 for the card of track_2 and number_2."""
    places: Sequence[int] = row.values.get("card_places") or range(1, 1 + len(row.values["cards"]))
    return places


def external_ids(row: CleanRow) -> list[str]:
    """Return the row's external ids: the one that finds the guest first."""
    first = row.values.get("external_id")
    return [] if first is None else [first, *row.values.get("more_external_ids", ())]
