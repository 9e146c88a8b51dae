"""In which order the dates of a column are written, as far as they tell.

1990-06-05 and 05.06.1990 say it by their shape. 05/06/1990 does not, but 25/06/1990 in the same
column does: one column has one order.
"""

from __future__ import annotations

from guests import normalize
from guests.normalize import DateOrder
from imports.columns import column_of


class Dates:
    """What the dates of one column say: the first of each kind is the example."""

    code = "dates"

    def __init__(self, key: str) -> None:
        self.key = key
        self._widget = column_of(key)[0].widget
        self.seen = 0
        self._examples: dict[frozenset[DateOrder], str] = {}

    def add(self, cell: str) -> None:
        written = self._widget.date_in(cell)
        orders = normalize.orders_of(written) if written else None
        if not written or not orders:
            return  # Not a date: an error of its row, which the cleaning will name.
        self.seen += 1
        by_shape = "ymd" in orders or "." in written.split(maxsplit=1)[0]
        if not by_shape:
            self._examples.setdefault(orders, written)

    def ambiguous(self, *, mixed: bool) -> bool:
        """Whether the dates contradict each other (mixed), or some can be two and none tells."""
        telling = sum(len(orders) == 1 for orders in self._examples)
        return telling > 1 if mixed else telling == 0 and bool(self._examples)

    @property
    def found(self) -> DateOrder:
        """The order; "ymd" means that only dates whose shape tells are dates in the column."""
        for orders in self._examples:
            if len(orders) == 1:
                return next(iter(orders))
        return "ymd"

    def examples(self) -> dict[str, str]:
        """Return the parameters `value` and, of two that contradict each other, `other`."""
        told = [self._examples[orders] for orders in sorted(self._examples, key=len)]
        return dict(zip(("value", "other"), told, strict=False))
