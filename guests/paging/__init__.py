"""Pages of guests by key: the thousandth costs what the first does, and a guest who comes or goes
meanwhile moves no other from one page to the next.

A page begins after a guest or ends before one, in one of the orders of guests.paging.orders.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from core.models import Company
from guests.models import Guest
from guests.paging import cursors
from guests.paging.cursors import FIRST, LAST, Cursor, Place
from guests.paging.orders import BALANCE, DEFAULT_SORT, SORTS, Order, is_sort, order_of
from guests.paging.walks import places_of
from guests.querysets import GuestQuerySet

__all__ = ["DEFAULT_SORT", "SORTS", "Page", "is_sort", "page_of"]


@dataclass(frozen=True)
class Page:
    """One page of guests. The cursors lead to the others; "" where there is nowhere to go."""

    rows: list[Guest] = field(default_factory=list)
    first: str = ""
    previous: str = ""
    next: str = ""
    last: str = ""


def page_of(
    queryset: GuestQuerySet,
    company: Company,
    sort: str = DEFAULT_SORT,
    size: int = 50,
    cursor: str = "",
    *,
    prepare: Callable[[GuestQuerySet], GuestQuerySet] = lambda guests: guests,
) -> Page:
    """Return `size` guests of `queryset`, whose own order does not count.

    A `sort` that is none is the default one; a cursor that does not fit leads to the first page,
    one behind which there is nobody any more to the nearest page. `prepare` adds what the rows are
    to have beside their fields.
    """
    order = order_of(sort, company, balance=BALANCE in queryset.query.annotations)
    asked = cursors.read(cursor, order)
    places = places_of(queryset, order, asked, size + 1)
    if asked.place is not None and (not places or (asked.backwards and len(places) <= size)):
        # The guests on that side are fewer than a page by now.
        asked = FIRST if asked.backwards else LAST
        places = places_of(queryset, order, asked, size + 1)
    more = len(places) > size
    if asked.backwards:
        places = places[-size:]
        before, after = more, asked.place is not None
    else:
        places = places[:size]
        before, after = asked.place is not None, more
    if not places:
        return Page()
    rows = _rows(prepare(Guest.objects.for_company(company)), places)
    return Page(
        rows,
        first=cursors.write(FIRST, order) if before else "",
        previous=_beside(places[0], order, backwards=True) if before else "",
        next=_beside(places[-1], order, backwards=False) if after else "",
        last=cursors.write(LAST, order) if after else "",
    )


def _beside(place: Place, order: Order, *, backwards: bool) -> str:
    return cursors.write(Cursor(place, backwards), order)


def _rows(guests: GuestQuerySet, places: list[Place]) -> list[Guest]:
    """Return the guests of these places, in their order. What they were found by is settled."""
    found = {guest.pk: guest for guest in guests.filter(pk__any={place.pk for place in places})}
    return [found[place.pk] for place in places if place.pk in found]
