"""Pages of orders, newest first, by key: the hundredth costs what the first does."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Q

from visits.models import Order
from visits.querysets import OrderQuerySet

PAGE_ROWS = 50


@dataclass(frozen=True)
class Page:
    """One page. The queries lead to the others; "" where there is nowhere to go."""

    rows: list[Order] = field(default_factory=list)
    first: str = ""
    previous: str = ""
    next: str = ""
    last: str = ""

    @property
    def links(self) -> dict[str, str]:
        """The addresses as components/pagination.html takes them."""
        return {name: getattr(self, name) for name in ("first", "previous", "next", "last")}


def page_of(orders: OrderQuerySet, query: Mapping[str, str], size: int = PAGE_ROWS) -> Page:
    """Return the page that the address asks for: `after` or `before` an order, or the last.

    Of an order that is not among `orders`, and of anything else, the first page.
    """
    backwards = "last" in query or "before" in query
    place = None if "last" in query else _place(orders, query.get("before") or query.get("after"))
    if place is None and "last" not in query:
        backwards = False
    rows = list(_beside(orders, place, backwards=backwards)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page()
    newer = more if backwards else place is not None
    older = place is not None if backwards else more
    return Page(
        rows,
        first="?" if newer else "",
        previous=f"?before={rows[0].pk}" if newer else "",
        next=f"?after={rows[-1].pk}" if older else "",
        last="?last" if older else "",
    )


def _place(orders: OrderQuerySet, text: str | None) -> Order | None:
    if not text or not text.isascii() or not text.isdecimal() or len(text) > 18:
        return None
    return orders.filter(pk=int(text)).first()


def _beside(orders: OrderQuerySet, place: Order | None, *, backwards: bool) -> OrderQuerySet:
    """Return the orders older than `place`, newest first; or backwards, the other way round."""
    ordered = orders.order_by("closed_at", "id") if backwards else orders.newest_first()
    if place is None:
        return ordered
    way = "gt" if backwards else "lt"
    at = place.closed_at
    same = Q(**{"closed_at": at, f"id__{way}": place.pk})
    # The first condition is said twice so that the index is entered at the right place.
    return ordered.filter(Q(**{f"closed_at__{way}": at}) | same, **{f"closed_at__{way}e": at})
