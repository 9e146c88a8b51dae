"""The quote that keeps a spreadsheet program from running a cell as a formula.

Both directions of the rule in DESIGN.md section 3: what we write is guarded, what we read is
unguarded, and a file that has gone out and come back holds what it held.
"""

from __future__ import annotations

import re

STARTS_FORMULA = re.compile(r"'*[=+@\t\r-]")
GUARDED = re.compile(r"'+[=+@\t\r-]")
# E.164 has at most 15 digits. A leading "+" or "-" before nothing but digits is a number to every
# spreadsheet program, never a formula.
PHONE_OR_NUMBER = re.compile(r"\+[0-9]{1,15}|-?[0-9]+(?:[.,][0-9]+)?")


def guard(cell: str) -> str:
    """Return the cell as it is written to a file: quoted if it would start a formula."""
    if STARTS_FORMULA.match(cell) and not PHONE_OR_NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def unguard(cell: str) -> str:
    """Return what `guard` was given. Other leading quotes stay: `'t Hooft` is a name."""
    return cell[1:] if GUARDED.match(cell) else cell
