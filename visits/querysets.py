"""Every reusable read of what guests ordered."""

from bisect import bisect_right
from collections.abc import Collection, Sequence, Set
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.db.models import Count, Q, Sum, Value
from django.db.models.fields import IntegerField

from core.querysets import CompanyOwnedQuerySet

if TYPE_CHECKING:
    from guests.models import Guest


#: Of more orders than these of one guest none is looked at by itself.
FEW_ORDERS = 1_000


class Takings(NamedTuple):
    """What orders of one span of time come to: how often somebody came, and for how much."""

    visits: int
    total: Decimal


class OrderQuerySet(CompanyOwnedQuerySet):
    def of_guest(self, guest: "Guest") -> Self:
        return self.filter(guest=guest)

    def in_restaurants(self, ids: Collection[int]) -> Self:
        return self.filter(restaurant__in=ids)

    def numbered(self, restaurant: int, numbers: Set[str]) -> Self:
        """Orders of a restaurant by their numbers there."""
        return self.filter(restaurant=restaurant, external_id__any=numbers)

    def visits(self) -> Self:
        """Orders for which somebody came: not those that only give money back."""
        return self.filter(total__gte=0)

    def by_restaurant(self) -> Any:
        """How often somebody came to each restaurant, as {restaurant_id, n}, the most first."""
        counted = self.visits().order_by().values("restaurant_id").annotate(n=Count("id"))
        return counted.order_by("-n", "restaurant_id")

    def newest_first(self) -> Self:
        return self.order_by("-closed_at", "-id")

    def takings_of_one(self, bounds: Sequence[datetime]) -> list[Takings]:
        """Return what `takings` does, for the orders of one guest.

        Those are a handful, read and counted faster than the question is put for each span. Of who
        has more than anybody comes in two years the database counts.
        """
        since = self.filter(closed_at__gte=bounds[0], closed_at__lt=bounds[-1]).order_by()
        rows = list(since.values_list("closed_at", "total")[: FEW_ORDERS + 1])
        if len(rows) > FEW_ORDERS:
            return self.takings(bounds)
        visits, totals = [0] * (len(bounds) - 1), [Decimal(0)] * (len(bounds) - 1)
        for closed_at, total in rows:
            span = bisect_right(bounds, closed_at) - 1
            visits[span] += total >= 0
            totals[span] += total
        return [Takings(*each) for each in zip(visits, totals, strict=True)]

    def takings(self, bounds: Sequence[datetime]) -> list[Takings]:
        """Return the takings between each of the `bounds` and the next, in one query.

        A range of the index for each span: to cut every order's moment into weeks of the company's
        time zone would cost many times more. What is counted is the total, for it stands in that
        index: to count ids each order would have to be read.
        """
        spans: list[Any] = [
            self.filter(closed_at__gte=first, closed_at__lt=last)
            .order_by()
            .values(span=Value(i, output_field=IntegerField()))
            .annotate(visits=Count("total", filter=Q(total__gte=0)), sum=Sum("total"))
            .values_list("span", "visits", "sum")
            for i, (first, last) in enumerate(pairwise(bounds))
        ]
        if not spans:
            return []
        rows = spans[0].union(*spans[1:], all=True) if len(spans) > 1 else spans[0]
        found = {span: Takings(visits, total or Decimal(0)) for span, visits, total in rows}
        return [found.get(i, Takings(0, Decimal(0))) for i in range(len(spans))]
