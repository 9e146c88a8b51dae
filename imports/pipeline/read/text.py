"""Separated text to rows: as fast as `csv.reader` allows, and never silent about a lost quote."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from imports.pipeline.formula import unguard
from imports.pipeline.read.dialect import DELIMITERS, MAX_COLUMNS
from imports.pipeline.read.errors import FileRefused
from imports.pipeline.read.source import Source, check_text
from imports.pipeline.rows import RawRow

# Excel's own way to name the separator, alone on the first line. It is no row.
SEP_LINE = re.compile(r'"?sep=(.?)"?[,;\t]*\s*', re.IGNORECASE)


def records(path: Path, encoding: str, delimiter: str) -> Iterator[RawRow]:
    """Yield every record that is not blank, with the physical line in which it starts.

    Line ends may be mixed. Quoted cells may span lines. Raises FileRefused, on reaching it: a
    quote that never closes, a cell, line or row too large, a NUL byte, a byte that is not text.
    """
    with Source(path, encoding) as source:
        stream = io.TextIOWrapper(source, encoding=source.text_encoding, newline="")
        try:
            yield from _Records(stream, source, delimiter).rows()
        except UnicodeDecodeError:
            check_text(path, encoding)  # raises, naming the place
            raise


class _Records:
    """One pass over a file.

    The csv module reads strictly: its lenient mode takes a quote that is never closed for a cell
    that reaches to the end of the file. What strictness finds wrong on a single line
    (`"Rose" Bar`) is read again leniently, which can then swallow nothing.
    """

    def __init__(self, stream: io.TextIOWrapper, source: Source, delimiter: str) -> None:
        self.source = source
        self.delimiter = delimiter
        self.stream = stream
        self.last = ""

    def rows(self) -> Iterator[RawRow]:
        source = self.source
        reader = csv.reader(self._lines(), delimiter=self.delimiter, strict=True)
        start = 1
        while True:
            try:
                # Every statement in here runs once a row.
                for cells in reader:
                    plain = len(cells) <= MAX_COLUMNS and not source.guards
                    row = cells if plain else _finished(cells, start)
                    if any(map(str.strip, row)) and (start > 1 or not _is_sep_line(row)):
                        yield RawRow(start, row)
                    start = reader.line_num + 1
                return
            except csv.Error as error:
                row = _finished(self._mended(error, start, reader.line_num), start)
            if any(map(str.strip, row)):
                yield RawRow(start, row)
            start = reader.line_num + 1

    def _lines(self) -> Iterator[str]:
        for line in self.stream:
            self.last = line
            yield line

    def _mended(self, error: csv.Error, start: int, end: int) -> list[str]:
        """Return the cells of a single line with loose quotes; raise FileRefused otherwise."""
        too_long = "field limit" in str(error)
        if start >= end:
            if too_long:
                raise FileRefused("cell_too_long", line=start, limit=csv.field_size_limit())
            # A line of our own after it shows whether the line closes its quotes by itself.
            found = list(csv.reader([self.last, "end"], delimiter=self.delimiter))
            if len(found) == 2:
                return found[0]
        raise FileRefused("quote_unclosed", line=self._opening_line(start, end)) from error

    def _opening_line(self, start: int, end: int) -> int:
        """Return the line of the quote that is not closed properly in lines start to end."""
        with Source(self.source.path, self.source.encoding) as source:
            stream = io.TextIOWrapper(source, encoding=source.text_encoding, newline="")
            text = "".join(islice(stream, start - 1, end))
        ends = rf"{re.escape(self.delimiter)}\r\n"
        cell = re.compile(rf'"(?:[^"]|"")*+"(?=[{ends}]|\Z)|(?!")[^{ends}]*+')
        position = 0
        while (match := cell.match(text, position)) and match.end() < len(text):
            position = match.end() + 1
        return start + len(re.findall(r"\r\n|\r|\n", text[:position]))


def _is_sep_line(cells: list[str]) -> bool:
    return cells[0][:4].lower() == "sep=" and not any(cells[1:])


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
    return found[1] if found and found[1] in DELIMITERS else ""
