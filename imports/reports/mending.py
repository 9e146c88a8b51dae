"""The failed rows as a table to edit in place, and what was typed into it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from imports.error_file import remark_place, sentences
from imports.models import ImportJob, ImportRow
from imports.reports.file import column_label, letter

_input_name = re.compile(r"cell-([0-9]{1,10})-([0-9]{1,4})").fullmatch


def table(job: ImportJob, rows: Sequence[ImportRow]) -> dict[str, Any]:
    """Return what imports/mend.html shows: every cell with an input, as wide as the widest row.

    Of a correction not what was wrong the time before, which stood in the last column.
    """
    width = max([job.width, *(len(_cells(row)) for row in rows)])
    remark = remark_place(job)
    labels = {place: _label(job, place) for place in range(width) if place != remark}
    return {
        "header": [{"label": label} for label in labels.values()],
        "rows": [
            {"line": row.line, "reasons": sentences(row), "cells": _inputs(job, row, labels)}
            for row in rows
        ],
    }


def typed(data: Mapping[str, str], rows: Sequence[ImportRow]) -> dict[int, list[str]]:
    """Return the cells of each of the rows by line, with what was typed into the table.

    A cell that was not edited stays as it was in the file, line breaks included, which inputs do
    not keep. A row that was too short keeps its width while nothing is typed into it: only then
    does it fail again and not land in the wrong fields.
    """
    by_line: dict[int, dict[int, str]] = {}
    for name, value in data.items():
        if match := _input_name(name):
            by_line.setdefault(int(match[1]), {})[int(match[2])] = value
    return {
        row.line: _merged(_cells(row), by_line[row.line]) for row in rows if row.line in by_line
    }


def _cells(row: ImportRow) -> list[str]:
    return row.cells or []


def _label(job: ImportJob, place: int) -> str:
    if place < job.width:
        return column_label(job, place)
    return _("Beyond the last column (%(letter)s)") % {"letter": letter(place)}


def _inputs(job: ImportJob, row: ImportRow, labels: Mapping[int, str]) -> list[dict[str, Any]]:
    keys = [key for _code, key, *_rest in row.reasons or ()]
    wrong = {job.mapping.index(key) for key in keys if key in job.mapping}
    cells = dict(enumerate(_cells(row)))
    return [
        {
            "name": f"cell-{row.line}-{place}",
            "value": cells.get(place, ""),
            "label": label,
            "wrong": place in wrong,
        }
        for place, label in labels.items()
    ]


def _merged(cells: list[str], inputs: Mapping[int, str]) -> list[str]:
    width = max(len(cells), max(inputs) + 1)
    merged = list(cells) + [""] * (width - len(cells))
    edited = False
    for place, value in inputs.items():
        if value != _as_input(merged[place]):
            merged[place], edited = value, True
    return merged if edited else list(cells)


def _as_input(cell: str) -> str:
    """Return a cell as a browser hands it back from a one-line input that nobody touched."""
    return re.sub(r"[\r\n]", "", cell)
