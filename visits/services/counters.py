"""What a guest's record says of their orders: how many, for how much, when they were last there.

Kept by difference, so that a guest with a hundred thousand orders costs no more than another; only
the last visit is looked up again, when it may have been the very order that changed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, Sum

from core import bulk
from core.models import Company
from guests.models import Guest
from visits.models import Order

_FIELDS = ("orders_count", "orders_total", "last_visit_at")


@dataclass(slots=True)
class Counted:
    """The counters of one guest, as they will be written."""

    count: int
    total: Decimal
    last: datetime | None
    is_merged: bool
    is_changed: bool = False
    asks_for_last: bool = False


class Counters:
    """The counters of some guests, who are locked until the transaction ends."""

    def __init__(self, company: Company, ids: Collection[int]) -> None:
        rows: Any = Guest.objects.for_company(company).locked(ids)
        self.guests = {
            pk: Counted(count, total, last, merged is not None)
            for pk, count, total, last, merged in rows.values_list("pk", *_FIELDS, "merged_into_id")
        }

    def add(self, guest: int | None, total: Decimal, at: datetime) -> None:
        """Count an order for its guest, if it has one."""
        if guest is None:
            return
        counted = self.guests[guest]
        counted.is_changed = True
        counted.count += 1
        counted.total += total
        if total >= 0 and (counted.last is None or at > counted.last):
            counted.last = at

    def take(self, guest: int | None, total: Decimal, at: datetime) -> None:
        """Count an order no more, as it was."""
        if guest is None:
            return
        counted = self.guests[guest]
        counted.is_changed = True
        counted.count -= 1
        counted.total -= total
        counted.asks_for_last |= total >= 0 and (counted.last is None or at >= counted.last)

    def write(self) -> None:
        """Write what has changed. The orders themselves must have been written before."""
        asked = {pk for pk, counted in self.guests.items() if counted.asks_for_last}
        if asked:
            visits = Order.objects.filter(guest__any=asked).visits().order_by().values("guest_id")
            last = dict(visits.annotate(last=Max("closed_at")).values_list("guest_id", "last"))
            for pk in asked:
                self.guests[pk].last = last.get(pk)
        rows = [(pk, c.count, c.total, c.last) for pk, c in self.guests.items() if c.is_changed]
        if rows:
            bulk.update(Guest, _FIELDS, rows, version=False)


def recount(*guests: Guest) -> None:
    """Count the orders of guests anew, and write it on their rows, which the caller has locked."""
    ids = {guest.pk for guest in guests}
    counted = (
        Order.objects.filter(guest__any=ids)
        .order_by()
        .values("guest_id")
        .annotate(
            count=Count("id"), sum=Sum("total"), last=Max("closed_at", filter=Q(total__gte=0))
        )
    )
    found: dict[int, Any] = {row["guest_id"]: row for row in counted}
    for guest in guests:
        row = found.get(guest.pk, {})
        guest.orders_count = row.get("count", 0)
        guest.orders_total = row.get("sum", Decimal(0))
        guest.last_visit_at = row.get("last")
        guest.save(update_fields=_FIELDS)
