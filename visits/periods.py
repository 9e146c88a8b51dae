"""Weeks and months of a company's calendar, as the moments at which they begin."""

from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple


class Periods(NamedTuple):
    """Spans of time in their order: `bounds` has where each begins, and at last where they end."""

    first_days: list[date]
    bounds: list[datetime]


def weeks(today: date, count: int, tz: tzinfo) -> Periods:
    """Return the last `count` weeks, Monday to Sunday; the present one is the last."""
    monday = today - timedelta(days=today.weekday())
    return _between([monday + timedelta(weeks=i) for i in range(1 - count, 2)], tz)


def months(today: date, count: int, tz: tzinfo) -> Periods:
    """Return the last `count` months of the calendar; the present one is the last."""
    present = today.year * 12 + today.month - 1
    numbers = range(present + 1 - count, present + 2)
    return _between([date(n // 12, n % 12 + 1, 1) for n in numbers], tz)


def midnight(day: date, tz: tzinfo) -> datetime:
    """Return the moment at which a day begins, whatever the clocks do in it."""
    return datetime.combine(day, time(), tzinfo=tz)


def _between(days: list[date], tz: tzinfo) -> Periods:
    return Periods(days[:-1], [midnight(day, tz) for day in days])
