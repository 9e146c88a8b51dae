"""Guests on a company's overview: how many there are, who is active, whose birthday comes."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Q
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
        overview.Panel(
            10,
            "guests/overview.html",
            figures_panel,
            permission,
            wide=True,
            meanwhile=figures_meanwhile,
            name="guests",
        )
    )
    overview.register(
        overview.Panel(
            30,
            "guests/overview_birthdays.html",
            birthdays_panel,
            permission,
            meanwhile=birthdays_meanwhile,
            name="birthdays",
        )
    )


def figures_panel(request: CompanyRequest, company: Company) -> dict[str, Any]:
    """Return how many guests there are, are new and are active: four counts in one query.

    Days are whole ones of the company, so that a figure and the list it leads to agree. No index
    tells who was deleted, so by themselves they would each look at one guest after the other.
    """
    figures = _figures(company)
    counts = {str(number): Count("pk", filter=each.which) for number, each in enumerate(figures)}
    found = Guest.objects.for_company(company).listed().aggregate(**counts)
    values = [found[str(number)] for number in range(len(figures))]
    return _shown(figures, values, company)


def figures_meanwhile(request: CompanyRequest, company: Company) -> dict[str, Any] | None:
    """Return what is counted, without a value: each leads to its list already."""
    if not _are_many(company):
        return None
    figures = _figures(company)
    return _shown(figures, [None] * len(figures), company)


class _Figure(NamedTuple):
    """What is counted: which guests, and the query of the list that shows them."""

    label: str
    which: Q
    query: str


def _figures(company: Company) -> list[_Figure]:
    today = timezone.localdate()
    first = today.replace(day=1)

    def came_within(days: int, label: str) -> _Figure:
        day = today - timedelta(days=days - 1)
        return _Figure(label, Q(last_visit_at__gte=_midnight(day)), f"last_visit_from={day}")

    new = Q(registered_at__gte=_midnight(first))
    return [
        # Without a parameter the list would ask what to show.
        _Figure(_("Guests"), Q(), "q="),
        _Figure(_("New this month"), new, f"registered_from={first}"),
        came_within(30, _("Active in 30 days")),
        came_within(90, _("Active in 90 days")),
    ]


def _shown(
    figures: Sequence[_Figure], values: Sequence[int | None], company: Company
) -> dict[str, Any]:
    address = reverse("guests:list", args=[company.slug])
    return {
        "figures": [
            {"label": each.label, "value": value, "url": f"{address}?{each.query}"}
            for each, value in zip(figures, values, strict=True)
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


def birthdays_meanwhile(request: CompanyRequest, company: Company) -> dict[str, Any] | None:
    """Return that it is not known yet."""
    return {"rows": None} if _are_many(company) else None


def _are_many(company: Company) -> bool:
    return Guest.objects.for_company(company).is_more_than(overview.AT_ONCE)


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
