"""Values that stand in a query as they are, not as parameters of it.

A partial index serves a query that says the index's condition. SQLite prepares a query before it
knows the parameters, so of a condition with one it cannot tell.
"""

from typing import Any

from django.db.models import Value


class Literal(Value):
    """A whole number, or no text at all."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[()]]:
        return ("''" if self.value == "" else str(int(self.value))), ()


NOTHING, NO_TEXT = Literal(0), Literal("")
