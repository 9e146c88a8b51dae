"""Searching the texts of all guests, on SQLite.

PostgreSQL has an index of every part of them (migration 0006). SQLite reads them all; along the
order of a list it would read every guest whole, and once more for those who come last in it. So
it reads an index that holds nothing else (migration 0011), once, and a list of few is made of them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q

if TYPE_CHECKING:
    from core.models import Company

#: More than these are soon met along any order.
_FEW = 2_000


def ids_found(conditions: Sequence[Q], company: "Company") -> list[int] | None:
    """Return the ids of the company's guests who meet all `conditions`, of what the index holds.

    None when they are many, or the database finds them without.
    """
    if not conditions or connection.vendor != "sqlite":
        return None
    from guests.models import Guest

    # No other condition, and no order: for these it would have to look at the guests.
    guests = Guest.objects.for_company(company).filter(*conditions)
    ids = list(guests.values_list("pk", flat=True)[: _FEW + 1])
    return ids if len(ids) <= _FEW else None
