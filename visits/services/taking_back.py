"""Taking back orders that were recorded: only those that are still as they were left."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from core import bulk
from core.models import Company
from guests.services.merging import kept_ids
from visits.models import Order
from visits.services.counters import Counters
from visits.services.orders import Crossed

#: So often it begins anew when others write the same orders at the same moment.
TRIES = 3
_FIELDS = ("guest_id", "total", "closed_at")


class State(NamedTuple):
    """What can be corrected of an order."""

    guest_id: int | None
    total: Decimal
    closed_at: datetime


class Recorded(NamedTuple):
    """An order as it was left, and as it was before: `before` is None of one that was new."""

    order_id: int
    after: State
    before: State | None = None


def take_back(*, company: Company, recorded: Mapping[int, Recorded]) -> dict[int, str]:
    """Remove the orders that were new and put the corrected ones back, with their guests' counters.

    `recorded` is by any key; returned is why some were left as they are: "order_gone",
    "order_changed", "order_guest_gone". Nobody's `version` is counted up. Raises Crossed.
    """
    for _try in range(TRIES):
        try:
            with transaction.atomic():
                return _TakingBack(company, recorded).write()
        except Crossed:
            continue
    raise Crossed(f"{len(recorded)} orders")


def left_as_they_are(company: Company, recorded: Mapping[int, Recorded]) -> dict[int, str]:
    """Return what `take_back` would leave, and why. Changes nothing."""
    return _TakingBack(company, recorded).left(lock=False)


class _TakingBack:
    """Orders on their way out of the database, or back to what they were."""

    def __init__(self, company: Company, recorded: Mapping[int, Recorded]) -> None:
        self.company, self.recorded = company, recorded
        states = [each.after for each in recorded.values()]
        states += [each.before for each in recorded.values() if each.before is not None]
        guests = {state.guest_id for state in states if state.guest_id is not None}
        #: Whom guests were merged into since.
        self.leads = kept_ids(company, guests)
        self.present: dict[int, State] = {}

    def write(self) -> dict[int, str]:
        before = self._read(lock=False)
        mine = [each.before for each in self.recorded.values() if each.before is not None]
        counters = Counters(self.company, self._guests([*before.values(), *mine]))
        left = self.left(lock=True, known=counters.guests.keys())
        if self._guests(self.present.values()) - counters.guests.keys():
            # Somebody gave one of them to another guest just now: that one is not locked.
            raise Crossed
        taken = [each for key, each in self.recorded.items() if key not in left]
        self._remove([each for each in taken if each.before is None], counters)
        self._put_back([each for each in taken if each.before is not None], counters)
        counters.write()
        return left

    def left(self, *, lock: bool, known: Any = None) -> dict[int, str]:
        self.present = self._read(lock=lock)
        found = {key: self._why(each, known) for key, each in self.recorded.items()}
        return {key: why for key, why in found.items() if why}

    def _why(self, each: Recorded, known: Any) -> str:
        present = self.present.get(each.order_id)
        if present is None:
            return "order_gone"
        if self._led(each.after) != self._led(present):
            return "order_changed"
        if each.before is not None and known is not None:
            guest = self._led(each.before).guest_id
            return "" if guest is None or guest in known else "order_guest_gone"
        return ""

    def _read(self, *, lock: bool) -> dict[int, State]:
        ids = {each.order_id for each in self.recorded.values()}
        rows: Any = Order.objects.for_company(self.company).filter(pk__any=ids)
        if lock:
            rows = rows.select_for_update().order_by("pk")
        return {pk: State(*values) for pk, *values in rows.values_list("pk", *_FIELDS)}

    def _guests(self, states: Iterable[State]) -> set[int]:
        found = (self._led(state).guest_id for state in states)
        return {guest for guest in found if guest is not None}

    def _led(self, state: State) -> State:
        guest = state.guest_id
        return state if guest is None else state._replace(guest_id=self.leads.get(guest, guest))

    def _remove(self, orders: list[Recorded], counters: Counters) -> None:
        if not orders:
            return
        for each in orders:
            counters.take(*self.present[each.order_id])
        rows = Order.objects.for_company(self.company)
        rows.filter(pk__any={each.order_id for each in orders})._raw_delete(rows.db)

    def _put_back(self, orders: list[Recorded], counters: Counters) -> None:
        rows = []
        for each in orders:
            assert each.before is not None
            before = self._led(each.before)
            counters.take(*self.present[each.order_id])
            counters.add(*before)
            rows.append((each.order_id, *before))
        if rows:
            bulk.update(Order, _FIELDS, rows, version=False)
