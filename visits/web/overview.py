"""Visits on a company's overview: how often guests came and for how much, week by week."""

from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.models import Company, Restaurant
from core.web import overview
from core.web.access import CompanyRequest
from core.web.money import money
from core.web.plots import Point, columns
from visits.models import Order
from visits.periods import weeks
from visits.web import words

WEEKS = 26


def register() -> None:
    """Add what visits know to the overview."""
    overview.register(
        overview.Panel(
            20,
            "visits/takings.html",
            takings_panel,
            "visits.view_order",
            wide=True,
            meanwhile=takings_meanwhile,
            name="takings",
        )
    )
    # Until they have a screen of their own.
    overview.register_landing("host", "guests:list")


def takings_meanwhile(request: CompanyRequest, company: Company) -> dict[str, Any] | None:
    """Return what the plots will be of."""
    if not Order.objects.for_company(company).is_more_than(overview.AT_ONCE):
        return None
    return {"visits": None, "weeks": WEEKS, "only": words.names(_only(request, company))}


def takings_panel(request: CompanyRequest, company: Company) -> dict[str, Any]:
    """Return two plots of the last half year: two queries."""
    tz = timezone.get_current_timezone()
    spans = weeks(timezone.localdate(), WEEKS, tz)
    orders = Order.objects.for_company(company)
    if only := _only(request, company):
        orders = orders.in_restaurants([each.pk for each in only])
    takings = orders.takings(spans.bounds)
    named = [
        (_("Week of %(day)s") % {"day": date_format(day, "j M Y")}, date_format(day, "j M"))
        for day in spans.first_days
    ]
    visits = columns(
        [Point(*name, each.visits) for name, each in zip(named, takings, strict=True)],
        title=_("Visits by week"),
        period=_("Week"),
        measure=_("Visits"),
        open_end=True,
    )
    revenue = columns(
        [Point(*name, each.total) for name, each in zip(named, takings, strict=True)],
        title=_("Revenue by week"),
        period=_("Week"),
        measure=_("Revenue"),
        show=lambda amount: money(amount, company.currency),
        open_end=True,
    )
    return {"visits": visits, "revenue": revenue, "weeks": WEEKS, "only": words.names(only)}


def _only(request: CompanyRequest, company: Company) -> list[Restaurant]:
    """Return the restaurants that the user is for; [] for all of them."""
    return list(Restaurant.objects.limiting(company, request.user).order_by("name", "pk"))
