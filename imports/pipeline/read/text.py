"""Separated text to rows: as fast as `csv.reader` allows, and never silent about a lost quote."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from core.formula import unguard
from imports.pipeline.read.dialect import MAX_COLUMNS
from imports.pipeline.read.errors import FileRefused
from imports.pipeline.read.source import Source, check_text
from imports.pipeline.rows import RawRow

# Excel's own way to name the separator, alone on the first line. It is no row.
SEP_LINE = re.compile(r'"?sep=([,;\t])"?[,;\t]* *(?:[\r\n]|\Z)', re.IGNORECASE)


def records(path: Path, encoding: str, delimiter: str) -> Iterator[RawRow]:
    """Yield every record that is not blank, with the physical line in which it starts.

    Line ends may be mixed. Quoted cells may span lines. Raises FileRefused, on reaching it: a
    quote that never closes, a cell, line or row too large, a NUL byte, a byte that is not text.

    The csv module reads strictly: its lenient mode takes a quote that is never closed for a cell
    that reaches to the end of the file.
    """
    new, quotes = tuple.__new__, _LooseQuotes(path, encoding, delimiter)
    first = start = 2 if named_separator(path, encoding) else 1
    with Source(path, encoding) as source:
        reader = csv.reader(
            islice(_lines(source), first - 1, None), delimiter=delimiter, strict=True
        )
        while True:
            try:
                # Every statement in here runs once a row. `new` spares the call of RawRow's own
                # constructor, which takes as long as the rest.
                for cells in reader:
                    plain = len(cells) <= MAX_COLUMNS and not source.guards
                    row = cells if plain else _finished(cells, start)
                    if row and (row[0].strip() or _is_filled(row)):
                        yield new(RawRow, (start, row))
                    start = reader.line_num + first
                return
            except csv.Error as error:
                cells = quotes.mended(error, start, reader.line_num + first - 1)
                row = _finished(cells, start)
            except UnicodeDecodeError:
                check_text(path, encoding)  # raises, naming the place
                raise
            if _is_filled(row):
                yield RawRow(start, row)
            start = reader.line_num + first


def _lines(source: Source) -> io.TextIOWrapper:
    return io.TextIOWrapper(source, encoding=source.text_encoding, newline="")


class _LooseQuotes:
    """Second reading of what the strict reader stopped at.

    A single line (`"Rose" Bar`) is read again leniently, which can swallow nothing. The lines come
    from a second pass over the file that only ever goes forward, so a file full of such lines
    costs one more pass, and one without them nothing.
    """

    def __init__(self, path: Path, encoding: str, delimiter: str) -> None:
        self.delimiter = delimiter
        self.lines = self._numbered(path, encoding)

    def mended(self, error: csv.Error, start: int, end: int) -> list[str]:
        """Return the cells of the record that is lines start to end; raise FileRefused."""
        is_single = start >= end
        if is_single and "field limit" in str(error):
            raise FileRefused("cell_too_long", line=start, limit=csv.field_size_limit())
        text = self._text(start, end)
        if is_single:
            # A line of our own after it shows whether the line closes its quotes by itself.
            found = list(csv.reader([text, "end"], delimiter=self.delimiter))
            if len(found) == 2:
                return found[0]
        line = start + self._breaks_before_quote(text)
        raise FileRefused("quote_unclosed", line=line) from error

    def _numbered(self, path: Path, encoding: str) -> Iterator[tuple[int, str]]:
        with Source(path, encoding) as source:
            yield from enumerate(_lines(source), 1)

    def _text(self, start: int, end: int) -> str:
        lines = []
        for number, line in self.lines:
            if number >= start:
                lines.append(line)
            if number >= end:
                break
        return "".join(lines)

    def _breaks_before_quote(self, text: str) -> int:
        """Return how many line ends come before the quote that is not closed at its cell's end."""
        ends = rf"{re.escape(self.delimiter)}\r\n"
        cell = re.compile(rf'"(?:[^"]|"")*+"(?=[{ends}]|\Z)|(?!")[^{ends}]*+')
        position = 0
        while (match := cell.match(text, position)) and match.end() < len(text):
            position = match.end() + 1
        return len(re.findall(r"\r\n|\r|\n", text[:position]))


def _is_filled(row: list[str]) -> bool:
    return any(map(str.strip, row))


def _finished(cells: list[str], line: int) -> list[str]:
    """Take off formula guards, and empty columns to which a program stretched the row.

    Raises FileRefused if too many are full.
    """
    count = len(cells)
    while count > MAX_COLUMNS and not cells[count - 1]:
        count -= 1
    if count > MAX_COLUMNS:
        raise FileRefused("too_many_columns", line=line, count=count, limit=MAX_COLUMNS)
    return [unguard(cell) if cell[:1] == "'" else cell for cell in cells[:count]]


def named_separator(path: Path, encoding: str) -> str:
    """Return the separator that a first line "sep=;" names, or "" if there is none."""
    with Source(path, encoding) as source:
        first = source.read1(64).decode(source.text_encoding, errors="replace")
    found = SEP_LINE.match(first.lstrip("\ufeff"))
    return found[1] if found else ""
