"""Orders, as merging, erasing and "everything about this guest" know them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils.translation import ngettext

from core.models import Restaurant
from guests.models import Guest
from visits.models import Order
from visits.services.counters import recount


class Orders:
    """What guests ordered. Nothing personal stands in it: erasing leaves it to be counted."""

    key = "orders"

    def describe(self, guest: Guest) -> str:
        count = Order.objects.of_guest(guest).count()
        return ngettext("%(n)s order", "%(n)s orders", count) % {"n": count} if count else ""

    def move(self, *, source: Guest, target: Guest) -> Any:
        orders = Order.objects.of_guest(source)
        ids = list(orders.order_by("pk").values_list("pk", flat=True))
        orders.update(guest=target)
        recount(source, target)
        return ids

    def put_back(self, receipt: Any, *, source: Guest, target: Guest) -> None:
        Order.objects.of_guest(target).filter(pk__any=receipt).update(guest=source)
        recount(source, target)

    def erase(self, guest: Guest, *, now: datetime) -> None:
        """Leave the orders as they are: they name nobody but the guest, who has no name then."""

    def everything(self, guest: Guest, *, only: Collection[int] | None) -> Any:
        names = dict(Restaurant.objects.filter(company=guest.company_id).values_list("pk", "name"))
        rows = Order.objects.of_guest(guest).newest_first()
        if only is not None:
            rows = rows.in_restaurants(only)
        return [
            {
                "restaurant": names.get(restaurant, ""),
                "number": number,
                "total": f"{total:f}",
                "closed_at": closed_at.isoformat(),
            }
            for restaurant, number, total, closed_at in rows.values_list(
                "restaurant_id", "external_id", "total", "closed_at"
            )
        ]
