"""Read one sheet and write its rows to standard output.

Argument: a `Job` as JSON. Output: lines of JSON. A list is a batch of rows, each `[row, cells]`
with the row of the sheet from 1; the last line is an object, `{"refused": code, "params": {...}}`
or `{"end": rows, "peak_kb": resident memory}`. No last line: the process died.
"""

from __future__ import annotations

import io
import json
import math
import os
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from .error_cells import ErrorCells
from .extent import measure, row_end
from .job import Job, Refused
from .unpack import unpacked

BATCH_ROWS = 500
# What Excel's format allows in a cell.
MAX_CELL = 32_767
# calamine walks through rows that are only formatted; when more than this follows the last filled
# cell it gets a copy of the workbook without them.
PHANTOM_BYTES = 8 * 1024 * 1024


def workbook_file(job: Job) -> tuple[BinaryIO, ErrorCells]:
    """Return the workbook, checked, and cut where only part of the sheet is wanted or filled; and
    which cells of the sheet show errors.
    """
    with zipfile.ZipFile(job.path) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        sheet = infos.pop(job.member)
        others = [info for info in infos.values() if _is_opened(info.filename)]
        end = row_end(archive, sheet, rows=job.rows) if job.rows else 0
        extent = measure(archive, sheet, job, until=end)
        if extent.size - extent.end > PHANTOM_BYTES:
            end = row_end(archive, sheet, after=extent.end)
        if end:
            return _cut_copy(archive, others, sheet, end), extent.errors
        for info in others:
            for _block in unpacked(archive, info):
                pass
    return Path(job.path).open("rb"), extent.errors


def _is_opened(name: str) -> bool:
    """Whether calamine may open this part whichever sheet it is asked for."""
    lower = name.lower().replace("\\", "/")
    return lower.endswith((".xml", ".rels")) and not lower.startswith(
        ("xl/worksheets/", "xl/drawings/", "xl/pivot", "xl/charts/", "customxml/")
    )


def _cut_copy(
    archive: zipfile.ZipFile, others: list[zipfile.ZipInfo], sheet: zipfile.ZipInfo, end: int
) -> BinaryIO:
    """Return a workbook in memory whose sheet stops after `end` bytes, the end of a row."""
    copied = io.BytesIO()
    with zipfile.ZipFile(copied, "w") as short:
        for info in others:
            short.writestr(info.filename, b"".join(unpacked(archive, info)))
        with short.open(sheet.filename, "w") as part:
            for block in unpacked(archive, sheet):
                part.write(block[:end])
                end -= len(block)
                if end <= 0:
                    break
            part.write(b"</sheetData></worksheet>")
    copied.seek(0)
    return copied


def as_text(value: object) -> str:
    """Return a typed cell as the text that a .csv of the same sheet should hold.

    Whole numbers lose the ".0" of the float; from 1e15 on a float has lost digits, and stays in a
    form that says so ("4.42079460958E+15"). Dates are ISO. A boolean is its word: as a 1 it would
    be an amount, too, or a sex.
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, str | timedelta) else ""


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ""
    if abs(value) >= 1e15:
        digits, exponent = f"{value:.14E}".split("E")
        return f"{digits.rstrip('0').rstrip('.')}E{exponent}"
    if value == int(value):
        return str(int(value))
    # Fifteen digits are what a spreadsheet shows: 0.1 + 0.2 is 0.3.
    return format(Decimal(f"{value:.15g}"), "f")


def read_sheet(job: Job) -> tuple[int, Iterator[list[Any]], ErrorCells]:
    """Return how many columns at the left are empty, and the rows of typed cells without them; and
    the cells with errors, which are empty there.

    calamine leaves out empty columns before the first filled one, but not empty rows.
    """
    import python_calamine as calamine

    try:
        file, errors = workbook_file(job)
        with file:
            sheet = calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_name(job.sheet)
    except calamine.PasswordError as error:
        raise Refused("encrypted") from error
    except (calamine.CalamineError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Refused("damaged") from error
    row, column = sheet.start or (0, 0)
    width = column + sheet.width
    if width > job.max_columns:
        raise Refused("too_many_columns", line=row + 1, count=width, limit=job.max_columns)
    return column, sheet.iter_rows(), errors


def batches(job: Job) -> Iterator[list[tuple[int, list[str]]]]:
    """Yield the rows of the sheet that are not blank, with their numbers. Raises Refused."""
    empty_columns, rows, errors = read_sheet(job)
    left = [""] * empty_columns
    batch: list[tuple[int, list[str]]] = []
    for number, row in enumerate(rows, 1):
        cells = [value if type(value) is str else as_text(value) for value in row]
        if errors:
            errors.put_into(number, cells, first=empty_columns)
        if any(map(str.strip, cells)):
            batch.append((number, left + cells))
            if len(batch) == BATCH_ROWS:
                yield batch
                batch = []
    yield batch


def _checked_line(batch: list[tuple[int, list[str]]]) -> bytes:
    line = json.dumps(batch, separators=(",", ":")).encode()
    if len(line) > MAX_CELL:
        for number, cells in batch:
            if max(map(len, cells)) > MAX_CELL:
                raise Refused("cell_too_long", line=number, limit=MAX_CELL)
    if b"\\u0000" in line:
        for number, cells in batch:
            if any("\0" in cell for cell in cells):
                raise Refused("nul_bytes", line=number)
    return line + b"\n"


def limit(job: Job) -> None:
    """Bound what this process may take. The kernel enforces it, whatever calamine does."""
    resource.setrlimit(resource.RLIMIT_AS, (job.memory, job.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (job.seconds, job.seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read the sheet of the job in the first argument and write it to standard output."""
    job = Job(**json.loads(sys.argv[1]))
    limit(job)
    output = sys.stdout.buffer
    rows = 0
    try:
        for batch in batches(job):
            output.write(_checked_line(batch))
            rows += len(batch)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        last: dict[str, Any] = {"end": rows, "peak_kb": peak}
    except Refused as refused:
        last = {"refused": refused.code, "params": refused.params}
    except MemoryError:
        last = {"refused": "sheet_memory", "params": {}}
    try:
        output.write(json.dumps(last).encode() + b"\n")
        output.flush()
    except BrokenPipeError:
        os._exit(0)  # nobody reads any more, and flushing again at exit would only complain


if __name__ == "__main__":
    main()
