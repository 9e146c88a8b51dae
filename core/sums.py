"""Sums of amounts, exact however large: on SQLite a SUM that leaves 64 bits is an error.

There each sum is made of two, of the upper and the lower half of every amount, and put together in
Python. PostgreSQL adds up in as many digits as it takes.
"""

from decimal import Decimal
from typing import Any, Self

from django.db.models import Aggregate
from django.db.models.sql.compiler import SQLCompiler

from core.fields import AmountField, from_units

_HALF = 32
_LOWER = 2**_HALF - 1


class _TotalField(AmountField):
    """A sum of amounts as the database gave it; zero of nothing."""

    def get_internal_type(self) -> str:
        # Of an integer, expressions would make one before this is asked.
        return "Total"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal:
        if isinstance(value, str):
            upper, lower = map(int, value.split())
            value = (upper << _HALF) + lower
        return from_units(int(value or 0))


class Total(Aggregate):
    """The sum of an amount; zero of nothing. To be read, not to be compared by the database."""

    function = "SUM"
    name = "Total"
    output_field = _TotalField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: Any, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        upper, params = self._of(f">> {_HALF}").as_sql(compiler, connection, **context)
        lower, others = self._of(f"& {_LOWER}").as_sql(compiler, connection, **context)
        return f"({upper} || ' ' || {lower})", (*params, *others)

    def _of(self, half: str) -> Self:
        copy = self.copy()
        copy.template = f"%(function)s(%(expressions)s {half})"
        return copy
