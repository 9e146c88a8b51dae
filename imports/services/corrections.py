"""Cleaning a corrected error file, whose last column says what was wrong."""

from collections.abc import Sequence
from typing import Any

from imports.error_file import holds_remark
from imports.pipeline.clean import Cleaner
from imports.pipeline.rows import CleanRow, RawRow, Reason, Rejected


class CorrectionCleaner(Cleaner):
    """Rejects lines on which the remark stands in another column than its own.

    A line that is too short stands in the error file as it came, with the remark behind its last
    cell. A spreadsheet saves it filled up to the width of the others: then it is no longer too
    short, and the remark would be read as a guest's name.
    """

    def __init__(self, *args: Any, table_width: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self._table_width = table_width

    def clean_many(self, rows: Sequence[RawRow]) -> list[CleanRow | Rejected]:
        off = {row.line: self._misplaced(row) for row in rows if self._is_off(row)}
        if not off:
            return super().clean_many(rows)
        others = super().clean_many([row for row in rows if row.line not in off])
        return sorted([*others, *off.values()], key=lambda row: row.line)

    def _is_off(self, row: RawRow) -> bool:
        # One that is of another width still is told so.
        inside = row.cells[: self._table_width]
        return holds_remark(inside) and self._mapper.misfit(row) is None

    def _misplaced(self, row: RawRow) -> Rejected:
        return Rejected(row.line, row.cells, [Reason("remark_misplaced", "", "", {})])
