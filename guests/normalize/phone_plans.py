"""Numbering plans, compiled: the quick half of reading phone numbers.

phonenumbers needs 30 to 60 microseconds for a number, most of it spent on walking its metadata.
Here the metadata of a region becomes a handful of regular expressions once, and a number costs one
or two microseconds. The steps are the library's own (`parse`, `region_code_for_number`,
`number_type`, `is_possible_number`), for text that is already bare digits. Where a step is not
followed (a dialling prefix other than 00, digits of no country) the answer is None: ask the
library.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

MAX_DIGITS = 15
"""E.164: country code and national number together. The library lets some longer ones through."""

_NEVER = r"(?!)"
_NEITHER_FIXED_NOR_MOBILE = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)


class Plan:
    """What one region's metadata says of its numbers, which are strings of ASCII digits here."""

    __slots__ = (
        "code",
        "general",
        "idd",
        "leading",
        "lengths",
        "local_lengths",
        "longest",
        "mobile",
        "prefix",
        "transform",
        "valid",
    )

    def __init__(self, metadata: PhoneMetadata) -> None:
        general = metadata.general_desc
        assert general is not None, "the library describes every region"
        self.code = str(metadata.country_code)
        self.general = _compile(general.national_number_pattern).fullmatch
        self.valid = _compile(_valid_pattern(metadata)).fullmatch
        self.mobile = _compile(_mobile_pattern(metadata)).fullmatch
        self.leading = _compile(metadata.leading_digits).match if metadata.leading_digits else None
        self.lengths = frozenset(general.possible_length)
        self.local_lengths = frozenset(general.possible_length_local_only)
        self.longest = max(general.possible_length)
        self.prefix = _compile(metadata.national_prefix_for_parsing)
        self.transform = metadata.national_prefix_transform_rule
        self.idd = _compile(metadata.international_prefix).match

    def dialled(self, digits: str) -> tuple[str, str] | None:
        """(country code or "", rest) of digits as dialled inside the region.

        The rest still has its national prefix, if it was dialled with one. None if only the
        library can tell.
        """
        if self.idd(digits):
            return None
        if digits.startswith(self.code):
            rest = self._stripped(digits[len(self.code) :])
            better = self.general(rest) and not self.general(digits)
            too_long = len(digits) > self.longest and len(digits) not in self.local_lengths
            if better or too_long:
                return self.code, rest
        return "", digits

    def national(self, digits: str) -> str:
        """`digits` without the national prefix, if what is left has a fitting length."""
        rest = self._stripped(digits)
        length = len(rest)
        fits = length in self.lengths or (
            length > self.longest and length not in self.local_lengths
        )
        return rest if fits else digits

    def _stripped(self, digits: str) -> str:
        prefix = self.prefix.match(digits)
        if prefix is None or not prefix.end():
            return digits
        if self.transform and prefix[self.prefix.groups] is not None:
            # Argentina: 011 15-4746-7517, seen from outside, is +54 9 11 4746-7517.
            rest = self.prefix.sub(self.transform, digits, count=1)
        else:
            rest = digits[prefix.end() :]
        return digits if self.general(digits) and not self.general(rest) else rest


class Reading(NamedTuple):
    """A number as it was understood."""

    number: str
    """E.164."""
    national: str
    plan: Plan | None
    """The plan that has it as a valid number."""
    possible: bool
    """Whether a number of so many digits, its area code among them, can exist."""


class CallingCode:
    """The numbers behind one country code, which several regions may share (1, 7, 44, ...)."""

    __slots__ = ("lengths", "main", "plans")

    def __init__(self, code: int) -> None:
        self.plans = [Plan(_metadata(code, region)) for region in COUNTRY_CODE_TO_REGION_CODE[code]]
        self.main = self.plans[0]
        # For lengths the library asks the main region alone, whichever region the number is from.
        self.lengths = self.main.lengths

    def read(self, national: str) -> Reading:
        """What a national number of this code is."""
        number = f"+{self.main.code}{national}"
        if len(number) > MAX_DIGITS + 1:
            return Reading(number, national, plan=None, possible=False)
        return Reading(number, national, self._plan_of(national), len(national) in self.lengths)

    def _plan_of(self, national: str) -> Plan | None:
        for plan in self.plans:
            if plan.leading is not None and len(self.plans) > 1:
                # Leading digits settle which region it is: those after it are not asked.
                if plan.leading(national):
                    return plan if plan.valid(national) else None
            elif plan.valid(national):
                return plan
        return None


def read_international(digits: str) -> Reading | None:
    """A number that begins with a country code, without "+". None if no country has that code."""
    code = code_at(digits[:3])
    if not code:
        return None
    known = calling_code(code)
    return known.read(known.main.national(digits[len(code) :]))


def read_dialled(digits: str, home: Plan) -> Reading | None:
    """A number as it is dialled inside the region of `home`; None if only the library can tell."""
    dialled = home.dialled(digits)
    if dialled is None:
        return None
    code, rest = dialled
    known = calling_code(code or home.code)
    plan = known.main if code else home
    return known.read(plan.national(rest))


@lru_cache(maxsize=256)  # The world has 215 country codes; those that occur are compiled.
def calling_code(code: str) -> CallingCode:
    """The compiled plans of a country code ("44"). Raises KeyError if no country has it."""
    return CallingCode(int(code))


@lru_cache(maxsize=1000)
def code_at(start: str) -> str:
    """The country code that the first three digits of an international number begin with, or ""."""
    if start.startswith("0"):
        return ""
    codes = (start[:length] for length in (1, 2, 3))
    return next((code for code in codes if int(code or 0) in COUNTRY_CODE_TO_REGION_CODE), "")


@lru_cache(maxsize=256)
def region_plan(region: str) -> Plan:
    """The plan of a region ("GB"). Raises ValueError for one that the library does not know."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None:
        raise ValueError(f"{region!r} is not a region with phone numbers")
    return Plan(metadata)


def _metadata(code: int, region: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    assert metadata is not None, "the region comes from the library's own table"
    return metadata


def _compile(pattern: str | None) -> re.Pattern[str]:
    return re.compile(pattern or _NEVER, re.ASCII)


def _valid_pattern(metadata: PhoneMetadata) -> str:
    """Numbers whose type `number_type` knows."""
    # What guests have comes first.
    types = ["fixed_line", *_NEITHER_FIXED_NOR_MOBILE]
    if not metadata.same_mobile_and_fixed_line_pattern:
        types.insert(0, "mobile")
    patterns = dict.fromkeys(_pattern(getattr(metadata, name)) for name in types)
    return f"(?={_pattern(metadata.general_desc)}\\Z)(?:{'|'.join(patterns)})"


def _mobile_pattern(metadata: PhoneMetadata) -> str:
    """Numbers of type MOBILE or FIXED_LINE_OR_MOBILE: the library looks for the other types
    first."""
    others = dict.fromkeys(_pattern(getattr(metadata, name)) for name in _NEITHER_FIXED_NOR_MOBILE)
    mobile = metadata.fixed_line if metadata.same_mobile_and_fixed_line_pattern else metadata.mobile
    return (
        f"(?={_pattern(metadata.general_desc)}\\Z)(?!(?:{'|'.join(others)})\\Z){_pattern(mobile)}"
    )


def _pattern(numbers: PhoneNumberDesc | None) -> str:
    """`numbers` as one expression of a whole national number, its lengths included."""
    if numbers is None or not numbers.national_number_pattern:
        return _NEVER
    lengths = "|".join(f"\\d{{{length}}}" for length in numbers.possible_length if length > 0)
    if (
        numbers.possible_length and not lengths
    ):  # A length of -1 says that the type does not exist here.
        return _NEVER
    any_of_them = f"(?=(?:{lengths})\\Z)" if lengths else ""
    return f"(?:{any_of_them}(?:{numbers.national_number_pattern}))"
