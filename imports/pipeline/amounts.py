"""Which mark stands before the decimals in a column of amounts, as far as they tell.

1,234.56 says it by itself, and 12,5. 1.234 does not: it is one and a bit, or more than a thousand.
The others of its column tell. Nothing is read a thousandfold because nobody asked.
"""

from __future__ import annotations

from typing import Literal

from guests import normalize
from guests.normalize import DecimalMark


class Amounts:
    """What the amounts of one column say: the first of each kind is the example."""

    code = "amounts"

    def __init__(self, key: str) -> None:
        self.key = key
        self.seen = 0
        self._unclear = ""
        self._told: dict[DecimalMark, str] = {}

    def add(self, cell: str) -> None:
        self.seen += 1
        marks = normalize.decimal_marks(cell)
        if len(marks) > 1:
            self._unclear = self._unclear or cell
        for mark in marks if len(marks) == 1 else ():
            self._told.setdefault(mark, cell)

    def ambiguous(self, *, mixed: bool) -> bool:
        """Whether one can be two, and those that tell contradict each other, or none tells."""
        return bool(self._unclear) and len(self._told) == (2 if mixed else 0)

    @property
    def found(self) -> DecimalMark | Literal[""]:
        """The mark; "" where none tells, or some tell this and some that."""
        return next(iter(self._told)) if len(self._told) == 1 else ""

    def examples(self) -> dict[str, str]:
        """Return the parameters `value`, which can be two, and `one` and `other` that tell."""
        told = dict(zip(("one", "other"), self._told.values(), strict=False))
        return {"value": self._unclear, **told}
