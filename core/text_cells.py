"""Text in the cells of a workbook, such that it is read back letter by letter."""

from __future__ import annotations

import re

from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from core.formula import guard

# What XML cannot hold or would change, and an underscore that begins what looks like an escape.
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")
# Code points that are no characters: no XML has them, and no escape stands for them.
_NOWHERE = re.compile("[\ufffe\uffff]")


def text_cell(sheet: WriteOnlyWorksheet, value: str) -> WriteOnlyCell | None:
    """Return a cell that is text whatever it looks like: no formula, no number, no #N/A.

    Characters that have no place in XML are written as the format has it: _x000D_. Guarded all
    the same (core.formula), for the sheet may be saved as .csv, and the reader of
    either format takes the guard off again. None stands for an empty cell.
    """
    if not value:
        return None
    value = guard(value)
    cell = WriteOnlyCell(sheet, _ESCAPED.sub(_escape, _NOWHERE.sub("", value)))
    cell.data_type, cell.number_format = "s", "@"
    return cell


def _escape(match: re.Match[str]) -> str:
    return f"_x{ord(match[0]):04X}_"
