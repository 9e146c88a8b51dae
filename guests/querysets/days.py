"""Days of the year and ages: where the 29th of February goes.

Whoever was born on it has their birthday on the 28th in other years, so that a greeting is never
late; and is a year older from that day.
"""

from calendar import isleap
from datetime import date, timedelta

LEAP_DAY = 229


def day_key(day: date) -> int:
    """Return month x 100 + day, as `Guest.birthday_key` holds it."""
    return day.month * 100 + day.day


def keys_of(first: date, days: int) -> tuple[int, int]:
    """Return the first and last key of birthdays in `days` days (a year at most) from `first`.

    The first is greater than the last when New Year lies between them.
    """
    last = first + timedelta(days=days - 1)
    key = day_key(last)
    if key == LEAP_DAY - 1 and not isleap(last.year):
        key = LEAP_DAY
    return day_key(first), key


def years_before(today: date, years: int) -> date:
    """Return the latest birthday of whoever is at least `years` years old `today`."""
    year = today.year - years
    if (today.month, today.day) == (2, 28) and not isleap(today.year) and isleap(year):
        return date(year, 2, 29)
    if (today.month, today.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return today.replace(year=year)
