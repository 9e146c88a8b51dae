"""Where the header of a table is, and what separates its columns, judged from its first rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from imports.pipeline.rows import RawRow

Known = Callable[[str], bool]

# Titles, dates and blank rows may stand above a header, but not a page of them.
HEADER_WITHIN = 10
# A phone, a card or a date has at least five digits and no letter; a column name has.
DIGITS_OF_DATA = 5


def trimmed(cells: Sequence[str]) -> list[str]:
    """Return the cells without the blank ones at the end."""
    count = len(cells)
    while count and not cells[count - 1].strip():
        count -= 1
    return list(cells[:count])


def commonest_width(rows: Sequence[RawRow]) -> tuple[int, float]:
    """Return the number of columns that most rows have, and the share of rows that have it."""
    widths = Counter(len(trimmed(row.cells)) for row in rows)
    if not widths:
        return 0, 0.0
    # Blank cells at the end are forgiven, so of equally common widths the wider one is the table.
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return width, count / len(rows)


def known_names(row: RawRow, known: Known) -> int:
    """Return how many cells are names of columns; 0 for a row that also holds values."""
    if _holds_number(row):
        return 0
    return sum(1 for cell in row.cells if cell.strip() and known(cell))


def find_header(rows: Sequence[RawRow], known: Known) -> int:
    """Return the line of the header among the first rows, or 0 if there is none.

    It is the row with most known names. Failing those, the first row if it holds nothing but
    distinct words over rows that hold numbers: such a row could not be imported as a guest anyway.
    """
    top = rows[:HEADER_WITHIN]
    if not top:
        return 0
    width, _share = commonest_width(rows)
    best = max(top, key=lambda row: known_names(row, known))
    names, filled = known_names(best, known), sum(1 for cell in best.cells if cell.strip())
    # One known word alone in a row is a title ("Guests") unless the table is that narrow.
    if names >= 2 or (names == 1 and filled * 2 >= width):
        return best.line
    return top[0].line if _are_words(top[0].cells, width) and _hold_numbers(rows[1:]) else 0


def separator_score(rows: Sequence[RawRow], known: Known) -> tuple[int, float]:
    """Return how much the rows look like a table: known names of the header, then regularity."""
    names = max((known_names(row, known) for row in rows[:HEADER_WITHIN]), default=0)
    width, share = commonest_width(rows)
    return names, share * share * max(width - 1, 0)


def _are_words(cells: Sequence[str], width: int) -> bool:
    words = [cell.strip().casefold() for cell in trimmed(cells)]
    no_values = not any("@" in word or any(map(str.isdigit, word)) for word in words)
    distinct = all(words) and len(set(words)) == len(words)
    return len(words) >= max(width, 1) and distinct and no_values


def _hold_numbers(rows: Sequence[RawRow]) -> bool:
    return bool(rows) and sum(map(_holds_number, rows)) * 2 > len(rows)


def _holds_number(row: RawRow) -> bool:
    return any(
        sum(map(str.isdigit, cell)) >= DIGITS_OF_DATA and not any(map(str.isalpha, cell))
        for cell in row.cells
    )
