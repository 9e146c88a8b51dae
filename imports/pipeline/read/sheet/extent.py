"""How far the filled cells of a sheet reach, found from its XML before calamine opens it.

A file of two kilobytes with something in A1 and in XFD1048576 asks calamine for half a terabyte.
What programs write is searched by expression, a tenth of the time of parsing it; what is written
otherwise passes, and meets the memory limit of the process.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field

from .error_cells import ErrorCells
from .job import Job, Refused
from .references import column_letters, column_number
from .unpack import unpacked

# Bytes that calamine needs for a cell of its rectangle before anything is in it.
CELL_BYTES = 32

# `(?!</c>)`: some programs write an empty cell with a closing tag.
FILLED_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^>]*[^>/]?>(?!</c>)')
CELL = b'<c r="'
REFERENCE = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
VALUE_ENDS = (b"</v>", b"</is>")


@dataclass
class Extent:
    """The rectangle that the filled cells of a sheet span, from A1."""

    cells: int = 0
    last_row: int = 0
    columns: int = 0
    end: int = 0
    """Where in the part the last filled row ends, in bytes."""
    size: int = 0
    """Bytes of the part."""
    errors: ErrorCells = field(default_factory=ErrorCells)

    def add(self, text: bytes, offset: int, job: Job) -> None:
        """Take in a piece of the sheet that begins at a byte offset and does not cut a cell."""
        filled = text.count(b"</v>") + text.count(b"</is>")
        if not filled:
            return
        self.errors.find(text)
        self.cells += filled
        ends = max(map(text.rfind, VALUE_ENDS))
        start = text.rfind(CELL, 0, ends)
        if start >= 0 and (found := REFERENCE.match(text, start)):
            self.last_row = max(self.last_row, int(found[2]))
        self.end = offset + ends
        # The rightmost cell of every row; three letters name the last column there is.
        starts = {
            row[(at := row.rfind(CELL) + len(CELL)) : at + 3] for row in text.split(b"</row>")
        }
        if max(map(column_number, starts)) > self.columns:
            self._widen(text, job)

    def _widen(self, text: bytes, job: Job) -> None:
        for found in FILLED_CELL.finditer(text):
            if found[0].endswith(b"/>"):
                continue
            self.columns = max(self.columns, column_number(found[1]))
            if self.columns > job.max_columns:
                raise Refused(
                    "far_column", cell=(found[1] + found[2]).decode(), limit=job.max_columns
                )

    def check(self, job: Job) -> None:
        """Raise Refused if the rectangle does not fit in memory."""
        rectangle = self.last_row * self.columns
        if rectangle * CELL_BYTES > job.memory:
            if self.cells * 10 > rectangle:
                raise Refused("sheet_memory")
            cell = f"{column_letters(self.columns)}{self.last_row}"
            raise Refused("far_row", cell=cell, cells=self.cells)


def measure(archive: zipfile.ZipFile, info: zipfile.ZipInfo, job: Job, until: int = 0) -> Extent:
    """Return what the filled cells of the sheet span, or those before byte `until` of it.

    Raises Refused if they reach too far.
    """
    extent, tail = Extent(), b""
    for block in unpacked(archive, info):
        wanted = block[: max(until - extent.size, 0)] if until else block
        text = tail + wanted
        # The last cell of a block may be cut: it waits for the next one. A piece without any cell
        # that is longer than a cell can be is no cell, so it need not wait.
        cut = text.rfind(b"<c ")
        cut = cut if cut > 0 else max(len(text) - 64, 0)
        extent.add(text[:cut], extent.size - len(tail), job)
        tail = text[cut:]
        extent.size += len(wanted)
    extent.add(tail, extent.size - len(tail), job)
    extent.check(job)
    return extent


def row_end(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, rows: int = 0, after: int = 0
) -> int:
    """Return the byte after the first `</row>` past offset `after` with `rows` rows before it."""
    offset, tail = 0, b""
    for block in unpacked(archive, info):
        text = tail + block
        position = max(after - offset, 0)
        while (position := text.find(b"</row>", position)) >= 0:
            position += len(b"</row>")
            rows -= 1
            if rows <= 0:
                return offset + position
        tail = text[1 - len(b"</row>") :]
        offset += len(text) - len(tail)
    return 0
