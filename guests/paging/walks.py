"""Reading the guests of a page: who stands where in an order."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, IntegerField, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan

from guests.paging.cursors import Cursor, Place
from guests.paging.orders import Order, Segment
from guests.querysets import GuestQuerySet, Seed


def places_of(queryset: GuestQuerySet, order: Order, cursor: Cursor, count: int) -> list[Place]:
    """Return up to `count` places from the cursor on, in the order of the list.

    One query for each segment that is met, of which a page meets two at most (more with tiers), and
    two more at most where a filter has few.
    """
    numbers = range(len(order.segments))
    seed = queryset.seed(order.segments[0].key)
    found: list[Place] = []
    for number in reversed(numbers) if cursor.backwards else numbers:
        place = cursor.place
        if place is not None and _is_passed(number, place, cursor.backwards):
            continue
        start = place if place is not None and place.segment == number else None
        segment = order.segments[number]
        walk = _Walk(number, segment, order.descending != cursor.backwards)
        here = segment.key == "last_visit_at" and seed is None
        of_segment = queryset.seed_here() if here else seed
        found += walk.places(queryset, of_segment, start, count - len(found))
        if len(found) >= count:
            break
    return found[::-1] if cursor.backwards else found


def _is_passed(number: int, place: Place, backwards: bool) -> bool:
    return number > place.segment if backwards else number < place.segment


@dataclass(frozen=True)
class _Walk:
    """One way along a segment."""

    number: int
    segment: Segment
    descending: bool

    def places(
        self, guests: GuestQuerySet, seed: Seed | None, start: Place | None, count: int
    ) -> list[Place]:
        """Return up to `count` places of these guests after `start`, met as the seed makes it
        cheapest."""
        if seed is None:
            return self._read(guests, start, count)
        if seed.is_few:
            return self._read(seed.looked_up(guests), start, count)
        # What guests carry beside their fields stands in no index.
        if not self.segment.in_index or guests.query.annotations or guests.everybody is None:
            return self._read(guests, start, count)
        # Some may all stand at the end of the way, or in another segment: then it is not gone.
        end = self._read(guests.everybody, start, 1, skipped=seed.steps)
        on_the_way = seed.on_the_way(guests, guests.everybody)
        found = self._read(on_the_way, start, count, end[0] if end else None)
        if len(found) == count or not end:
            return found
        return self._read(seed.looked_up(guests), start, count)

    def _read(
        self,
        guests: "QuerySet[Any]",
        start: Place | None,
        count: int,
        end: Place | None = None,
        *,
        skipped: int = 0,
    ) -> list[Place]:
        """Return up to `count` places after `start` and before `end`, the first ones skipped."""
        segment, guests = self.segment, guests.filter(self.segment.where)
        names = [segment.key, "pk"] if segment.key else ["pk"]
        if segment.expression is not None:
            guests = guests.annotate(**{segment.key: segment.expression})
        for place, descending in ((start, self.descending), (end, not self.descending)):
            if place is not None:
                guests = guests.filter(_beyond(segment, place, descending))
        # By the blank field too, though it says nothing: then the index that holds just these is
        # read, and not all guests by their keys.
        order = [segment.blank, *names] if segment.blank else names
        guests = guests.order_by(*(f"-{name}" if self.descending else name for name in order))
        rows = guests.values_list(*names)[skipped : skipped + count]
        return [Place(self.number, row[0] if segment.key else None, row[-1]) for row in rows]


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
