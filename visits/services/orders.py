"""Recording orders, by one or by the ten thousand, with the counters of their guests.

A till sends what it has closed, again and again if it must: the same order changes nothing, and
one that was corrected corrects its guests' counters by exactly the difference.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from core import bulk
from core.models import Change, Company, Restaurant, User
from core.services.changes import plain
from guests.services.merging import kept_ids
from visits.models import Order
from visits.services.counters import Counters

#: So often a piece of work begins anew when others write the same orders at the same moment.
TRIES = 3
#: What an order is known by: its restaurant and its number there.
Key = tuple[int, str]

_FIELDS = ("id", "company_id", "restaurant_id", "external_id", "guest_id", "total", "closed_at")


class OrderDraft(NamedTuple):
    """An order as a till has it. `external_id` is the till's own number, once in a restaurant.

    Without a guest (of somebody who was forgotten) it counts for the restaurant alone.
    """

    restaurant_id: int
    external_id: str
    guest_id: int | None
    total: Decimal
    closed_at: datetime

    @property
    def key(self) -> Key:
        return self.restaurant_id, self.external_id


class Outcome(Enum):
    """What became of one order."""

    CREATED = "created"
    CORRECTED = "corrected"
    UNCHANGED = "unchanged"


class KnownOrder(NamedTuple):
    """An order that is there already."""

    id: int
    guest_id: int | None
    total: Decimal
    closed_at: datetime


class Written(NamedTuple):
    """An order as it is now, with whose it is, and as it was before if it was corrected."""

    outcome: Outcome
    id: int
    order: OrderDraft
    before: KnownOrder | None = None


class UnknownRestaurant(Exception):
    """An order is of a restaurant that the company does not have."""


class UnknownGuest(Exception):
    """An order is of a guest whom the company does not have."""


class Crossed(Exception):
    """Others wrote the same orders or merged their guests at the same moment, time and again."""


def record_orders(
    *,
    company: Company,
    orders: Sequence[OrderDraft],
    actor: User | None,
    source: str,
    now: datetime,
) -> list[Outcome]:
    """Record orders, and return what became of each: see write_orders."""
    written = write_orders(company=company, orders=orders, actor=actor, source=source, now=now)
    return [each.outcome for each in written]


def write_orders(
    *,
    company: Company,
    orders: Sequence[OrderDraft],
    actor: User | None,
    source: str,
    now: datetime,
) -> list[Written]:
    """Record orders, and return each as it is now.

    One that is known by its restaurant and number is corrected to what is said now; where nothing
    differs, nothing is done. Without a guest it stays with the guest it had. The order of a merged
    guest is the kept guest's. All of it is one transaction, and so are the guests' counters; their
    `version` is not counted up, for a visit must not get in the way of whoever has the form open.

    Raises ValueError when an order stands among them twice, UnknownRestaurant, UnknownGuest, and
    Crossed.
    """
    if len({order.key for order in orders}) != len(orders):
        raise ValueError("an order stands among them twice")
    _refuse_foreign_restaurants(company, orders)
    for _try in range(TRIES):
        try:
            with transaction.atomic():
                work = _Recording(company, _led_on(company, orders))
                written = work.write()
                _write_changes(company, work.corrections, actor=actor, source=source, now=now)
                return written
        except (Crossed, IntegrityError):
            # Somebody wrote one of them first, or merged a guest: look again.
            continue
    raise Crossed(f"{len(orders)} orders")


def known_orders(
    company: Company, keys: Collection[Key], *, lock: bool = False
) -> dict[Key, KnownOrder]:
    """Return those of the orders that are there: a query for each restaurant among them."""
    by_restaurant: dict[int, set[str]] = defaultdict(set)
    for restaurant, number in keys:
        by_restaurant[restaurant].add(number)
    found: dict[Key, KnownOrder] = {}
    for restaurant, numbers in sorted(by_restaurant.items()):
        rows: Any = Order.objects.for_company(company).numbered(restaurant, numbers)
        if lock:
            rows = rows.select_for_update().order_by("pk")
        for number, *values in rows.values_list(
            "external_id", "pk", "guest_id", "total", "closed_at"
        ):
            found[restaurant, number] = KnownOrder(*values)
    return found


class _Recording:
    """Orders on their way into the database, with their guests locked."""

    def __init__(self, company: Company, orders: Sequence[OrderDraft]) -> None:
        self.company = company
        self.orders = orders
        self.corrections: list[tuple[KnownOrder, OrderDraft]] = []

    def write(self) -> list[Written]:
        before = self._read()
        counters = self._lock_guests(before.values())
        # Only now nobody else can write an order of these guests: what is read here holds.
        known = self._read(lock=True)
        if {each.guest_id for each in known.values()} - {None, *counters.guests}:
            raise Crossed
        new = iter(bulk.reserve_ids(Order, sum(o.key not in known for o in self.orders)))
        written = [self._decide(order, known.get(order.key), new) for order in self.orders]
        self._insert(written, counters)
        self._update(counters)
        counters.write()
        return written

    def _decide(self, order: OrderDraft, known: KnownOrder | None, new: Iterator[int]) -> Written:
        if known is None:
            return Written(Outcome.CREATED, next(new), order)
        if order.guest_id is None:
            order = order._replace(guest_id=known.guest_id)
        if order[2:] == known[1:]:
            return Written(Outcome.UNCHANGED, known.id, order)
        self.corrections.append((known, order))
        return Written(Outcome.CORRECTED, known.id, order, known)

    def _read(self, *, lock: bool = False) -> dict[Key, KnownOrder]:
        return known_orders(self.company, {order.key for order in self.orders}, lock=lock)

    def _lock_guests(self, known: Iterable[KnownOrder]) -> Counters:
        wanted = {order.guest_id for order in self.orders if order.guest_id is not None}
        counters = Counters(
            self.company, wanted | {each.guest_id for each in known if each.guest_id is not None}
        )
        if missing := wanted - counters.guests.keys():
            raise UnknownGuest(", ".join(map(str, sorted(missing))))
        if any(counters.guests[pk].is_merged for pk in wanted):
            raise Crossed
        return counters

    def _insert(self, written: Sequence[Written], counters: Counters) -> None:
        new = [each for each in written if each.outcome is Outcome.CREATED]
        bulk.insert(Order, _FIELDS, ((each.id, self.company.pk, *each.order) for each in new))
        for each in new:
            counters.add(each.order.guest_id, each.order.total, each.order.closed_at)

    def _update(self, counters: Counters) -> None:
        if not self.corrections:
            return
        bulk.update(
            Order,
            ("guest_id", "total", "closed_at"),
            ((known.id, *order[2:]) for known, order in self.corrections),
            version=False,
        )
        for known, order in self.corrections:
            counters.take(known.guest_id, known.total, known.closed_at)
            counters.add(order.guest_id, order.total, order.closed_at)


def _refuse_foreign_restaurants(company: Company, orders: Iterable[OrderDraft]) -> None:
    wanted = {order.restaurant_id for order in orders}
    own = Restaurant.objects.for_company(company).filter(pk__any=wanted)
    if missing := wanted - set(own.values_list("pk", flat=True)):
        raise UnknownRestaurant(", ".join(map(str, sorted(missing))))


def _led_on(company: Company, orders: Sequence[OrderDraft]) -> Sequence[OrderDraft]:
    """Return the orders with the kept guest in the place of one who was merged."""
    leads = kept_ids(company, {o.guest_id for o in orders if o.guest_id is not None})
    return [
        o if o.guest_id not in leads else o._replace(guest_id=leads[o.guest_id]) for o in orders
    ]


def _write_changes(
    company: Company,
    corrections: Sequence[tuple[KnownOrder, OrderDraft]],
    *,
    actor: User | None,
    source: str,
    now: datetime,
) -> None:
    """Write down what was corrected. That an order came in, the order itself says."""
    rows = (
        (
            company.pk,
            now,
            actor.pk if actor else None,
            source,
            "correct_order",
            Order._meta.label_lower,
            known.id,
            dict(_differences(known, order)),
        )
        for known, order in corrections
    )
    if corrections:
        fields = ("company_id", "at", "actor_id", "source", "action")
        bulk.insert(Change, (*fields, "subject", "subject_id", "values"), rows)


def _differences(known: KnownOrder, order: OrderDraft) -> Iterator[tuple[str, list[Any]]]:
    for name, old, new in zip(known._fields[1:], known[1:], order[2:], strict=True):
        if old != new:
            yield name, [plain(old), plain(new)]
