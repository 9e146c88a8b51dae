"""What somebody typed as a phone number, cut down to `+digits` or `digits`."""

from __future__ import annotations

import re
import unicodedata

from .errors import Invalid
from .numbers import SPREADSHEET_DIGITS, is_scientific, whole

FILLERS = dict.fromkeys(map(ord, " -()\u00a0\u2010\u2011\u2012\u2013\u2014\u2015\u2212"))
"""A table for str.translate: it takes out the characters that never change the meaning of a
number."""

_MOST_CHARACTERS = 250
_DIGITS_OF_A_NUMBER = 6
_DIGITS_OF_AN_AREA_CODE = 7
_DIGITS_AFTER_AN_AREA_CODE = 5

_float = re.compile(r"(\+?[0-9]{5,})[.,]0+").fullmatch
_date = re.compile(
    r"(?:19|20)[0-9]{2}[-./](?:0[1-9]|1[0-2])[-./][0-3][0-9]"
    r"|[0-3]?[0-9]([-./])[0-3]?[0-9]\1(?:19|20)[0-9]{2}"
).fullmatch
_extension = re.compile(
    r"[0-9)\s.,;](?:ext(?:ension|n)?|доб(?:авочный)?|вн(?:утр)?|int|x|#)[\s.:=#]*[0-9]{1,9}$",
    re.IGNORECASE,
).search
_between_numbers = re.compile(
    r"[,;|&\r\n]|(?<=[0-9)\s])(?:or|and|или|и)(?=[\s+(])|(?=\+)", re.IGNORECASE
)
_filler_categories = frozenset({"Zs", "Pd", "Cf", "Cc", "Zl", "Zp"})
_other_fillers = frozenset("()[]./\u2212\uff08\uff09\uff0e'’`\"_•·")


def compact(value: str) -> str:
    """`+44 (0) 20 7946-0958` as `+4402079460958`: ASCII digits, behind a "+" if there was one; "00"
    becomes "+".

    Raises Invalid: lost_digits, phone_date, phone_several, phone_extension, phone_letters,
    phone_characters, phone_no_digits, phone_too_long.
    """
    text = value.strip()
    if len(text) > _MOST_CHARACTERS:
        raise Invalid("phone_too_long", value=value)
    if _date(text):
        raise Invalid("phone_date", value=value)
    text = _repaired(text)
    if _holds_several(text):
        raise Invalid("phone_several", value=value)
    if _extension(text):
        raise Invalid("phone_extension", value=value)
    digits = _bare(value, text)
    return "+" + digits[2:] if digits.startswith("00") else digits


def _repaired(text: str) -> str:
    """`text` without what a spreadsheet does to long numbers: 442012345678.0, 4.42012345678E+11."""
    if match := _float(text):
        if len(match[1].lstrip("+")) > SPREADSHEET_DIGITS:
            raise Invalid("lost_digits", value=text)
        return match[1]
    if is_scientific(text):
        repaired = whole(text)
        if repaired == text:
            raise Invalid("lost_digits", value=text)
        return repaired
    return text


def _holds_several(text: str) -> bool:
    """Whether `text` is two numbers or more. A slash may also stand behind an area code:
    030/1234567."""
    parts = _between_numbers.split(text)
    if sum(_count_digits(part) >= _DIGITS_OF_A_NUMBER for part in parts) > 1:
        return True
    head, slash, tail = text.partition("/")
    behind_area_code = (
        _count_digits(head) <= _DIGITS_OF_AN_AREA_CODE
        and _count_digits(tail) >= _DIGITS_AFTER_AN_AREA_CODE
    )
    return bool(slash) and (not behind_area_code or "/" in tail)


def _count_digits(text: str) -> int:
    return sum(map(str.isdecimal, text))


def _bare(value: str, text: str) -> str:
    """The digits of `text`, whatever script they are written in, behind at most one "+"."""
    kept: list[str] = []
    plus = ""
    for character in text:
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            kept.append(str(digit))
        elif character in "+＋" and not kept:
            plus = "+"
        elif character.isalpha():
            raise Invalid("phone_letters", value=value)
        elif (
            character not in _other_fillers
            and unicodedata.category(character) not in _filler_categories
        ):
            raise Invalid("phone_characters", value=value, character=character)
    if not kept:
        raise Invalid("phone_no_digits", value=value)
    return plus + "".join(kept)
