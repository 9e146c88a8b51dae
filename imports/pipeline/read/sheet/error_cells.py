"""Cells in which a formula went wrong (`#REF!`, `#N/A`): calamine gives nothing of them.

They are looked for in the sheet's XML, which is gone through anyway before calamine opens it.
"""

from __future__ import annotations

import re
import sys
from array import array

from .references import column_number

MARK = b't="e"'
ERROR_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^>]* t="e"[^>]*>'
    rb"(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?<v>([^<]*)</v>"
)


class ErrorCells:
    """The error cells of a sheet from the top, sixteen bytes each; none of most sheets."""

    def __init__(self) -> None:
        self._rows = array("I")
        self._columns = array("H")
        self._texts: list[str] = []
        self._next = 0

    def find(self, text: bytes) -> None:
        """Take in a piece of the sheet that does not cut a cell."""
        if MARK not in text:
            return
        for column, row, shown in ERROR_CELL.findall(text):
            self._rows.append(int(row))
            self._columns.append(column_number(column))
            self._texts.append(sys.intern(shown.decode(errors="replace")))

    def put_into(self, row: int, cells: list[str], *, first: int) -> None:
        """Write what the error cells of a row show into its cells, of which the first one stands in
        column `first` + 1. Call it row by row from the top.
        """
        while self._next < len(self._rows) and self._rows[self._next] <= row:
            place = self._columns[self._next] - 1 - first
            if self._rows[self._next] == row and 0 <= place < len(cells):
                cells[place] = self._texts[self._next]
            self._next += 1

    def __bool__(self) -> bool:
        return bool(self._rows)
