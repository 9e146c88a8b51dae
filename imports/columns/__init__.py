"""The columns of the files that guests come in by and go out by.

`guests` declares them, `widgets` reads and writes their cells, `mapping` knows their keys, and
`recognise` and `guess` find them in a file.
"""

from imports.columns.context import CleanContext
from imports.columns.declaration import Column, Rule
from imports.columns.guess import guess
from imports.columns.guests import GuestResource
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
    "COLUMNS",
    "CleanContext",
    "Column",
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
