"""Names as they are kept, and names as they are searched and sorted."""

from __future__ import annotations

import unicodedata

from core.texts import fold, visible

from .texts import fitting, refuse_flood, refuse_spreadsheet_error

MAX_NAME = 100


def name(value: str, max_length: int = MAX_NAME) -> str:
    """A name or an alias: composed letters (NFC), figures, single spaces, nothing invisible.

    Raises Invalid: too_long, invisible, spreadsheet_error.
    """
    refuse_flood(value, max_length)
    refuse_spreadsheet_error(value)
    if not value.isprintable():
        value = visible(" ".join(value.split()))
    elif not value.isascii():
        value = unicodedata.normalize("NFC", value)
    return fitting(" ".join(value.split()), max_length)


def name_key(last: str, first: str, middle: str) -> str:
    """What guests are sorted by: the folded last, first and middle name, of which any may be ""."""
    return fold(" ".join(filter(None, (last, first, middle))))


def search_text(*parts: str | None) -> str:
    """Everything a guest is found by, folded, one space between the words; blank parts left out."""
    return fold(" ".join(" ".join(filter(None, parts)).split()))
