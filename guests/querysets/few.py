"""Guests of whom another table knows that they are few.

A page of a list is the first of an order, so a database likes to go along that order until it has
met enough of those that were asked for. Of a hundred among a million it meets none for long. Those
are better looked up first, and then sorted.
"""

from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.lookups import In

#: To look up and sort so many costs what it costs to meet a page of them among a million.
FEW = 12_000


class _LookedUp(In):
    """`id IN (...)`, which PostgreSQL may not turn into a search of its own order."""

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} = ANY(ARRAY{right})", (*left_values, *right_values)


def few_of(ids: "QuerySet[Any]", within: "QuerySet[Any] | None" = None) -> Any:
    """Return the condition of being one of `ids`, a query of guests' ids, if they are few.

    None when they are many. Asks the database how many there are, as far as it needs to know; or
    how many more they are `within`, where that costs less.
    """
    # The same bound where they are looked up: so both are read in the same way, that for few.
    ids = ids.order_by()[: FEW + 1]
    counted = ids if within is None else within.order_by()[: FEW + 1]
    return Q(_LookedUp(F("pk"), ids.query)) if counted.count() <= FEW else None
