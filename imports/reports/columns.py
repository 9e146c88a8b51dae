"""The columns of a file with samples of what is in them, each beside the field it goes to."""

from typing import Any

from django.utils.translation import gettext as _

from core.texts import isolated
from guests.normalize import fold
from imports.forms import MappingForm
from imports.models import ColumnMapping, ImportJob
from imports.reports.file import column_name, letter, reading
from imports.services.fitting import fit, quoted
from imports.services.mappings import differences
from imports.services.previews import Preview
from imports.services.uploads import saved_mappings

ROWS_SHOWN = 5
SAMPLES_SHOWN = 3


def columns_shown(job: ImportJob, form: MappingForm, looked: Preview) -> list[dict[str, Any]]:
    """Return what imports/columns.html shows of each column."""
    return [
        {
            "number": place + 1,
            "letter": letter(place),
            "name": column_name(job, place),
            "samples": looked.samples(place, SAMPLES_SHOWN),
            "field": form[form.column_name(place)],
        }
        for place in range(job.width)
    ]


def mappings_shown(job: ImportJob) -> list[dict[str, Any]]:
    """Return what imports/columns.html shows of the saved mappings that fit the file.

    Of several that come to the same the first one is the one in use.
    """
    shown: list[dict[str, Any]] = []
    for mapping in saved_mappings(job):
        found = fit(mapping, job)
        is_used = found.mapping == job.mapping and not any(each["is_used"] for each in shown)
        differs = bool(differences(mapping, job))
        shown.append(
            {
                "mapping": mapping,
                "is_used": is_used,
                "reading": reading(mapping.dialect) if differs else "",
                "unknown": quoted(found.unknown),
            }
        )
    return shown


def other_columns(mapping: ColumnMapping, why: str) -> str:
    """Return the sentence for a file whose columns a mapping does not fit, and why not."""
    text = _("“%(name)s” does not fit the columns of this file. %(why)s")
    return text % {"name": isolated(mapping.name), "why": why}


def left_out(mapping: ColumnMapping, unknown: list[str]) -> str:
    """Return the sentence for columns that a mapping which fits does not know."""
    text = _("“%(name)s” does not know these columns, and they are not imported: %(columns)s.")
    return text % {"name": isolated(mapping.name), "columns": quoted(unknown)}


def called_alike(job: ImportJob) -> str:
    """Return the sentence for columns left out because another is called the same; or ""."""
    taken = {fold(name) for name, key in zip(job.header or (), job.mapping, strict=False) if key}
    left = [
        place
        for place, (name, key) in enumerate(zip(job.header or (), job.mapping, strict=False))
        if key is None and fold(name) in taken
    ]
    if not left:
        return ""
    text = _(
        "Another column is called the same, and these are not imported: %(columns)s. Choose by "
        "--columns if it is the wrong one."
    )
    columns = (f"{letter(place)} “{isolated(column_name(job, place))}”" for place in left)
    return text % {"columns": ", ".join(columns)}


def unfit(mapping: ColumnMapping, why: str) -> str:
    """Return the sentence for a file that cannot be read as the mapping says, and why not."""
    text = _("The file cannot be read as “%(name)s” says (%(reading)s). %(why)s")
    return text % {"name": isolated(mapping.name), "reading": reading(mapping.dialect), "why": why}


def rows_shown(job: ImportJob, looked: Preview) -> list[dict[str, Any]]:
    """Return the first rows as they are read; a short one is filled up, to stand in its table."""
    return [
        {"line": row.line, "cells": row.cells + [""] * (job.width - len(row.cells))}
        for row in looked.rows[:ROWS_SHOWN]
    ]
