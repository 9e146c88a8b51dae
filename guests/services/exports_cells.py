"""The cells of an exported workbook. Loaded with the first one: openpyxl takes its time."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from core.text_cells import text_cell


def cell_of(sheet: WriteOnlyWorksheet, value: Any) -> WriteOnlyCell | None:
    """Return a number or a date as that, and all else as text; None for nothing."""
    if value is None:
        return None
    shape = ""
    if isinstance(value, datetime):
        # A sheet knows no time zones: what it shows is the time of the company's.
        value, shape = timezone.localtime(value).replace(tzinfo=None), "yyyy-mm-dd hh:mm"
    elif isinstance(value, date):
        shape = "yyyy-mm-dd"
    elif isinstance(value, Decimal):
        shape = "0" if value.as_tuple().exponent == 0 else "0.00##"
    elif isinstance(value, int):
        shape = "0"
    else:
        return text_cell(sheet, str(value))
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = shape
    return cell
