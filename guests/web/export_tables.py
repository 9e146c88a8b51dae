"""What an export of the list consists of: its guests, in its order, and the columns that it showed.

The services know neither filters nor columns; this is registered with them when the apps are ready.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import iso4217
from django.http import QueryDict
from django.utils import timezone

from core.models import Company, Restaurant, User
from core.web.ids import id_in
from guests import tables
from guests.models import Guest, GuestExport
from guests.paging.cursors import FIRST, Cursor
from guests.paging.orders import order_of
from guests.paging.walks import places_of
from guests.querysets import GuestQuerySet
from guests.services import exports
from guests.services.exports_files import Row
from guests.web.selection import Selection

#: Guests that are read together.
BATCH = 1_000


def register() -> None:
    exports.register_selection(lambda export: selection_of(export).guests)
    exports.register_shape(GuestExport.Shape.LIST, list_rows)


def selection_of(export: GuestExport) -> Selection:
    """Return whom the export is about; filters count from the day on which it was asked for."""
    asked = export.created_at or timezone.now()
    today = timezone.localdate(asked, ZoneInfo(export.company.timezone))
    return Selection(export.query, company=export.company, today=today, seen_by=export.actor)


def closed_to(company: Company, user: User, exports: Iterable[GuestExport]) -> set[int]:
    """Return the ids of those exports of whose guests `user` may not ask: who was in a restaurant
    that a member of some others is not for. One query.
    """
    own = set(Restaurant.objects.limiting(company, user).values_list("pk", flat=True))
    if not own:
        return set()
    return {export.pk for export in exports if not _restaurants(export) <= own}


def _restaurants(export: GuestExport) -> set[int | None]:
    return {id_in(value) for value in QueryDict(export.query).getlist("restaurant")}


def list_rows(export: GuestExport, guests: GuestQuerySet) -> Iterator[Row]:
    """Yield the header and the rows of the list, in its order.

    A batch at a time, as the list's own pages: nothing is held open between two of them.
    """
    program = selection_of(export).filter.chosen_program
    columns = tables.columns_by_key(export.columns, program)
    yield [str(column.label) for column in columns]
    places = _places(export.company.currency)
    for batch in _in_order(tables.prepared(guests, columns, program), export):
        tables.fill(batch, columns)
        yield from ([_plain(column.value(guest), places) for column in columns] for guest in batch)


def _in_order(guests: GuestQuerySet, export: GuestExport) -> Iterator[list[Guest]]:
    """Yield batches of the guests."""
    has_balance = tables.BALANCE in guests.query.annotations
    order = order_of(export.sort, export.company, balance=has_balance)
    cursor = FIRST
    while found := places_of(guests, order, cursor, BATCH):
        ids = [place.pk for place in found]
        rows = {guest.pk: guest for guest in guests.filter(pk__in=ids)}
        yield [rows[pk] for pk in ids if pk in rows]
        cursor = Cursor(found[-1], backwards=False)


def _plain(value: Any, places: Decimal) -> Any:
    """Return an amount with the currency's decimals, if that loses nothing; all else as it is."""
    if not isinstance(value, Decimal):
        return value
    rounded = value.quantize(places)
    return rounded if rounded == value else value.normalize()


def _places(currency: str) -> Decimal:
    exponent = iso4217.Currency(currency).exponent
    return Decimal(1).scaleb(-(2 if exponent is None else int(exponent)))
