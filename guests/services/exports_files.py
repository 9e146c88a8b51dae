"""Files of guests: rows of any values written as .csv or .xlsx, safe to open in a spreadsheet.

Text that would start a formula is quoted (core.formula); numbers and dates are numbers and dates
where the format knows them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.formula import guard
from guests.models import GuestExport

#: Cells as a list of columns gives them: text, numbers, dates, or None; times in any zone.
Row = Sequence[Any]
Rows = Iterable[Row]

#: A sheet has no more rows than these.
SHEET_ROWS = 1_048_576

CONTENT_TYPES = {
    GuestExport.Format.CSV: "text/csv",
    GuestExport.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class TooManyGuests(Exception):
    """A workbook cannot hold them all."""

    def __str__(self) -> str:
        return _("A sheet holds 1,048,575 guests, and there are more. Choose CSV.")


def write(rows: Rows, target: IO[bytes], format: str) -> None:
    """Write the rows, of which the first is the header. Raises TooManyGuests."""
    _WRITERS[format](rows, target)


def write_csv(rows: Rows, target: IO[bytes]) -> None:
    """Write UTF-8 with its mark, by which Excel knows it, and commas."""
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_as_text(value) for value in row])
    text.detach()


def write_xlsx(rows: Rows, target: IO[bytes]) -> None:
    """Write a workbook: numbers and dates are that, and all else is text whatever it looks like."""
    # Loaded with the first workbook: no page and no .csv needs it.
    from openpyxl import Workbook

    from guests.services.exports_cells import cell_of

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Guests"))
    try:
        for count, row in enumerate(rows, start=1):
            if count > SHEET_ROWS:
                raise TooManyGuests
            sheet.append([cell_of(sheet, value) for value in row])
    except BaseException:
        # It writes to a file of its own, which is open until then.
        sheet.close()
        raise
    book.save(target)


_WRITERS: dict[str, Callable[[Rows, IO[bytes]], None]] = {
    GuestExport.Format.CSV: write_csv,
    GuestExport.Format.XLSX: write_xlsx,
}


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bool | int):
        return str(value)
    return guard(str(value))
