"""The error file: the lines to be mended, as they came, each with what was wrong.

Made from the ImportRows when somebody asks for it, never stored. Corrected and uploaded again it
needs no new mapping: the columns are those of the upload, and one more that is left out.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from typing import IO

from django.utils.translation import get_language, gettext

from core.formula import guard
from imports.models import ImportJob, ImportRow
from imports.pipeline.read import Dialect
from imports.pipeline.rows import Reason
from imports.reasons import describe, reason_text

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Every heading the last column ever had: a file of any of them is recognised.
ERROR_HEADINGS = ("What was wrong", "Что не так")
#: Of so many lines the remarks are looked for in a correction.
REMARKS_KNOWN = 2_000


def error_heading() -> str:
    """Return the heading of the column that says what was wrong."""
    return gettext("What was wrong")


def without_error_column(header: Sequence[str]) -> list[str]:
    """Return a header without the column that an error file adds."""
    cells = list(header)
    if cells and cells[-1].strip() in {*ERROR_HEADINGS, error_heading()}:
        cells.pop()
    return cells


def filename(job: ImportJob, suffix: str) -> str:
    """Return a name that says which import the errors are of."""
    stem = re.sub(r"[^\w.-]+", "-", PurePosixPath(job.filename).stem).strip("-.") or "import"
    return f"{stem[:80]}-errors-{job.number}.{suffix}"


def csv_lines(job: ImportJob) -> Iterator[bytes]:
    """Yield the error file as .csv, in the separator and the encoding of the upload.

    A workbook's errors get what spreadsheet programs open without asking: UTF-8 with its mark.
    """
    dialect = Dialect.from_json(job.dialect)
    encoding, delimiter = "utf-8-sig", dialect.delimiter
    if dialect.format == "csv":
        encoding = dialect.encoding
    first = True
    for row in _table(job):
        line = io.StringIO()
        csv.writer(line, delimiter=delimiter, lineterminator="\r\n").writerow(map(guard, row))
        # The mark belongs at the start of the file only.
        codec = encoding if first else {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding)
        yield line.getvalue().encode(codec or encoding, errors="replace")
        first = False


def write_xlsx(job: ImportJob, target: IO[bytes]) -> None:
    """Write the error file as a workbook whose every cell is text."""
    # Loaded with the first workbook: no page and no .csv needs it.
    from openpyxl import Workbook

    from core.text_cells import text_cell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(gettext("Errors"))
    for row in _table(job):
        sheet.append([text_cell(sheet, cell) for cell in row])
    book.save(target)


def download(job: ImportJob) -> tuple[str, str, Iterable[bytes]]:
    """Return name, content type and content of the error file, in the format of the upload."""
    if Dialect.from_json(job.dialect).format == "csv":
        return filename(job, "csv"), "text/csv", csv_lines(job)
    target = TemporaryFile()  # noqa: SIM115 - closed by the response that streams it
    write_xlsx(job, target)
    target.seek(0)
    return filename(job, "xlsx"), XLSX, target


def mended_csv(job: ImportJob, rows: Iterable[Sequence[str]]) -> bytes:
    """Return mended lines as a .csv (UTF-8, commas) with the upload's header, if it had one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if job.header is not None:
        writer.writerow(map(guard, job.header))
    writer.writerows([guard(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def table_width(job: ImportJob) -> int:
    """Return how many columns the upload has, without the remark of an error file."""
    if job.header is not None:
        return len(without_error_column(job.header))
    width = len(job.mapping)
    # Without a header nothing names the remark, but what the file corrects has one column less.
    if job.corrects is not None and width == table_width(job.corrects) + 1:
        return width - 1
    return width


def remark_place(job: ImportJob) -> int | None:
    """Return in which column of the upload the remark of an error file stands; None in no other."""
    width = table_width(job)
    return width if width < len(job.mapping) else None


def has_remarks(corrects: ImportJob, rows: Iterable[Sequence[str]]) -> bool:
    """Whether rows without a header, uploaded to correct an import, still have its remarks.

    A row is one cell wider by its remark, or because it was too wide from the start: where there
    were such rows only the remarks themselves tell.
    """
    width = table_width(corrects)
    lines = ImportRow.objects.filter(job_id=corrects.pk).to_mend().in_file_order()[:REMARKS_KNOWN]
    cells = [_cells(corrects, line, width) for line in lines]
    known = {_remark(line) for line in lines}
    too_wide = any(len(each) == width + 1 for each in cells)
    return any(known.intersection(row) or (len(row) == width + 1 and not too_wide) for row in rows)


def _table(job: ImportJob) -> Iterator[list[str]]:
    """Yield the rows of the file: the header, if the upload had one, then the lines to be mended.

    A line that is too short is not filled up: uploaded again unmended, it must fail again.
    """
    if job.header is not None:
        yield [*without_error_column(job.header), error_heading()]
    lines = ImportRow.objects.filter(job_id=job.pk).to_mend().in_file_order()
    width = table_width(job)
    for row in lines.iterator(chunk_size=2_000):
        yield [*_cells(job, row, width), _remark(row)]


def _cells(job: ImportJob, row: ImportRow, width: int) -> list[str]:
    """Return the cells of a line, of an error file that was uploaded again without its remark."""
    cells: list[str] = row.cells or []
    if len(job.mapping if job.header is None else job.header) == width:
        return cells
    if len(cells) == width + 1 or _of_width(cells[-1]):
        return cells[:-1]
    if len(cells) == width:
        # The line lost a cell. The new remark must not make up for it: nobody knows which.
        return [*cells, ""]
    return cells


def holds_remark(cells: Sequence[str]) -> bool:
    """Whether one of the cells is the remark on a line of another width than the table's."""
    return any(map(_width_remark(get_language() or ""), cells))


def _of_width(cell: str) -> bool:
    """Whether a cell is the remark on a line of another width than the table's."""
    return _width_remark(get_language() or "")(cell) is not None


@lru_cache
def _width_remark(language: str) -> Callable[[str], re.Match[str] | None]:
    """Return what recognises such a remark in the active language, in each form of its plural."""
    sentences = (describe("wrong_width", {"found": n, "expected": 0}) for n in (0, 1, 2, 5))
    patterns = (re.sub("[0-9]+", "[0-9]+", re.escape(sentence)) for sentence in sentences)
    return re.compile("|".join(dict.fromkeys(patterns))).fullmatch


def _remark(row: ImportRow) -> str:
    return "; ".join(sentences(row))


def sentences(row: ImportRow) -> list[str]:
    """Return everything there is to say about a line, each as a sentence."""
    return [reason_text(Reason(*stored)) for stored in (*(row.reasons or ()), *(row.notes or ()))]
