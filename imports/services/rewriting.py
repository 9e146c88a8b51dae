"""A kept upload without the lines of somebody who was erased; everybody else's stay where they are.

A line number means the same before and after: error files, a guest's history and Undo speak of
lines. So a line is emptied, never removed. Whatever cannot be written so that it reads as before
is not kept at all.
"""

import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import IO

from guests.traces import Traces
from imports.columns import column_of
from imports.pipeline.read import Dialect, FileRefused
from imports.pipeline.read.records import all_records
from imports.pipeline.rows import RawRow

#: Columns whose cell names a guest by a card or an id.
KEYS = frozenset({"track", "number", "external_id", "member_number"})
#: Characters that are looked through at a time, and how many of them again with the next.
BLOCK, OVERLAP = 1_000_000, 1_000
_END = 10**12


class NotRewritable(Exception):
    """The file cannot be read, or not be written such that it reads as before."""


def key_places(mapping: Sequence[str | None]) -> list[int]:
    """Return the places of the columns that hold cards and ids."""
    return [place for place, key in enumerate(mapping) if key and is_key_column(key)]


def is_key_column(key: str) -> bool:
    """Whether the cells of a column are cards or ids. Of one that no version knows: no."""
    try:
        return column_of(key)[0].key in KEYS
    except KeyError:
        return False


def holds(path: Path, dialect: Dialect, traces: Traces, places: Collection[int]) -> bool:
    """Whether anything of the guest stands in the file: in any part of a workbook, too."""
    if any(traces.contacts.is_in(text) for text in _texts(path, dialect)):
        return True
    if not places or not traces.keys:
        return False
    try:
        return any(traces.is_in_row(row.cells, places) for row in all_records(path, dialect))
    except FileRefused:
        return True


def rewrite(
    path: Path, dialect: Dialect, traces: Traces, places: Collection[int], target: IO[bytes]
) -> int:
    """Write the file to `target` without the guest's lines, and return how many these were.

    Of a workbook the sheet that is imported is kept, and its cells as they were read. `target` is
    a named temporary file. Raises NotRewritable.
    """
    try:
        gone = [
            (row.line, following.line - 1 if following else _END)
            for row, following in _with_following(all_records(path, dialect))
            if traces.is_in_row(row.cells, places)
        ]
        write = _write_sheet if dialect.format == "xlsx" else _write_text
        write(path, dialect, gone, target)
        target.flush()
        _check(path, Path(target.name), dialect, gone)
    except (FileRefused, UnicodeError, ValueError) as error:
        raise NotRewritable(str(error)) from error
    if holds(Path(target.name), dialect, traces, places):
        raise NotRewritable("something of the guest is left")
    return len(gone)


Spans = Sequence[tuple[int, int]]


def _with_following(rows: Iterable[RawRow]) -> Iterator[tuple[RawRow, RawRow | None]]:
    for row, following in pairwise(chain(rows, [None])):
        assert row is not None
        yield row, following


def _write_text(path: Path, dialect: Dialect, gone: Spans, target: IO[bytes]) -> None:
    """Copy the text, physical line by line; of those that go only the line's end stays."""
    left = iter([*gone, (_END, _END)])
    first, last = next(left)
    codec = dialect.encoding
    with path.open("r", encoding=codec, newline="") as text:
        for number, line in enumerate(text, 1):
            while number > last:
                first, last = next(left)
            kept = _line_end(line) if first <= number <= last else line
            # The byte order mark belongs at the start only.
            target.write(_encoded(kept, codec, at_start=number == 1))


def _line_end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _encoded(text: str, codec: str, *, at_start: bool) -> bytes:
    if not at_start:
        codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(codec, codec)
    elif codec == "utf-16":
        return b"\xff\xfe" + text.encode("utf-16-le")
    return text.encode(codec)


def _write_sheet(path: Path, dialect: Dialect, gone: Spans, target: IO[bytes]) -> None:
    """Write the rows at their numbers into a new workbook, every cell as the text that was read."""
    # Loaded with the first workbook: no page and no .csv needs it.
    from openpyxl import Workbook

    from core.text_cells import text_cell

    lines = {first for first, _last in gone}
    book = Workbook(write_only=True)
    sheet = book.create_sheet(dialect.sheet)
    written = 0
    for row in all_records(path, dialect):
        if row.line in lines:
            continue
        for _blank in range(row.line - written - 1):
            sheet.append([])
        sheet.append([text_cell(sheet, cell) for cell in row.cells])
        written = row.line
    book.save(target)


def _check(before: Path, after: Path, dialect: Dialect, gone: Spans) -> None:
    """Read both and raise NotRewritable unless they differ by the lines that went alone."""
    lines = {first for first, _last in gone}
    kept = (_trimmed(row) for row in all_records(before, dialect) if row.line not in lines)
    try:
        for old, new in zip(kept, map(_trimmed, all_records(after, dialect)), strict=True):
            if old != new:
                raise NotRewritable(f"line {old[0]} would read otherwise")
    except ValueError as error:
        raise NotRewritable("lines would be missing") from error


def _trimmed(row: RawRow) -> tuple[int, list[str]]:
    cells = list(row.cells)
    while cells and not cells[-1]:
        cells.pop()
    return row.line, cells


# -- Everything that stands in a file, whatever reads it ----------------------------------------


def _texts(path: Path, dialect: Dialect) -> Iterator[str]:
    """Yield a file's text in pieces that overlap."""
    if dialect.format != "xlsx":
        with path.open("r", encoding=dialect.encoding, errors="replace", newline="") as text:
            yield from _pieces(text)
        return
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as part:
                yield from (_without_tags(piece) for piece in _decoded_pieces(part))


def _pieces(text: IO[str]) -> Iterator[str]:
    tail = ""
    while block := text.read(BLOCK):
        yield tail + block
        tail = block[-OVERLAP:]


def _decoded_pieces(part: IO[bytes]) -> Iterator[str]:
    tail = b""
    while block := part.read(BLOCK):
        yield (tail + block).decode("utf-8", errors="replace")
        tail = block[-OVERLAP:]


_tag = re.compile(r"<[^<>]*>")


def _without_tags(xml: str) -> str:
    """Return what stands between tags, and within them, which is where links are."""
    # Between two cells there is more than the gap that a telephone may have.
    return _tag.sub(" \x1f\x1f\x1f\x1f ", xml) + " \x1f\x1f\x1f\x1f ".join(_tag.findall(xml))
