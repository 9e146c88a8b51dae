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
_unclear = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}").fullmatch
_grouped = re.compile(r"[0-9]*|[0-9]{1,3}(?:([.,'’ ])[0-9]{3})(?:\1[0-9]{3})*").fullmatch


def amount(
    value: str, *, decimal: DecimalMark | Literal["", None] = None, signed: bool = True
) -> Decimal:
    """An exact amount with at most four decimals, between -10**12 and 10**12. Zero has no sign.

    Currency signs and spaces are passed over. Of two kinds of marks the last stands before the
    decimals: `1,234.56` and `1.234,56` are the same. A mark that occurs twice stands between
    thousands: `1.234.567`. A single mark stands before the decimals, unless exactly three digits
    follow up to three others: `1.234` and `1,234` can be either. `decimal` settles these by the
    mark of their column, and refuses them as ambiguous where it is "", for no row tells it.
    Without it, where somebody types one amount, the dot is a decimal point, as programs write it,
    and only `1,234` is refused.

    Raises Invalid: amount_format (NaN and Infinity too), amount_ambiguous, amount_decimals,
    amount_too_large, lost_digits (`4.42E+11`), and amount_negative unless `signed`.
    """
    is_plain = _plain_amount(value) and not (decimal in ("", ",") and "." in value)
    number = Decimal(value) if is_plain else _written(value, decimal)
    if abs(number) > MAX_AMOUNT:
        raise Invalid("amount_too_large", value=value, max=f"{MAX_AMOUNT:,f}")
    if number < 0 and not signed:
        raise Invalid("amount_negative", value=value)
    return number or Decimal(0)


def decimal_marks(value: str) -> frozenset[DecimalMark]:
    """The marks that may stand before the decimals of an amount, as far as it tells by itself.

    Both for `1.234`, which can be either; none for what has no mark or is no amount, and for the
    numbers of machines (`1.25E+2`).
    """
    written = _written_amount(value.strip()) if len(value) <= _LONGEST_AMOUNT else None
    number = _space.sub(" ", written["number"].rstrip()) if written else ""
    dots, commas = number.count("."), number.count(",")
    mark = _own_mark(number)
    if not dots + commas or not _is_whole(*_parted(number, mark), mark):
        return frozenset()
    if _is_unclear(number):
        return frozenset((".", ","))
    # A mark that occurs twice stands between thousands: the other one is the decimal mark.
    told: DecimalMark = "." if mark == "." or (not mark and commas) else ","
    return frozenset((told,))


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


def _written(value: str, decimal: str | None) -> Decimal:
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
    mark = _decimal_mark(value, number, decimal)
    head, tail = _parted(number, mark)
    if not _is_whole(head, tail, mark):
        raise Invalid("amount_format", value=value)
    digits = "".join(filter(str.isdecimal, head)) or "0"
    sign = "" if written["sign"] in ("", "+") else "-"
    return _with_few_decimals(value, Decimal(f"{sign}{digits}.{tail}"))


def _decimal_mark(value: str, number: str, decimal: str | None) -> str:
    """Which of "." and "," stands before the decimals of `number`; "" if neither does."""
    mark = _own_mark(number)
    if not _is_unclear(number) or (decimal is None and mark == "."):
        return mark
    if not decimal:
        # In a column a fourth decimal says that the three before it are decimals, too.
        large = number.replace(mark, "")
        small = number.replace(mark, ".") + ("0" if decimal == "" else "")
        raise Invalid("amount_ambiguous", value=value, large=large, small=small)
    return mark if mark == decimal else ""


def _own_mark(number: str) -> str:
    """Which mark stands before the decimals if `number` is looked at alone; "" if neither does."""
    dots, commas = number.count("."), number.count(",")
    if dots and commas:
        return max(".,", key=number.rfind)
    if dots + commas > 1:
        return ""
    return "." if dots else "," if commas else ""


def _is_unclear(number: str) -> bool:
    """Whether its only mark can stand before decimals and between thousands alike: `1.234`."""
    return _unclear(number) is not None


def _parted(number: str, mark: str) -> tuple[str, str]:
    """Return what stands before and what behind the decimal mark."""
    head, _, tail = number.rpartition(mark) if mark and mark in number else (number, "", "")
    return head, tail


def _is_whole(head: str, tail: str, mark: str) -> bool:
    """Whether thousands are grouped as such, and nothing but digits follows the mark."""
    is_grouped = _grouped(head) is not None and not (mark and mark in head)
    return is_grouped and (tail.isdecimal() or not tail)


def _from_scientific(value: str, match: re.Match[str]) -> Decimal:
    """The number, if all its digits stand there. Nothing is computed from a huge exponent."""
    sign, head, tail, power_sign, power = match.groups("")
    if power_sign == "-":
        if len(power) > 2:
            raise Invalid("amount_decimals", value=value, max=MAX_DECIMALS)
    elif len(power) > 2 or int(power) > _LARGEST_EXPONENT:
        raise Invalid("amount_too_large", value=value, max=f"{MAX_AMOUNT:,f}")
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
