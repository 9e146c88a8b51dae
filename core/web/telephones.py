"""Telephone numbers as people read them."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumber, PhoneNumberFormat


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
    parsed = _taken_apart(number)
    if parsed is None:
        try:
            parsed = phonenumbers.parse(number, None)
        except phonenumbers.NumberParseException:
            return number
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def _taken_apart(number: str) -> PhoneNumber | None:
    """Return what the library makes of a plain number; None of one that it has to look into.

    Two thirds of the time that a telephone takes is the search for what people write into one.
    """
    digits = number[1:]
    if not (number.startswith("+") and digits.isascii() and digits.isdecimal()):
        return None
    for length in (1, 2, 3):
        code, national = digits[:length], digits[length:]
        if (at_home := _at_home(int(code))) is not None:
            is_plain = 5 <= len(national) <= 15 and not at_home(national)
            return PhoneNumber(int(code), int(national)) if is_plain else None
    return None


@cache
def _at_home(country_code: int) -> Callable[[str], Any] | None:
    """Return what tells numbers that begin as one dials them at home, of which the library takes
    that away, or with noughts that it counts. None where no country has the code."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(country_code)
    if regions is None:
        return None
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(country_code, regions[0])
    prefix = (metadata and metadata.national_prefix_for_parsing) or "0"
    return re.compile(f"0|{prefix}").match
