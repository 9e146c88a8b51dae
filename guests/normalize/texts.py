"""Free text, identifiers and links: what may stay in them, and how long they may be."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from core.texts import SPELLING, visible

from .errors import Invalid
from .numbers import whole

MAX_URL = 2000

_FLOOD = 10_000
"""Text this much longer than its field is refused before anybody looks at what could be cut."""

SPREADSHEET_ERRORS = frozenset(
    # As Excel, LibreOffice and Google Sheets save what a formula could not work out.
    "#REF! #N/A #VALUE! #NAME? #DIV/0! #NUM! #NULL! #SPILL! #CALC! #ERROR! "
    "#FIELD! #BLOCKED! #CONNECT! #BUSY! #UNKNOWN! #PYTHON! #GETTING_DATA "
    # As a Russian Excel does.
    "#ССЫЛКА! #Н/Д #ЗНАЧ! #ИМЯ? #ДЕЛ/0! #ЧИСЛО! #ПУСТО! #ПЕРЕНОС! #ВЫЧИСЛ!".split()
)

_line_ends = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_plain_url = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
    r"(?:/[\w.~%!$&'()*+,;=:@/?-]*)?",
    re.ASCII,
).fullmatch
_host = re.compile(
    r"(?=.{1,253}\Z)[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?)*\.?"
).fullmatch


def text(value: str, max_length: int) -> str:
    """A comment: composed letters (NFC), lines ended by "\\n", nothing invisible, no blank ends.

    Raises Invalid: too_long (more than `max_length` characters), invisible, spreadsheet_error.
    """
    refuse_flood(value, max_length)
    # One comparison for nearly all: letters and figures come after the "#", and "$" does at once.
    if value < "$":
        refuse_spreadsheet_error(value)
    if not (value.isascii() and value.isprintable()):
        value = visible(_line_ends.sub("\n", value), keep=SPELLING + "\n\t")
    return fitting(value.strip(), max_length)


def identifier(value: str, max_length: int) -> str:
    """A card's track or number, an external or employee id: as typed, but without blank ends and
    invisible characters.

    A whole number that a spreadsheet made a float is repaired. Raises Invalid: lost_digits,
    control_characters, too_long, invisible, spreadsheet_error.
    """
    if len(value) <= max_length and value.isalnum() and value.isascii():
        return value
    refuse_spreadsheet_error(value)
    refuse_flood(value, max_length)
    if not value.isprintable():
        value = value.strip()
        if any(unicodedata.category(character) == "Cc" for character in value):
            raise Invalid("control_characters", value=value)
    if not value.isascii():
        value = visible(value, keep="")
    return fitting(whole(value.strip()), max_length)


def url(value: str) -> str:
    """An absolute http or https link of at most MAX_URL characters, without a password in it.

    Raises Invalid: url_scheme, url_format, too_long.
    """
    value = fitting(value.strip(), MAX_URL)
    if _plain_url(value):
        return value
    if value[:4].lower() != "http":
        raise Invalid("url_scheme", value=value)
    if not value.isprintable() or any(character in ' "<>\\^`{|}' for character in value):
        raise Invalid("url_format", value=value)
    try:
        parts = urlsplit(value)
        _ = parts.port  # Out of range: ValueError.
    except ValueError as error:
        raise Invalid("url_format", value=value) from error
    if parts.scheme not in ("http", "https"):
        raise Invalid("url_scheme", value=value)
    host = parts.hostname or ""
    if "@" in parts.netloc or not (_host(host) or ":" in host):
        raise Invalid("url_format", value=value)
    return value


def refuse_spreadsheet_error(value: str) -> None:
    """Raise Invalid("spreadsheet_error") for what a formula left in a cell instead of a value."""
    if is_spreadsheet_error(value):
        raise Invalid("spreadsheet_error", value=value.strip())


def is_spreadsheet_error(value: str) -> bool:
    """Whether the cell shows that a formula went wrong, as `#REF!` and `#Н/Д` do."""
    return value.strip().upper() in SPREADSHEET_ERRORS


def refuse_flood(value: str, max_length: int) -> None:
    """Raise Invalid("too_long") for megabytes in a cell, which would take seconds to clean."""
    if len(value) > max_length + _FLOOD:
        raise Invalid("too_long", value=value, length=len(value), max=max_length)


def fitting(value: str, max_length: int) -> str:
    """`value` if it is neither empty nor longer than `max_length` characters. Raises Invalid:
    too_long, invisible."""
    if len(value) > max_length:
        raise Invalid("too_long", value=value, length=len(value), max=max_length)
    if not value:
        raise Invalid("invisible", value=value)
    return value
