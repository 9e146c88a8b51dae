"""Headers to fields: what a column of a file is called -> the key of what it means.

Names, labels and aliases in English and Russian match in any case and whatever stands between
their letters; a slip of the keyboard is forgiven in words long enough to tell. A number counts:
"Card number 2" is number_2, and "Phone 2" is nothing, because a guest has one phone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from django.utils import translation

from imports.columns.declaration import Column
from imports.columns.kinds import GUESTS, KINDS, FileKind
from imports.columns.mapping import MOST_REPEATS

SHORTEST_MISSPELT = 5
"""Letters of the shortest name in which a wrong one is forgiven: `set` is no slip for `sex`."""

_signs = str.maketrans({"№": " номер ", "#": " number ", "ё": "е"})
_bracketed = re.compile(r"\([^()]*\)|\[[^\[\]]*\]").sub
_digits = re.compile(r"[0-9]+").findall

# Words that other columns are called by, one letter away from a name of ours.
_OTHER_WORDS = frozenset({"content", "contents", "trace", "truck", "votes"})

# How far a header is from a name; less is better.
_LABEL, _KEY, _ALIAS, _WITHOUT_BRACKETS, _MISSPELT, _NUMBERED = 0, 1, 2, 4, 8, 2


class _Header(NamedTuple):
    letters: str
    number: int | None


class _Candidate(NamedTuple):
    cost: int
    place: int
    column: Column
    number: int | None


def recognise(header: Sequence[str], kind: FileKind = GUESTS) -> list[str | None]:
    """Return for each cell of a header the key of its field in a file of `kind`, or None.

    A field is given once, to the column that is called most like it, the first of equals. Columns
    of cards that are called the same without a number get the numbers in their order.
    """
    candidates = sorted(
        (
            candidate
            for place, cell in enumerate(header)
            for candidate in _candidates(place, cell, kind)
        ),
        key=lambda candidate: candidate[:2],
    )
    keys: list[str | None] = [None] * len(header)
    named: dict[str, str] = {}
    for _cost, place, column, number in candidates:
        if keys[place] is not None:
            continue
        name = _parts(header[place]).letters
        key = column.key_at(number or 1)
        if key in named and column.repeats and number is None and named[key] == name:
            free = (key for key in map(column.key_at, range(2, MOST_REPEATS)) if key not in named)
            key = next(free)
        if key not in named:
            keys[place], named[key] = key, name
    return keys


def known(cell: str, kind: FileKind = GUESTS) -> bool:
    """Whether a cell is the name of a column, letter by letter: what tells a header from values."""
    return any(candidate.cost < _MISSPELT for candidate in _candidates(0, cell, kind, exact=True))


def _candidates(
    place: int, cell: str, kind: FileKind, *, exact: bool = False
) -> Iterator[_Candidate]:
    """Yield the columns that a cell may name, each with how far it is from one of their names."""
    bare = _bracketed(" ", cell)
    for text, extra in ((cell, 0), (bare, _WITHOUT_BRACKETS)):
        letters, number = _parts(text)
        if not letters or (extra and bare == cell):
            continue
        for column, cost in _named(letters, kind, exact=exact):
            if (cost_of_number := _cost_of_number(column, letters, number)) is not None:
                yield _Candidate(cost + extra + cost_of_number, place, column, number)


def _cost_of_number(column: Column, letters: str, number: int | None) -> int | None:
    """Return what the number behind a name adds to its distance; None if it makes no sense."""
    if column.repeats:
        # "Number" alone may be anything's; number_1 is a card's.
        alone = number is None and letters == column.key and column.key == "number"
        return None if alone else 0
    if number is None:
        return 0
    return _NUMBERED if number == 1 else None


def _named(letters: str, kind: FileKind, *, exact: bool) -> list[tuple[Column, int]]:
    """Return the columns called `letters`, or if none is, the one that is misspelt so."""
    names = _names(kind.key)
    if letters in names:
        return [names[letters]]
    if exact or letters in _OTHER_WORDS or len(letters) < SHORTEST_MISSPELT - 1:
        return []
    near = {
        column.key: (column, _MISSPELT + cost)
        for name, (column, cost) in names.items()
        if len(name) >= SHORTEST_MISSPELT and _one_slip(name, letters)
    }
    return list(near.values()) if len(near) == 1 else []


@cache
def _names(kind: str) -> dict[str, tuple[Column, int]]:
    """Return every name of every column, as bare letters, with how much it is the column's own."""
    names: dict[str, tuple[Column, int]] = {}
    for column in KINDS[kind].columns.values():
        with translation.override("en"):
            own = [(str(column.label), _LABEL), (column.key, _KEY)]
        for name, cost in (*own, *((alias, _ALIAS) for alias in column.aliases)):
            taken, _cost = names.setdefault(_parts(name).letters, (column, cost))
            if taken is not column:
                raise ValueError(f"{name!r} is a name of {taken.key} and of {column.key}")
    return names


def _parts(text: str) -> _Header:
    """Return the letters of a header, folded, and the number in it if it has exactly one."""
    folded = unicodedata.normalize("NFKD", text.translate(_signs).casefold().translate(_signs))
    digits = _digits(folded)
    if len(digits) > 1 or (digits and not 1 <= int(digits[0][:9]) <= MOST_REPEATS):
        return _Header("", None)
    letters = "".join(filter(str.isalpha, folded))
    return _Header(letters, int(digits[0]) if digits else None)


def _one_slip(name: str, typed: str) -> bool:
    """Whether `typed` is `name` with a letter wrong, missing, too many, or two exchanged.

    The first letter must be right: people seldom miss it, and it tells gender from tender.
    """
    if name[0] != typed[0] or abs(len(name) - len(typed)) > 1:
        return False
    start = 0
    while start < min(len(name), len(typed)) and name[start] == typed[start]:
        start += 1
    a, b = name[start:], typed[start:]
    exchanged = len(a) >= 2 and a[:2] == b[:2][::-1] and a[2:] == b[2:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or exchanged
