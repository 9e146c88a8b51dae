"""Values that stand in a query as they are, not as parameters of it.

A partial index serves a query that says the index's condition. SQLite prepares a query before it
knows the parameters, so of a condition with one it cannot tell.
"""

from typing import Any

from django.db.models import Value


class Literal(Value):
    """A whole number, or a word of the house: letters only, or none at all."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[()]]:
        if isinstance(self.value, str):
            if not (self.value == "" or self.value.isalpha()):
                raise ValueError(f"not a word: {self.value!r}")
            return f"'{self.value}'", ()
        return str(int(self.value)), ()


NOTHING, NO_TEXT = Literal(0), Literal("")

#: Above every character that a text can hold: what begins with a text lies between it and this.
LAST = "\U0010ffff"
