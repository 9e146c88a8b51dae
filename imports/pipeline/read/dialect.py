"""How a file is read, found by `detect` and overruled by the operator."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from imports.pipeline.read.errors import FileRefused
from imports.pipeline.rows import RawRow

Format = Literal["csv", "xlsx"]

DELIMITERS = (",", ";", "\t")
ENCODINGS = ("utf-8", "utf-8-sig", "windows-1251", "utf-16")
# A file has perhaps thirty columns. The bound keeps a row's memory, and a sheet's, in bounds.
MAX_COLUMNS = 500


@dataclass(frozen=True)
class Dialect:
    """Everything that `open_rows` must know to read a file the same way twice."""

    format: Format = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""
    header_row: int = 0
    """Line or sheet row of the header, from 1; 0 means there is none."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Dialect:
        """Return the dialect that `to_json` stored; keys it does not know are left out."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})


@dataclass(frozen=True)
class Detected:
    """How a file was understood, and what is shown of it before anything is imported."""

    dialect: Dialect
    sheets: list[str] = field(default_factory=list)
    """Names of the sheets that hold a table, hidden ones last; empty for .csv."""
    header: list[str] | None = None
    preview: list[RawRow] = field(default_factory=list)
    """The first rows under the header, at most 200."""
    top: list[RawRow] = field(default_factory=list)
    """The first ten rows as they stand, titles and header included, to choose the header from."""
    width: int = 0
    """Number of columns: of the header, or the commonest of the rows."""


def check_overrides(overrides: dict[str, Any]) -> None:
    """Raise FileRefused if the operator's choice is none we can read with."""
    encoding, delimiter = overrides.get("encoding"), overrides.get("delimiter")
    if encoding and encoding not in ENCODINGS:
        raise FileRefused("unknown_encoding", encoding=encoding)
    if delimiter and delimiter not in DELIMITERS:
        raise FileRefused("unknown_delimiter", delimiter=delimiter)


def plain_name(name: str) -> str:
    """Return the name of a column as it is compared: without regard to case and blanks."""
    return " ".join(name.split()).casefold()


def signature(header: Sequence[str] | None, width: int) -> str:
    """Return a stable key of a file's columns, by which a saved mapping is offered again.

    Case, surrounding and repeated blanks and empty columns at the end do not change it. Files
    without a header share one key per number of columns.
    """
    if header is None:
        return f"columns:{width}"
    names = [plain_name(name) for name in header]
    while names and not names[-1]:
        names.pop()
    return hashlib.sha256("\x1f".join(names).encode("utf-8", "surrogatepass")).hexdigest()
