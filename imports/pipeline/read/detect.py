"""How a file is to be read: found from its content, overruled by the operator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from imports.pipeline.read import source, text, workbook
from imports.pipeline.read.dialect import DELIMITERS, Detected, Dialect, check_overrides
from imports.pipeline.read.errors import FileRefused
from imports.pipeline.read.header import (
    HEADER_WITHIN,
    Known,
    commonest_width,
    find_header,
    separator_score,
    trimmed,
)
from imports.pipeline.read.kinds import UTF16_MARKS, format_of
from imports.pipeline.read.records import all_records
from imports.pipeline.rows import RawRow

PREVIEW_ROWS = 200
SAMPLE_ROWS = PREVIEW_ROWS + HEADER_WITHIN


def detect(
    path: Path, *, filename: str, known: Known, overrides: dict[str, Any] | None = None
) -> Detected:
    """Return how to read a file and what its first rows are.

    `known` says whether a cell is the name of a column. `overrides` may fix `encoding`,
    `delimiter`, `sheet` and `header_row` (0: no header). The content decides what a file is;
    `filename` decides only what the content leaves open. Raises FileRefused.
    """
    chosen = {name: value for name, value in (overrides or {}).items() if value is not None}
    check_overrides(chosen)
    if format_of(path) == "xlsx":
        sheets = workbook.sheets_of(path)
        sheet = chosen.get("sheet") or workbook.first_filled(path, sheets).name
        sample = _sample(workbook.records(path, sheet, rows=SAMPLE_ROWS))
        names, dialect = [each.name for each in sheets], Dialect(format="xlsx", sheet=sheet)
    else:
        encoding = find_encoding(path, chosen.get("encoding"))
        delimiter, sample = _find_separator(path, encoding, known, filename, chosen)
        names, dialect = [], Dialect(encoding=encoding, delimiter=delimiter)
    if sample.refused:
        raise sample.refused
    if not sample.rows:
        raise FileRefused("empty")
    wanted = chosen.get("header_row")
    line = find_header(sample.rows, known) if wanted is None else int(wanted)
    return _described(path, dialect, names, sample.rows, line)


def find_encoding(path: Path, chosen: str | None = None) -> str:
    """Return the encoding of a text file: its byte order mark, else UTF-8, else Windows-1251.

    The whole file must decode; raises FileRefused naming the first place that does not. Guessing
    from letters is not tried: it takes a Windows-1251 guest list for Johab.
    """
    with path.open("rb") as file:
        mark = file.read(3)
    marked = "utf-8-sig" if mark == b"\xef\xbb\xbf" else ""
    marked = "utf-16" if mark.startswith(UTF16_MARKS) else marked
    encoding = chosen or marked
    if encoding == "utf-8" and marked == "utf-8-sig":
        encoding = marked
    if not encoding:
        encoding = "utf-8" if source.is_text(path, "utf-8") else "windows-1251"
    source.check_text(path, encoding)
    return encoding


@dataclass
class _Sample:
    """The first rows of a file, and what stopped the reading of them."""

    rows: list[RawRow] = field(default_factory=list)
    refused: FileRefused | None = None

    @property
    def has_too_many_columns(self) -> bool:
        return self.refused is not None and self.refused.code == "too_many_columns"


def _sample(rows: Iterator[RawRow]) -> _Sample:
    sample = _Sample()
    try:
        for row in islice(rows, SAMPLE_ROWS):
            sample.rows.append(row)
    except FileRefused as refused:
        sample.refused = refused
    return sample


def _find_separator(
    path: Path, encoding: str, known: Known, filename: str, chosen: dict[str, Any]
) -> tuple[str, _Sample]:
    forced = chosen.get("delimiter") or text.named_separator(path, encoding)
    candidates = [forced] if forced else list(DELIMITERS)
    if filename.lower().endswith((".tsv", ".tab")):
        candidates.reverse()
    samples = {each: _sample(text.records(path, encoding, each)) for each in candidates}

    def score(delimiter: str) -> tuple[int, float, bool]:
        sample = samples[delimiter]
        # A separator that is not the file's breaks quoted cells apart; it does not win by that.
        return *separator_score(sample.rows, known), sample.refused is None

    best = max(candidates, key=score)
    if commonest_width(samples[best].rows)[0] <= 1:
        # Nothing separates the rows but what has been refused for separating too much.
        best = next((each for each in candidates if samples[each].has_too_many_columns), best)
    return best, samples[best]


def _described(
    path: Path, dialect: Dialect, sheets: list[str], rows: list[RawRow], line: int
) -> Detected:
    """Put together what was found; `line` is where the header was found or is wanted."""
    # The row asked for may be blank: the header is then the next that is not.
    header = next((row for row in rows if line and row.line >= line), None)
    dialect = replace(dialect, header_row=header.line if header else line)
    preview = [row for row in rows if row.line > dialect.header_row][:PREVIEW_ROWS]
    if not preview:
        _require_row(path, dialect)
    width = commonest_width(preview or rows)[0]
    return Detected(
        dialect=dialect,
        sheets=sheets,
        header=trimmed(header.cells) if header else None,
        preview=preview,
        top=rows[:HEADER_WITHIN],
        width=len(trimmed(header.cells)) if header else width,
    )


def _require_row(path: Path, dialect: Dialect) -> None:
    """Raise FileRefused unless there is a row under the header, further down than the sample."""
    for row in all_records(path, dialect):
        if row.line > dialect.header_row:
            return
    raise FileRefused("no_rows", line=dialect.header_row)
