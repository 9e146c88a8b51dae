"""What the process is asked to read, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Job:
    """What to read, and how much it may take."""

    path: str
    sheet: str
    member: str
    """The part of the zip that holds the sheet."""
    max_columns: int
    memory: int
    """Bytes of address space."""
    seconds: int
    """Processor time."""
    rows: int = 0
    """Read only about so many rows, for a preview; 0 means all."""


class Refused(Exception):
    """The workbook cannot be read: a code of `errors.MESSAGES` and its parameters."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
