"""Why a file as a whole cannot be read, in sentences that say what to do about it."""

from __future__ import annotations

from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext, gettext_lazy as _, ngettext_lazy

# What a file is when it is not a table. The keys are the parameter `kind` of "wrong_kind".
KINDS = {
    "archive": _("an archive (.zip)"),
    "binary": _("a binary file"),
    "docx": _("a Word document"),
    "gzip": _("a compressed file (.gz)"),
    "html": _("a web page (HTML)"),
    "image": _("a picture"),
    "numbers": _("an Apple Numbers document"),
    "ods": _("an OpenDocument spreadsheet (.ods)"),
    "ole": _("an old Office document"),
    "pdf": _("a PDF document"),
    "pptx": _("a presentation"),
    "program": _("a program"),
    "rar": _("an archive (.rar or .7z)"),
    "rtf": _("a text document (.rtf)"),
    "sqlite": _("a database (SQLite)"),
    "xls": _("an old Excel workbook (.xls)"),
    "xlsb": _("a binary Excel workbook (.xlsb)"),
    "xml": _("an XML file"),
}

MESSAGES = {
    # Any file
    "empty": _("The file is empty: it has no row with anything in it."),
    "too_large": _("The file is larger than %(limit)s. Split it and upload the parts one by one."),
    "no_rows": _("There are no rows under the header in line %(line)s."),
    "other_columns": _("It has other columns when it is read so."),
    "too_many_columns": _(
        "Line %(line)s has %(count)s columns; a file may have %(limit)s. "
        "Remove the columns that are not needed."
    ),
    "cell_too_long": _(
        "A cell in line %(line)s is longer than %(limit)s characters. Shorten it and try again."
    ),
    "wrong_kind": _(
        "This is %(kind)s. Save the table as .xlsx or .csv in the program that made the file, "
        "and upload that."
    ),
    # Text
    "line_too_long": _(
        "Line %(line)s is longer than %(limit)s. A .csv file has one row on a line."
    ),
    "quote_unclosed": _(
        'The quote (") that opens in line %(line)s is not closed where its cell should end. '
        "Close it or remove it: it takes the lines that follow into one cell."
    ),
    "nul_bytes": _(
        "Line %(line)s holds a NUL byte, which no text file has. "
        "Export the file again, as .csv in UTF-8."
    ),
    "undecodable": _(
        "The file is not %(encoding)s text: line %(line)s cannot be read (at byte %(offset)s). "
        "Choose another encoding, or save the file as UTF-8."
    ),
    "unknown_encoding": _("The encoding %(encoding)s is not known."),
    "unknown_delimiter": _("A separator is a comma, a semicolon or a tab, not “%(delimiter)s”."),
    # Workbooks
    "encrypted": _(
        "The workbook is protected with a password. Remove the password in Excel "
        "(File > Info > Protect Workbook) and upload it again."
    ),
    "damaged": _(
        "The workbook is damaged and cannot be opened. Open it in Excel, save it under a new name "
        "and upload that."
    ),
    "zip_bomb": _(
        "The workbook would take %(size)s when unpacked; %(limit)s are allowed. "
        "Save the sheet with the table as .csv and upload that, or have whoever runs Regulars "
        "raise IMPORT_MAX_UNCOMPRESSED_BYTES."
    ),
    "zip_lies": _(
        "The workbook holds more than it declares in its part %(part)s. It was not opened."
    ),
    "xml_entities": _(
        "Part %(part)s of the workbook declares a document type, which no spreadsheet program "
        "writes. It was not opened."
    ),
    "no_sheets": _("The workbook has no sheet with cells."),
    "sheet_missing": _("The workbook has no sheet “%(sheet)s”. It has: %(sheets)s."),
    "far_column": _(
        "Cell %(cell)s is beyond column %(limit)s, the last that is read. "
        "Clear the cells outside the table and save the workbook again."
    ),
    "far_row": ngettext_lazy(
        "Cell %(cell)s lies far outside the table: only %(cells)s cell of the sheet is filled. "
        "Clear the cells outside the table and save the workbook again.",
        "Cell %(cell)s lies far outside the table: only %(cells)s cells of the sheet are filled. "
        "Clear the cells outside the table and save the workbook again.",
        "cells",
    ),
    "sheet_memory": _(
        "The sheet is too large to be read as a workbook. Save it as .csv and upload that, or "
        "have whoever runs Regulars raise IMPORT_SHEET_MEMORY_BYTES."
    ),
    "sheet_time": ngettext_lazy(
        "Reading the workbook took longer than %(seconds)s second. Save the sheet as .csv and "
        "upload that, or have whoever runs Regulars raise IMPORT_SHEET_SECONDS.",
        "Reading the workbook took longer than %(seconds)s seconds. Save the sheet as .csv and "
        "upload that, or have whoever runs Regulars raise IMPORT_SHEET_SECONDS.",
        "seconds",
    ),
}


class FileRefused(Exception):
    """A file cannot be read at all; nothing of it may be imported.

    `code` is a key of MESSAGES, `params` are its values and can be stored as JSON. `str()` is the
    sentence in the language that is active when it is asked for.
    """

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code, params)

    def __str__(self) -> str:
        return describe(self.code, self.params)


def describe(code: str, params: dict[str, Any]) -> str:
    """Return the sentence of a refusal that was stored as code and parameters."""
    shown = dict(params)
    if code == "wrong_kind":
        shown["kind"] = KINDS[params["kind"]]
    if code in ("zip_bomb", "too_large", "line_too_long"):
        sizes = {name: filesizeformat(size) for name, size in params.items() if name != "line"}
        shown |= sizes
    return gettext("The file cannot be read.") if code not in MESSAGES else MESSAGES[code] % shown
