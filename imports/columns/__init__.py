"""The columns of the files that come in, and of those that guests go out by.

`guests`, `credits` and `balances` declare them, `kinds` says which file has which, `widgets` reads
and writes their cells, `mapping` knows their keys, `recognise` and `guess` find them in a file.
"""

from imports.columns.context import CleanContext
from imports.columns.declaration import Column, Rule
from imports.columns.guess import guess
from imports.columns.guests import GuestResource
from imports.columns.kinds import ALL_COLUMNS, BALANCES, GUESTS, KINDS, ORDERS, FileKind
from imports.columns.mapping import (
    COLUMNS,
    Problem,
    column_of,
    label_of,
    overwrite_rules,
    problems,
)
from imports.columns.recognise import known, recognise

__all__ = [
    "ALL_COLUMNS",
    "BALANCES",
    "COLUMNS",
    "GUESTS",
    "KINDS",
    "ORDERS",
    "CleanContext",
    "Column",
    "FileKind",
    "GuestResource",
    "Problem",
    "Rule",
    "column_of",
    "guess",
    "known",
    "label_of",
    "overwrite_rules",
    "problems",
    "recognise",
]
