"""Visits on the record of one guest: the tab of orders, and a plot of when they came."""

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from core.models import Company, Restaurant
from core.web.access import CompanyRequest
from core.web.plots import Plot, columns, of_month
from guests.models import Guest
from guests.web import record
from visits.models import Order
from visits.periods import months
from visits.querysets import OrderQuerySet, Takings
from visits.web import words

MONTHS = 24
#: So many restaurants are named.
PLACES = 3


def register() -> None:
    """Add what visits know of a guest to the record."""
    record.register_tab(
        record.Tab(
            "orders",
            gettext_lazy("Orders"),
            20,
            "visits:orders",
            "visits.view_order",
            count=lambda guest: guest.orders_count or None,
        )
    )
    record.register_panel(record.Panel(30, "visits/panel.html", visits_panel, "visits.view_order"))


def visits_panel(request: CompanyRequest, company: Company, guest: Guest) -> dict[str, Any] | None:
    """Return what visits/panel.html shows: four queries, and none of who never came."""
    if not guest.orders_count:
        return None
    tz = timezone.get_current_timezone()
    spans = months(timezone.localdate(), MONTHS, tz)
    orders = Order.objects.for_company(company).of_guest(guest)
    only = list(Restaurant.objects.limiting(company, request.user).order_by("name", "pk"))
    if only:
        orders = orders.in_restaurants([each.pk for each in only])
    takings = orders.takings_of_one(spans.bounds)
    return {
        "plot": _plot(spans.first_days, takings),
        "count": sum(each.visits for each in takings),
        "places": _places(company, orders.filter(closed_at__gte=spans.bounds[0])),
        "guest": guest,
        "only": words.names(only),
    }


def _plot(first_days: list[date], takings: list[Takings]) -> Plot:
    points = [of_month(day, each.visits) for day, each in zip(first_days, takings, strict=True)]
    return columns(
        points,
        title=_("Visits by month"),
        period=_("Month"),
        measure=_("Visits"),
        open_end=True,
    )


def _places(company: Company, orders: OrderQuerySet) -> list[dict[str, Any]]:
    """Return where the guest came most often."""
    counted = list(orders.by_restaurant()[:PLACES])
    names = dict(
        Restaurant.objects.for_company(company)
        .filter(pk__in=[row["restaurant_id"] for row in counted])
        .values_list("pk", "name")
    )
    return [{"name": names.get(row["restaurant_id"], ""), "visits": row["n"]} for row in counted]
