"""The template as a workbook: the table, and a sheet that explains every column.

Loaded with the first one that is asked for: openpyxl takes its time.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext, gettext_lazy as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from imports.columns import GUESTS, Column, FileKind

RULE_TEXTS = {
    "always": _("yes"),
    "if_empty": _("only if empty"),
    "never": _("no, set once"),
}
#: What a cell may be chosen from, by column; whatever else the import understands can be typed.
CHOICES = {
    "sex": ("male", "female", "other"),
    "consent": ("given", "revoked", "unknown"),
    "receive_promo": ("yes", "no"),
    "deleted": ("yes", "no"),
}

_NUMBER_FORMATS = {"text": "@", "date": "yyyy-mm-dd", "amount": "0.00", "plain": "General"}
_LAST_ROW = 1_048_576


def template_book(columns: Sequence[Column], kind: FileKind, *, title: str) -> bytes:
    """Return the workbook, whose first sheet is called `title`.

    Columns of numbers that are names (phones, cards, ids) are text: as numbers Excel would shorten
    them.
    """
    book = Workbook()
    _fill_table(book.active, columns, title=title)
    _fill_explanations(book.create_sheet(gettext("Columns")), columns, kind)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _fill_table(sheet: Worksheet, columns: Sequence[Column], *, title: str) -> None:
    sheet.title = title
    sheet.append([column.key_at(1) for column in columns])
    _make_header(sheet)
    for place, column in enumerate(columns, start=1):
        letter = get_column_letter(place)
        number_format = _NUMBER_FORMATS[column.cell_format]
        # The column's format is for the rows that are still to be typed.
        sheet.column_dimensions[letter].number_format = number_format
        sheet.column_dimensions[letter].width = max(
            12, len(column.key) + 2, len(column.row_example) + 2
        )
        cell = sheet.cell(row=2, column=place, value=_typed_example(column))
        # A moment is written with its own format, which has the time in it.
        if type(cell.value) is not datetime:
            cell.number_format = number_format
        if choices := CHOICES.get(column.key):
            _offer(sheet, f"{letter}2:{letter}{_LAST_ROW}", choices)


def _typed_example(column: Column) -> str | date | Decimal | None:
    """Return the example as the kind of cell that its column has."""
    example = column.row_example
    if not example:
        return None
    if column.cell_format == "date":
        moment = datetime.fromisoformat(example)
        return moment if " " in example else moment.date()
    return Decimal(example) if column.cell_format == "amount" else example


def _offer(sheet: Worksheet, cells: str, choices: Sequence[str]) -> None:
    """Let the cells be chosen from a list, without refusing what is typed."""
    validation = DataValidation("list", formula1='"' + ",".join(choices) + '"', allow_blank=True)
    validation.showErrorMessage = False
    validation.add(cells)
    sheet.add_data_validation(validation)


def _fill_explanations(sheet: Worksheet, columns: Sequence[Column], kind: FileKind) -> None:
    head = [
        gettext("Column"),
        gettext("Name"),
        gettext("What it is"),
        gettext("Format"),
        gettext("Example"),
    ]
    rules = [
        gettext("Overwritten by Update?"),
        gettext("Overwritten by Protect personal data?"),
    ]
    # Only of guests there is anything to overwrite.
    sheet.append([*head, *(rules if kind is GUESTS else ())])
    _make_header(sheet)
    for column in columns:
        rules = _rules(column) if kind is GUESTS else []
        sheet.append([*_explanation(column, kind), *rules])
    for letter, width in zip("ABCDEFG", (18, 22, 60, 40, 26, 18, 22), strict=True):
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.number_format = "@"


def _explanation(column: Column, kind: FileKind) -> list[str]:
    name = str(column.label)
    if column.key in kind.needed or kind.finders == (column.key,):
        name = gettext("%(name)s (required)") % {"name": name}
    return [
        column.key_at(1),
        name,
        str(column.help_text),
        str(column.format_text),
        column.example,
    ]


def _rules(column: Column) -> list[str]:
    """Return in words whether either preset overwrites the column."""
    if _is_added(column):
        return [gettext("added")] * 2
    return [str(RULE_TEXTS[rule]) for rule in (column.update_rule, column.protect_rule)]


def _is_added(column: Column) -> bool:
    """Whether a guest may have many of it, so that nothing is overwritten."""
    return column.fixed_rule and column.update_rule == "always"


def _make_header(sheet: Worksheet) -> None:
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.number_format = "@"
    sheet.freeze_panes = "A2"
