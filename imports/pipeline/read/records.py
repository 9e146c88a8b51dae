"""Every record of a file of either format, the header and what stands above it included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from imports.pipeline.read import text, workbook
from imports.pipeline.read.dialect import Dialect
from imports.pipeline.rows import RawRow


def all_records(path: Path, dialect: Dialect) -> Iterator[RawRow]:
    """Yield every record that is not blank. Raises FileRefused on reaching what is wrong."""
    if dialect.format == "xlsx":
        return workbook.records(path, dialect.sheet)
    return text.records(path, dialect.encoding, dialect.delimiter)
