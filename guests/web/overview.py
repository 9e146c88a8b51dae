"""Guests on a company's overview: how many there are, who is active, whose birthday comes."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Company
from core.web import overview
from core.web.access import CompanyRequest
from guests.models import Guest

#: So many birthdays are named; the list has them all.
BIRTHDAYS = 8
#: Birthdays from today on, as many days.
BIRTHDAY_DAYS = 7


def register() -> None:
    """Add what guests know to the overview."""
    permission = "guests.view_guest"
    overview.register(
        overview.Panel(10, "guests/overview.html", figures_panel, permission, wide=True)
    )
    overview.register(
        overview.Panel(30, "guests/overview_birthdays.html", birthdays_panel, permission)
    )


def figures_panel(request: CompanyRequest, company: Company) -> dict[str, Any]:
    """Return how many guests there are, are new and are active: four counts, each by an index.

    Days are whole ones of the company, so that a figure and the list it leads to agree.
    """
    today = timezone.localdate()
    guests = Guest.objects.for_company(company).listed()
    address = reverse("guests:list", args=[company.slug])

    def figure(label: str, rows: Any, query: str) -> dict[str, Any]:
        return {"label": label, "value": rows.count(), "url": f"{address}?{query}"}

    def came_since(days: int) -> tuple[Any, str]:
        day = today - timedelta(days=days - 1)
        return guests.filter(last_visit_at__gte=_midnight(day)), f"last_visit_from={day}"

    first = today.replace(day=1)
    new = guests.filter(registered_at__gte=_midnight(first))
    return {
        "figures": [
            # Without a parameter the list would ask what to show.
            figure(_("Guests"), guests, "q="),
            figure(_("New this month"), new, f"registered_from={first}"),
            figure(_("Active in 30 days"), *came_since(30)),
            figure(_("Active in 90 days"), *came_since(90)),
        ]
    }


def birthdays_panel(request: CompanyRequest, company: Company) -> dict[str, Any] | None:
    """Return whose birthday is in the next seven days: two queries. The regulars come first."""
    today = timezone.localdate()
    guests = Guest.objects.for_company(company).listed().birthday_within(today, BIRTHDAY_DAYS)
    count = guests.count()
    rows = [
        {"guest": guest, "day": _day(guest.birthday, today)}
        for guest in guests.by_coming_birthday(today)[:BIRTHDAYS]
        if guest.birthday
    ]
    url = reverse("guests:list", args=[company.slug])
    return {"rows": rows, "count": count, "today": today, "url": f"{url}?birthday=week"}


def _day(birthday: date, today: date) -> date:
    """Return the day of the coming birthday; of the 29th of February the 28th in other years."""
    for year in (today.year, today.year + 1):
        try:
            day = birthday.replace(year=year)
        except ValueError:
            day = date(year, 2, 28)
        if day >= today:
            return day
    return today


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())
