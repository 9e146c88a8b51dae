"""Phone numbers to E.164, by the rule of the import (DESIGN.md, section 3).

A number with "+" or "00" is international. Without: a valid number of the company's region, else a
valid international one whose "+" was left out (370...), else a possible one of the region, else a
possible international one. Possible means that a number of so many digits, its area code among
them, can exist; the samples of the requirements (+44202128506) are such numbers. What a number is
read as does not depend on how strictly it is then checked.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, get_args

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

from .errors import Invalid
from .phone_plans import MAX_DIGITS, read_dialled, read_international, region_plan
from .phone_text import FILLERS, compact

Check = Literal["possible", "valid", "mobile"]

_SHORT = 60
"""Longer text is no plain number with fillers in it."""

_plain = re.compile(r"\+?(?!00)[0-9]+").fullmatch
_mobile_types = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_length_errors = {
    ValidationResult.IS_POSSIBLE: "phone_too_long",  # For the library, but not for E.164.
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "phone_area_code",
    ValidationResult.TOO_SHORT: "phone_too_short",
    ValidationResult.TOO_LONG: "phone_too_long",
    ValidationResult.INVALID_LENGTH: "phone_length",
}
_parse_errors = {
    NumberParseException.INVALID_COUNTRY_CODE: "phone_country",
    NumberParseException.TOO_LONG: "phone_too_long",
}


def phone(value: str, *, region: str, check: Check = "possible") -> str:
    """`value` as E.164 ("+442079460958"), for a company of `region` ("GB"). Raises as
    PhoneParser."""
    return _parser(region, check)(value)


class PhoneParser:
    """Reads the phones of one company: `PhoneParser("GB")("020 7946 0958") == "+442079460958"`.

    Most numbers are decided by the compiled plans of `phone_plans`; whatever those cannot tell for
    certain, and every refusal, is the library's word. Raises ValueError for an unknown region or
    check, and Invalid for a number: the codes of `phone_text.compact`, and phone_country,
    phone_area_code, phone_too_short, phone_too_long, phone_length, phone_not_valid,
    phone_not_mobile.
    """

    __slots__ = ("_check", "_plan", "_region")

    def __init__(self, region: str, check: Check = "possible") -> None:
        if check not in get_args(Check):
            raise ValueError(f"{check!r} is not one of {get_args(Check)}")
        self._region = region
        self._check = check
        self._plan = region_plan(region)

    def __call__(self, value: str) -> str:
        digits = value
        if not _plain(value):
            digits = value.translate(FILLERS) if len(value) <= _SHORT else ""
            # Ten characters that hold eight digits may be a date: 1956-05-21 is not a number.
            if not _plain(digits) or (len(digits) == 8 and len(value) == 10):
                digits = compact(value)
        decided = self.decide(digits)
        return decided or by_library(value, digits, region=self._region, check=self._check)

    def decide(self, digits: str) -> str | None:
        """The E.164 number in compact `digits` if the compiled plans accept it for certain.

        None is no refusal.
        """
        if digits[0] == "+":
            best = read_international(digits[1:])
        else:
            best = read_dialled(digits, self._plan)
            if best is not None and best.plan is None:
                abroad = read_international(digits)
                if abroad is not None and (abroad.plan or not best.possible):
                    best = abroad
        if best is None:
            return None
        if best.plan is None:
            return best.number if best.possible and self._check == "possible" else None
        if self._check == "mobile" and not best.plan.mobile(best.national):
            return None
        return best.number


def by_library(value: str, digits: str, *, region: str, check: Check) -> str:
    """The whole rule in the library's terms, for compact `digits`; an error repeats `value`."""
    if digits[0] == "+":
        readings = [_parse(digits, None)]
    else:
        readings = [_parse(digits, region), _parse("+" + digits, None)]
    numbers = [
        reading for reading in readings if isinstance(reading, PhoneNumber) and _fits(reading)
    ]
    valid = [number for number in numbers if phonenumbers.is_valid_number(number)]
    possible = [number for number in numbers if _length(number) == ValidationResult.IS_POSSIBLE]
    if not valid and not possible:
        raise Invalid(_why(readings[0]), value=value)
    if check != "possible" and not valid:
        raise Invalid("phone_not_valid", value=value)
    number = (valid or possible)[0]
    if check == "mobile" and phonenumbers.number_type(number) not in _mobile_types:
        raise Invalid("phone_not_mobile", value=value)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@lru_cache(maxsize=64)
def _parser(region: str, check: Check) -> PhoneParser:
    return PhoneParser(region, check)


def _parse(digits: str, region: str | None) -> PhoneNumber | NumberParseException:
    try:
        return phonenumbers.parse(digits, region)
    except NumberParseException as error:
        return error


def _fits(number: PhoneNumber) -> bool:
    digits = f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    return len(digits) <= MAX_DIGITS


def _length(number: PhoneNumber) -> int:
    return phonenumbers.is_possible_number_with_reason(number)


def _why(reading: PhoneNumber | NumberParseException) -> str:
    if isinstance(reading, NumberParseException):
        return _parse_errors.get(reading.error_type, "phone_too_short")
    return _length_errors.get(_length(reading), "phone_length")
