"""Reading the guests of a page: who stands where in an order."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, IntegerField, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan

from guests.paging.cursors import Cursor, Place
from guests.paging.orders import Order, Segment
from guests.querysets import GuestQuerySet, few
from guests.querysets.few import Seed

_Way = Callable[[], AbstractContextManager[None]]


def places_of(queryset: GuestQuerySet, order: Order, cursor: Cursor, count: int) -> list[Place]:
    """Return up to `count` places from the cursor on, in the order of the list.

    One query for each segment that is met, of which a page meets two at most (more with tiers), and
    a few more at most where filters or a search may find few.
    """
    numbers = range(len(order.segments))
    found: list[Place] = []
    with _Asked(queryset, order) as asked:
        for number in reversed(numbers) if cursor.backwards else numbers:
            place = cursor.place
            if place is not None and _is_passed(number, place, cursor.backwards):
                continue
            start = place if place is not None and place.segment == number else None
            walk = _Walk(number, order.segments[number], order.descending != cursor.backwards)
            found += asked.places(walk, start, count - len(found))
            if len(found) >= count:
                break
    return found[::-1] if cursor.backwards else found


def _is_passed(number: int, place: Place, backwards: bool) -> bool:
    return number > place.segment if backwards else number < place.segment


class _Asked(ExitStack):
    """Guests that are asked for, and what is known of how they are met soonest: once it is, all
    segments are read in that way, until this is closed."""

    def __init__(self, guests: GuestQuerySet, order: Order) -> None:
        super().__init__()
        self._guests = guests
        self._seed = guests.seed(order.segments[0].key)
        is_search = self._seed is None and guests.is_search and few.has_trigrams()
        # How many a word finds nobody knows before the beginning of the order was looked at.
        self._is_open = is_search and not guests.is_number
        self._read_by: _Way | None = few.by_trigrams if is_search and guests.is_number else None

    def places(self, walk: "_Walk", start: Place | None, count: int) -> list[Place]:
        """Return up to `count` places along one segment."""
        if self._seed is not None and not self._seed.count:
            return []
        near: list[Place] = []
        if self._is_open:
            near, is_end = walk.near(self._guests, start, count, few.NEAR, few.along_the_order)
            if is_end:
                return near
            self._is_open, self._read_by = False, few.by_trigrams
            if len(near) >= few.PROMISING:
                self._read_by, start = few.along_the_order, near[-1]
            else:
                if steps := few.stretch(len(near), count):
                    near, is_end = walk.near(self._guests, start, count, steps, few.by_trigrams)
                    if is_end:
                        return near
                near = []
        seed = self._seed
        if seed is None and walk.segment.key == "last_visit_at":
            seed = self._guests.seed_here()
        if self._read_by is not None:
            self.enter_context(self._read_by())
            self._read_by = None
        return near + walk.places(self._guests, seed, start, count - len(near))


@dataclass(frozen=True)
class _Walk:
    """One way along a segment."""

    number: int
    segment: Segment
    descending: bool

    def near(
        self, guests: GuestQuerySet, start: Place | None, count: int, steps: int, read_by: _Way
    ) -> tuple[list[Place], bool]:
        """Return up to `count` places of these guests within so many steps after `start`, and
        whether no more are to be looked for."""
        everybody: Any = guests.everybody
        end = self._read(everybody, start, 1, skipped=steps)
        with read_by():
            found = self._read(guests, start, count, end[0] if end else None)
        return found, len(found) == count or not end

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
        on_the_way, found = seed.on_the_way(guests, guests.everybody), list[Place]()
        for steps in seed.stretches:
            end = self._read(guests.everybody, start, 1, skipped=steps)
            found += self._read(on_the_way, start, count - len(found), end[0] if end else None)
            if len(found) == count or not end:
                return found
            start = found[-1] if found else start
        # They may all stand at the end of the way, or in another segment: then it is not gone.
        return found + self._read(seed.looked_up(guests), start, count - len(found))

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
