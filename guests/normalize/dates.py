"""Dates: 1956-05-21, 21.05.1956, 21/05/1956 or 05/21/1956, single digits and a time of day allowed.

What the shape does not tell (05/06/1990) is settled for a whole column: `orders_of` says which
orders a value allows, the caller keeps those that all rows allow, and asks if more than one is
left.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

from .errors import Invalid

DateOrder = Literal["ymd", "dmy", "mdy"]

FIRST_YEAR = 1900
"""Nobody was born, sold anything or agreed before: a spreadsheet's day nought is 1899-12-30."""

_TIME = (
    r"(?:[T\s]\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"\s?(?P<half>[AaPp]\.?[Mm]\.?)?\s?(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_year_first = re.compile(rf"([0-9]{{4}})([-./])([0-9]{{1,2}})\2([0-9]{{1,2}}){_TIME}").fullmatch
_year_last = re.compile(rf"([0-9]{{1,2}})([-./])([0-9]{{1,2}})\2([0-9]{{4}}){_TIME}").fullmatch
_short_year = re.compile(r"[0-9]{1,2}([-./])[0-9]{1,2}\1'?[0-9]{2}(?:\s.*)?").fullmatch

_YMD: frozenset[DateOrder] = frozenset({"ymd"})
_DMY: frozenset[DateOrder] = frozenset({"dmy"})
_MDY: frozenset[DateOrder] = frozenset({"mdy"})
_NONE: frozenset[DateOrder] = frozenset()


def date(value: str, order: DateOrder) -> dt.date:
    """The date `value` names. `order` is that of its column.

    It counts for `/` and `-` with the year at the end; dots always mean day, month, year, and a
    year in front always year, month, day. A time of day is left away, unless with its zone it may
    mean the day before or after.
    Raises Invalid: date_early, date_format, date_none, date_year, date_order_ymd / _dmy / _mdy,
    date_time.
    """
    found = _any_date(value, order)
    _refuse_early(value, found)
    return found


def _any_date(value: str, order: DateOrder) -> dt.date:
    if len(value) == 10 and value[4] == "-" == value[7]:
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass  # Said in detail below.
    match, found = _read(value, order)
    if match["zone"] and (match["hour"].strip("0"), match["minute"]) != ("", "00"):
        raise Invalid("date_time", value=value)
    return found


def birthday(value: str, *, order: DateOrder, today: dt.date) -> dt.date:
    """A date of birth: not after `today`, not before 1900.

    Raises Invalid: birthday_future, birthday_early and those of `date` except date_early.
    """
    born = _any_date(value, order)
    if born > today:
        raise Invalid("birthday_future", value=value)
    if born.year < FIRST_YEAR:
        raise Invalid("birthday_early", value=value, year=FIRST_YEAR)
    return born


def datetime_(value: str, order: DateOrder, *, tz: dt.tzinfo) -> dt.datetime:
    """The moment `value` names, in UTC: a date with a time, or the first moment of a date.

    It is the time in `tz` unless it has a zone of its own.
    Raises Invalid: time_format and those of `date` except date_time.
    """
    match, day = _read(value, order)
    _refuse_early(value, day)
    try:
        moment = dt.datetime.combine(day, _time(match), tzinfo=_zone(match["zone"]) or tz)
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("time_format", value=value) from error


def orders_of(value: str) -> frozenset[DateOrder]:
    """The orders in which `value` is a date that exists: one, two if it is ambiguous, or none."""
    value = value.strip()
    if match := _year_first(value):
        return _YMD if _day(match[1], match[3], match[4]) else _NONE
    match = _year_last(value)
    if match is None:
        return _NONE
    first, mark, second, year = match[1], match[2], match[3], match[4]
    orders = _DMY if _day(year, second, first) else _NONE
    if mark != "." and _day(year, first, second):
        orders |= _MDY
    return orders


def _refuse_early(value: str, day: dt.date) -> None:
    if day.year < FIRST_YEAR:
        raise Invalid("date_early", value=value, year=FIRST_YEAR)


def _read(value: str, order: DateOrder) -> tuple[re.Match[str], dt.date]:
    text = value.strip()
    if match := _year_first(text):
        found = _day(match[1], match[3], match[4])
    elif match := _year_last(text):
        if match[2] == ".":
            order = "dmy"
        day, month = (match[3], match[1]) if order == "mdy" else (match[1], match[3])
        if order == "ymd" or (int(month) > 12 >= int(day)):
            raise Invalid(f"date_order_{order}", value=value)
        found = _day(match[4], month, day)
    else:
        raise Invalid("date_year" if _short_year(text) else "date_format", value=value)
    if found is None:
        raise Invalid("date_none", value=value)
    return match, found


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def _time(match: re.Match[str]) -> dt.time:
    if match["hour"] is None:
        return dt.time()
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("a clock of twelve hours has no such hour")
        hour = hour % 12 + (12 if match["half"][0] in "Pp" else 0)
    microsecond = int((match["fraction"] or "0").ljust(6, "0")[:6])
    return dt.time(hour, int(match["minute"]), int(match["second"] or 0), microsecond)


def _zone(zone: str | None) -> dt.tzinfo | None:
    if not zone:
        return None
    if zone in "Zz":
        return dt.UTC
    hours, minutes = int(zone[1:3]), int(zone[3:].removeprefix(":") or 0)
    offset = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(-offset if zone[0] == "-" else offset)
