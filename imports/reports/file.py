"""The file of an import in words: its columns, and how it is read."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _

from guests.models import Guest
from imports.columns import COLUMNS, label_of
from imports.models import ImportJob
from imports.pipeline.read import Dialect

ENCODINGS = (("utf-8", _("UTF-8")), ("windows-1251", _("Windows-1251 (Cyrillic)")))
DELIMITERS = ((",", _("Comma")), (";", _("Semicolon")), ("\t", _("Tab")))


def letter(place: int) -> str:
    """Return what a spreadsheet calls the column at `place`, from 0: A, B, ... Z, AA, ..."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def column_name(job: ImportJob, place: int) -> str:
    """Return what the file calls the column at `place`, from 0; "" where it has no name."""
    header = job.header or []
    return header[place].strip() if place < len(header) else ""


def column_label(job: ImportJob, place: int) -> str:
    """Return the name of the column, or its letter."""
    return column_name(job, place) or gettext("Column %(letter)s") % {"letter": letter(place)}


def name_of_key(job: ImportJob, key: str) -> str:
    """Return what the file calls the column of a field; the field's own name where it has none."""
    if not key:
        return ""
    name = column_name(job, job.mapping.index(key)) if key in job.mapping else ""
    return name or label_of(key)


def label_of_guest_field(name: str) -> str:
    """Return what people read for a field of Guest ("member_tier_id")."""
    for column in COLUMNS.values():
        if column.guest_field == name:
            return str(column.label)
    field: Any = Guest._meta.get_field(name.removesuffix("_id"))
    return capfirst(str(field.verbose_name))


def read_as(job: ImportJob) -> str:
    """Return how the file is read, in a line."""
    return reading(job.dialect)


def reading(stored: dict[str, Any]) -> str:
    """Return a stored dialect in a line."""
    dialect = Dialect.from_json(stored)
    if dialect.format == "xlsx":
        parts = [gettext("Workbook"), gettext("sheet “%(sheet)s”") % {"sheet": dialect.sheet}]
    else:
        encoding = dialect.encoding.replace("utf-8-sig", "utf-8")
        parts = [
            str(dict(DELIMITERS)[dialect.delimiter]),
            str(dict(ENCODINGS).get(encoding, encoding.upper())),
        ]
    row = dialect.header_row
    text = gettext("header in row %(row)s") if row else gettext("no header")
    parts.append(text % {"row": row})
    return ", ".join(parts)
