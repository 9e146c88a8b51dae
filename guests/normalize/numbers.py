"""Numbers as people and spreadsheets write them: amounts of money or points, and whole numbers that
became floats."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Literal

from .errors import Invalid

DecimalMark = Literal[".", ","]

MAX_AMOUNT = Decimal(10**12)
MAX_DECIMALS = 4
"""Amounts are kept as ten-thousandths (core.fields.AmountField)."""

SPREADSHEET_DIGITS = 15
"""A spreadsheet keeps no more digits of a number than these; any further ones are made up."""

_LONGEST_AMOUNT = 60
_LARGEST_EXPONENT = 12
_TEN_THOUSANDTH = Decimal(1).scaleb(-MAX_DECIMALS)
_EXACT = Context(prec=2 * _LONGEST_AMOUNT)
_SPREADSHEET = Context(prec=SPREADSHEET_DIGITS)

_plain_amount = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,4})?").fullmatch
_whole_float = re.compile(r"([0-9]+)[.,]0+").fullmatch
_scientific = re.compile(r"([+-]?)([0-9]+)(?:[.,]([0-9]*))?[eE]([+-]?)0*([0-9]+)").fullmatch

_CURRENCY = "$¢-¥֏؋৲৳฿៛\u20a0-\u20cf﷼＄￠￡￥￦"
_written_amount = re.compile(
    rf"[{_CURRENCY}]?\s*(?P<sign>[-+\u2212\u2013]?)\s*[{_CURRENCY}]?\s*"
    rf"(?P<number>[0-9][0-9.,'’\s]*|[.,][0-9]+)"
    rf"(?:[{_CURRENCY}]|(?:руб|р)\.?)?",
    re.IGNORECASE,
).fullmatch
_space = re.compile(r"\s")
_grouped = re.compile(r"[0-9]*|[0-9]{1,3}(?:([.,'’ ])[0-9]{3})(?:\1[0-9]{3})*").fullmatch


def amount(value: str, *, decimal: DecimalMark | None = None, signed: bool = True) -> Decimal:
    """An exact amount with at most four decimals, between -10**12 and 10**12. Zero has no sign.

    Currency signs and spaces are passed over. Of two kinds of marks the last stands before the
    decimals: `1,234.56` and `1.234,56` are the same. A mark that occurs twice stands between
    thousands: `1.234.567`. A single dot is the decimal point, as programs write it: `1.234` is one
    and a bit. A single comma is the decimal one too, unless exactly three digits follow up to three
    others: `1,234` is refused as ambiguous. `decimal` settles all this for a whole column.

    Raises Invalid: amount_format (NaN and Infinity too), amount_ambiguous, amount_decimals,
    amount_too_large, lost_digits (`4.42E+11`), and amount_negative unless `signed`.
    """
    number = Decimal(value) if decimal != "," and _plain_amount(value) else _written(value, decimal)
    if abs(number) > MAX_AMOUNT:
        raise Invalid("amount_too_large", value=value, max=f"{MAX_AMOUNT:f}")
    if number < 0 and not signed:
        raise Invalid("amount_negative", value=value)
    return number or Decimal(0)


def whole(value: str) -> str:
    """`value` with a whole number that was made a float repaired: `442012345678.0`.

    Anything else comes back as it is, also an identifier that only resembles a number (`12E5`,
    `007.0`).
    Raises Invalid("lost_digits") where a spreadsheet kept fewer digits than there were: `4.42E+11`,
    or more than 15.
    """
    if value.isalnum() and value.isascii():
        return value
    if match := _whole_float(value):
        digits = match[1]
        if digits[0] == "0" and digits != "0":  # No float begins with a zero: somebody typed this.
            return value
        if len(digits) > SPREADSHEET_DIGITS:
            raise Invalid("lost_digits", value=value)
        return digits
    match = _scientific(value)
    if match is None or not match[4]:
        return value
    _, head, tail, sign, power = match.groups("")
    every_digit = not match[1] and sign == "+" and len(power) <= 2 and int(power) == len(tail)
    if not every_digit or len(head + tail) > SPREADSHEET_DIGITS:
        raise Invalid("lost_digits", value=value)
    return head + tail


def is_scientific(value: str) -> bool:
    """Whether `value` is a number like 4.42E+11 or 442e9."""
    return _scientific(value) is not None


def _written(value: str, decimal: DecimalMark | None) -> Decimal:
    """The amount in text that needs a closer look than `1234.56`."""
    text = value.strip()
    if len(text) > _LONGEST_AMOUNT:
        raise Invalid("amount_format", value=value)
    if scientific := _scientific(text):
        return _with_few_decimals(value, _from_scientific(value, scientific))
    written = _written_amount(text)
    if written is None:
        raise Invalid("amount_format", value=value)
    number = _space.sub(" ", written["number"].rstrip())
    mark = decimal or _decimal_mark(value, number)
    head, _, tail = number.rpartition(mark) if mark and mark in number else (number, "", "")
    if not _grouped(head) or (mark and mark in head) or not (tail.isdecimal() or not tail):
        raise Invalid("amount_format", value=value)
    digits = "".join(filter(str.isdecimal, head)) or "0"
    sign = "" if written["sign"] in ("", "+") else "-"
    return _with_few_decimals(value, Decimal(f"{sign}{digits}.{tail}"))


def _decimal_mark(value: str, number: str) -> str:
    """Which of "." and "," stands before the decimals of `number`; "" if neither does."""
    dots, commas = number.count("."), number.count(",")
    if dots and commas:
        return max(".,", key=number.rfind)
    if dots + commas > 1:
        return ""
    if dots:
        return "."
    head, comma, tail = number.partition(",")
    if comma and len(tail) == 3 and 1 <= len(head) <= 3 and not head.startswith("0"):
        raise Invalid("amount_ambiguous", value=value, large=head + tail, small=f"{head}.{tail}")
    return comma


def _from_scientific(value: str, match: re.Match[str]) -> Decimal:
    """The number, if all its digits stand there. Nothing is computed from a huge exponent."""
    sign, head, tail, power_sign, power = match.groups("")
    if power_sign == "-":
        if len(power) > 2:
            raise Invalid("amount_decimals", value=value, max=MAX_DECIMALS)
    elif len(power) > 2 or int(power) > _LARGEST_EXPONENT:
        raise Invalid("amount_too_large", value=value, max=f"{MAX_AMOUNT:f}")
    elif len(tail) < int(power):
        raise Invalid("lost_digits", value=value)
    return Decimal(f"{sign}{head}.{tail}E{power_sign}{power}")


def _with_few_decimals(value: str, number: Decimal) -> Decimal:
    """`number` if ten-thousandths hold it, the noise of a float (36.300000000000004) aside."""
    if number == number.quantize(_TEN_THOUSANDTH, context=_EXACT):
        return number
    number = _SPREADSHEET.plus(number)
    rounded = number.quantize(_TEN_THOUSANDTH, context=_EXACT)
    if number != rounded:
        raise Invalid("amount_decimals", value=value, max=MAX_DECIMALS)
    return rounded
