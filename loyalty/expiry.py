"""How long a credit lasts. Days are those of the company's time zone; the last one is included."""

import calendar
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.models import Company
from loyalty.models import Program


def local_day(company: Company, now: datetime) -> date:
    """Return the company's day at `now`: what expired yesterday is gone from local midnight on."""
    return now.astimezone(ZoneInfo(company.timezone)).date()


def last_day(program: Program, today: date) -> date | None:
    """Return the last day of a credit given `today` by the program's rule; None is for ever.

    A number of days counts from the next day on: of one given today for 1 day, tomorrow is the
    last. What would lie after the year 9999 is for ever.
    """
    match program.expiry:
        case Program.Expiry.DAYS:
            try:
                return today + timedelta(days=program.expiry_days or 0)
            except OverflowError:
                return None
        case Program.Expiry.MONTH_END:
            return today.replace(day=calendar.monthrange(today.year, today.month)[1])
        case Program.Expiry.YEAR_END:
            return today.replace(month=12, day=31)
    return None
