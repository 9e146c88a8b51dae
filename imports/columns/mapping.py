"""Keys of columns, and mappings: for each column of a file the key of its field, or None.

A mapping is what the operator settles on the second step of an import and what `--columns` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, get_args

from imports.columns.declaration import Column, Rule, split_key
from imports.columns.kinds import ALL_COLUMNS, GUESTS, FileKind
from imports.reasons import describe

COLUMNS: Mapping[str, Column] = GUESTS.columns
"""Every column of a guest file in the order of the declaration, by its key without a repeating
one's number."""

MOST_REPEATS = 500
"""A file has no more columns than these (imports.pipeline.read)."""


class Problem(NamedTuple):
    """Why nothing can be imported with a mapping; `str()` is the sentence for the operator."""

    code: str
    key: str
    places: tuple[int, ...]
    """Which columns of the file are meant, counted from 0; none where one is missing."""

    def __str__(self) -> str:
        return describe(self.code, {"keys": [self.key], "value": self.key})


def column_of(key: str) -> tuple[Column, int]:
    """Return the column that a key names and which of its repeats: ("track_2") -> (track, 2).

    Raises KeyError for a key that is none, of a repeating column without its number too.
    """
    name, number = split_key(key)
    column, index = ALL_COLUMNS[name], number or 1
    if index > MOST_REPEATS or column.key_at(index) != key:
        raise KeyError(key)
    return column, index


def label_of(key: str) -> str:
    """Return what people read for a key: `Card number 2`; an unknown key as it is."""
    try:
        column, index = column_of(key)
    except KeyError:
        return key
    return column.label_at(index)


def overwrite_rules(preset: str, overrides: Mapping[str, str]) -> dict[str, Rule]:
    """Return the rule for each field of Guest: the preset's, or what the operator chose instead.

    `overrides` is by column key; what they say of a column whose rule is fixed does not count.
    Raises ValueError for a preset, a column or a rule that does not exist.
    """
    if preset not in ("update", "protect"):
        raise ValueError(f"no preset: {preset!r}")
    rules = {
        column.guest_field: column.update_rule if preset == "update" else column.protect_rule
        for column in COLUMNS.values()
    }
    for key, rule in overrides.items():
        if key not in COLUMNS or rule not in get_args(Rule):
            raise ValueError(f"no such rule: {key}: {rule}")
        if not COLUMNS[key].fixed_rule:
            rules[COLUMNS[key].guest_field] = rule  # type: ignore[assignment]
    return rules


def problems(
    mapping: Sequence[str | None], *, may: Callable[[str], bool], kind: FileKind = GUESTS
) -> list[Problem]:
    """Return everything that keeps a mapping from being used; [] if nothing does.

    `may` says whether the operator has a permission in the company ("guests.outlet_setup").
    """
    missing = [Problem(f"{key}_unmapped", key, ()) for key in kind.needed if key not in mapping]
    if not any(key in mapping for key in kind.finders):
        code = "phone_unmapped" if kind.finders == ("phone",) else "guest_unmapped"
        missing.insert(0, Problem(code, kind.finders[0], ()))
    return missing + list(_problems_of_columns(mapping, may, kind))


def _problems_of_columns(
    mapping: Sequence[str | None], may: Callable[[str], bool], kind: FileKind
) -> Iterator[Problem]:
    places: dict[str, list[int]] = {}
    for place, key in enumerate(mapping):
        if key is not None:
            places.setdefault(key, []).append(place)
    for key, where in places.items():
        try:
            column, _index = column_of(key)
            kind.columns[column.key]
        except KeyError:
            yield Problem("unknown_column", key, tuple(where))
            continue
        if len(where) > 1:
            yield Problem("chosen_twice", key, tuple(where))
        if column.permission and not may(column.permission):
            yield Problem("not_permitted", key, tuple(where))
