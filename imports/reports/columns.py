"""The columns of a file with samples of what is in them, each beside the field it goes to."""

from typing import Any

from django.utils.translation import gettext as _

from imports.forms import MappingForm
from imports.models import ColumnMapping, ImportJob
from imports.reports.file import column_name, letter, reading
from imports.services.mappings import differences
from imports.services.previews import Preview

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


def reading_of(mapping: ColumnMapping, job: ImportJob) -> str:
    """Return how a saved mapping says that the file is read, where that differs; else ""."""
    return reading(mapping.dialect) if differences(mapping, job) else ""


def unfit(mapping: ColumnMapping, why: str) -> str:
    """Return the sentence for a file that cannot be read as the mapping says, and why not."""
    text = _("The file cannot be read as “%(name)s” says (%(reading)s). %(why)s")
    return text % {"name": mapping.name, "reading": reading(mapping.dialect), "why": why}


def rows_shown(job: ImportJob, looked: Preview) -> list[dict[str, Any]]:
    """Return the first rows as they are read; a short one is filled up, to stand in its table."""
    return [
        {"line": row.line, "cells": row.cells + [""] * (job.width - len(row.cells))}
        for row in looked.rows[:ROWS_SHOWN]
    ]
