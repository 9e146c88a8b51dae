"""Telephone numbers as people read them."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberFormat


def telephone_in(number: str, region: str) -> str:
    """Return an E.164 number as it is dialled in `region` ("GB"): "020 7946 0958"; of another
    country in full."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    if parsed.country_code != phonenumbers.country_code_for_region(region):
        return telephone(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def telephone(number: str) -> str:
    """Return an E.164 number in groups: "+44 20 7946 0958". What is none comes back as it is."""
    if (grouped := _grouped(number)) is not None:
        return grouped
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def called(row: Any) -> str:
    """Return what a row is called: a guest without a name by the telephone in groups."""
    name = str(row)
    return telephone(name) if name == getattr(row, "phone", None) else name


def _grouped(number: str) -> str | None:
    """Return a plain number as the library groups it; None of one that it has to look into.

    Of the time that a telephone takes there, this takes a tenth: it does not search for what people
    write into one, nor walk the metadata anew.
    """
    digits = number[1:]
    if not (number.startswith("+") and digits.isascii() and digits.isdecimal()):
        return None
    for length in (1, 2, 3):
        code, national = digits[:length], digits[length:]
        if (country := _country(code)) is not None:
            is_plain = 5 <= len(national) <= 15 and not country.at_home(national)
            return f"+{code} {country.grouped(national)}" if is_plain else None
    return None


class _Groups(NamedTuple):
    """One way to group a country's numbers: of those that begin and are made so."""

    begins: Callable[[str], Any]
    made: re.Pattern[str]
    written: str


class _Country(NamedTuple):
    """How numbers of a country code are written for the world.

    `at_home` tells those that begin as one dials them at home, of which the library takes that
    away, or with noughts that it counts.
    """

    at_home: Callable[[str], Any]
    groups: tuple[_Groups, ...]

    def grouped(self, national: str) -> str:
        """As the library does: by the first of the ways that fits."""
        for way in self.groups:
            if way.begins(national) and way.made.fullmatch(national):
                return way.made.sub(way.written, national)
        return national


@cache
def _country(code: str) -> _Country | None:
    """Return how numbers of that country code are written; None where no country has it."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code))
    if regions is None or code.startswith("0"):
        return None
    metadata: Any = PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    prefix = metadata.national_prefix_for_parsing or "0"
    ways = metadata.intl_number_format or metadata.number_format
    return _Country(re.compile(f"0|{prefix}").match, tuple(_groups(way) for way in ways))


def _groups(way: Any) -> _Groups:
    # The last pattern of how a number begins is the most detailed.
    begins = way.leading_digits_pattern[-1] if way.leading_digits_pattern else ""
    return _Groups(re.compile(begins).match, re.compile(way.pattern), way.format)
