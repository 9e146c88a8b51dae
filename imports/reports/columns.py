"""The columns of a file with samples of what is in them, each beside the field it goes to."""

from typing import Any

from imports.forms import MappingForm
from imports.models import ImportJob
from imports.reports.file import column_name, letter
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


def rows_shown(job: ImportJob, looked: Preview) -> list[dict[str, Any]]:
    """Return the first rows as they are read; a short one is filled up, to stand in its table."""
    return [
        {"line": row.line, "cells": row.cells + [""] * (job.width - len(row.cells))}
        for row in looked.rows[:ROWS_SHOWN]
    ]
