"""The files to begin with: an empty table with the columns that can be imported, explained.

Made from the column declarations, so that what a template asks for is what the import reads. Its
header is the columns' keys, its one row an example that is replaced.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from core.formula import guard
from imports.columns import BALANCES, GUESTS, ORDERS, Column, FileKind

TITLES = {GUESTS.key: _("Guests"), BALANCES.key: _("Balances"), ORDERS.key: _("Orders")}

May = Callable[[str], bool]


def template_csv(*, may: May = lambda permission: False, kind: FileKind = GUESTS) -> bytes:
    """Return the template as .csv: UTF-8 with its mark, by which Excel knows it, and commas.

    `may` says whether its reader has a permission: columns one may not import are left out.
    """
    columns = _columns(may, kind)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(column.key_at(1) for column in columns)
    writer.writerow(guard(column.row_example) for column in columns)
    return text.getvalue().encode("utf-8-sig")


def template_xlsx(*, may: May = lambda permission: False, kind: FileKind = GUESTS) -> bytes:
    """Return the template as a workbook: the table, and a sheet that explains every column."""
    # Loaded with the first workbook: no page and no .csv needs it.
    from imports.template_book import template_book

    return template_book(_columns(may, kind), kind, title=str(TITLES[kind.key]))


def _columns(may: May, kind: FileKind) -> list[Column]:
    columns = kind.columns.values()
    return [column for column in columns if not column.permission or may(column.permission)]
