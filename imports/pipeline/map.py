"""RawRow -> the cells of the fields that are imported. A row of another width is not touched.

In such a row nobody can say which cell is missing, so nothing of it may land anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter

from imports.pipeline.rows import RawRow, Reason


class Mapper:
    """A mapping made ready for many rows.

    `mapping` has for each column of the file its key or None. `width` is how many cells a row has:
    those of the header, or without one, of the mapping.
    """

    def __init__(self, mapping: Sequence[str | None], width: int | None = None) -> None:
        self.width = len(mapping) if width is None else width
        self.places = [place for place, key in enumerate(mapping) if key is not None]
        self.keys = [key for key in mapping if key is not None]
        if self.places and self.places[-1] >= self.width:
            raise ValueError(f"a field for column {self.places[-1] + 1} of {self.width}")
        self.pick: Callable[[list[str]], Sequence[str]] = _picker(self.places)
        """The cells of a row that belong to `keys`, in their order."""

    def misfit(self, raw: RawRow) -> Reason | None:
        """Return why the row does not fit; empty cells beyond the last column are forgiven."""
        found = len(raw.cells)
        if found == self.width:
            return None
        while found > self.width and not raw.cells[found - 1].strip():
            found -= 1
        if found == self.width:
            return None
        return Reason("wrong_width", "", "", {"expected": self.width, "found": found})


def _picker(places: list[int]) -> Callable[[list[str]], Sequence[str]]:
    if len(places) > 1:
        return itemgetter(*places)
    # Of a single place itemgetter gives the cell itself, and of none it cannot be made.
    return lambda cells: [cells[place] for place in places]
