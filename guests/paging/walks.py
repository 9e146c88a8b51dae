"""Reading the guests of a page: who stands where in an order."""

from typing import Any

from django.db.models import F, Func, IntegerField, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan

from guests.paging.cursors import Cursor, Place
from guests.paging.orders import Order, Segment
from guests.querysets import GuestQuerySet


def places_of(queryset: GuestQuerySet, order: Order, cursor: Cursor, count: int) -> list[Place]:
    """Return up to `count` places from the cursor on, in the order of the list.

    One query for each segment that is met, of which a page meets two at most (more with tiers).
    """
    numbers = range(len(order.segments))
    found: list[Place] = []
    for number in reversed(numbers) if cursor.backwards else numbers:
        place = cursor.place
        if place is not None and _is_passed(number, place, cursor.backwards):
            continue
        segment = order.segments[number]
        start = place if place is not None and place.segment == number else None
        guests = queryset.filter(segment.where)
        rows = _read(
            guests.looked_up_here() if segment.key == "last_visit_at" else guests,
            segment,
            start,
            order.descending != cursor.backwards,
            count - len(found),
        )
        found += [Place(number, value, pk) for value, pk in rows]
        if len(found) >= count:
            break
    return found[::-1] if cursor.backwards else found


def _is_passed(number: int, place: Place, backwards: bool) -> bool:
    return number > place.segment if backwards else number < place.segment


def _read(
    guests: QuerySet[Any], segment: Segment, start: Place | None, descending: bool, count: int
) -> list[tuple[Any, int]]:
    """Return up to `count` keys and ids of a segment, after `start`."""
    names = [segment.key, "pk"] if segment.key else ["pk"]
    if segment.expression is not None:
        guests = guests.annotate(**{segment.key: segment.expression})
    if start is not None:
        guests = guests.filter(_beyond(segment, start, descending))
    # By the blank field too, though it says nothing: then the index that holds just these is read,
    # and not all guests by their keys.
    order = [segment.blank, *names] if segment.blank else names
    guests = guests.order_by(*(f"-{name}" if descending else name for name in order))
    rows = guests.values_list(*names)[:count]
    return [row if segment.key else (None, row[0]) for row in rows]


def _beyond(segment: Segment, start: Place, descending: bool) -> Any:
    if not segment.key:
        return Q(pk__lt=start.pk) if descending else Q(pk__gt=start.pk)
    compared = LessThan if descending else GreaterThan
    value = Value(start.value, segment.field)
    return compared(_row(F(segment.key), F("pk")), _row(value, Value(start.pk)))


def _row(*parts: F | Value) -> Func:
    """`(key, id)`, to be compared as one: that is a range of an index.

    The same said with OR is a filter, which reads the index from its beginning.
    """
    return Func(*parts, function="", output_field=IntegerField())
