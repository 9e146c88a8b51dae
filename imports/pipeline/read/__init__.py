"""Bytes and a dialect to rows, streaming: the first stage of the trip. No database.

`detect` looks at a file and says how to read it, `open_rows` reads it that way. Whatever is wrong
with the file as a whole is a `FileRefused` with a sentence for the operator.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from imports.pipeline.read.detect import detect
from imports.pipeline.read.dialect import Detected, Dialect, plain_name, signature
from imports.pipeline.read.errors import FileRefused
from imports.pipeline.read.records import all_records
from imports.pipeline.rows import RawRow

__all__ = ["Detected", "Dialect", "FileRefused", "detect", "open_rows", "plain_name", "signature"]


def open_rows(path: Path, dialect: Dialect) -> Generator[RawRow, None, None]:
    """Yield the rows under the header, in order; blank ones are left out.

    Every cell is text. Raises FileRefused on reaching what cannot be read, and at the end if there
    was no row at all. Closing the iterator early frees the file, and ends the process that reads a
    workbook.
    """
    rows = all_records(path, dialect)
    first = next(rows, None)
    if first is None:
        raise FileRefused("empty")
    while first.line <= dialect.header_row:
        first = next(rows, None)
        if first is None:
            raise FileRefused("no_rows", line=dialect.header_row)
    yield first
    yield from rows
