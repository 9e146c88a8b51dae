"""Writes and look-ups by the ten thousand, the same on both databases.

PostgreSQL gets COPY with ids taken from the sequence, SQLite executemany inside its one writing
transaction (`core.batches`). Nothing here calls `save()` or sends signals: it serves services only.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models.lookups import Lookup

from core.batches import Batch, batch_of, by_column

Row = Sequence[Any]

#: So few values are told one by one: the planner then knows that they are few.
_FEW = 4
#: And so many, as many as a page has, as an array of ids.
_PAGE = 200
#: So many entries of each index are looked at on SQLite to tell how large a table is.
_LOOKED_AT = 1_000


class AnyOf(Lookup):
    """`field__any=values`: like `__in`, with one parameter however many values there are.

    `__in` writes a placeholder for every value: SQLite refuses more than 250,000 of them and
    PostgreSQL parses each. (A few are written so here, too.) `values` is a set, for of a list
    Django looks into every element.
    """

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        if 0 < len(self.rhs) <= _FEW:
            marks = ", ".join(["%s"] * len(self.rhs))
            return f"{column} IN ({marks})", (*params, *self.rhs)
        # One string: the driver takes it as it is, where it would dump an array value by value.
        values = json.dumps(list(self.rhs), ensure_ascii=False)
        if connection.vendor == "postgresql":
            cast = self.lhs.output_field.rel_db_type(connection).split("(")[0]
            if cast == "bigint" and len(self.rhs) <= _PAGE:
                # Written out, an array needs less planning than a join.
                return f"{column} = ANY(%s::bigint[])", (*params, f"{{{values[1:-1]}}}")
            # A join, not an array: of an array's length the planner knows nothing, and while a
            # table is new it would rather compare every row with every value.
            rows = f"SELECT jsonb_array_elements_text(%s::jsonb)::{cast}"
            return f"{column} IN ({rows})", (*params, values)
        return f"{column} IN (SELECT value FROM json_each(%s))", (*params, values)


def register_lookups() -> None:
    """Make `__any` known to every field. Called once, when the apps are ready."""
    models.Field.register_lookup(AnyOf)
    models.ForeignKey.register_lookup(AnyOf)


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """Return `count` new primary keys that nobody else will get.

    Inside a transaction only: SQLite's are free because an immediate transaction is alone.
    """
    if count == 0:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Known beforehand: beside nextval it would be looked up for every single id.
            sequence = _sequence_of(table, model._meta.pk.column)
            cursor.execute(
                "SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence, count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        last = found[0] if found else 0
        return list(range(last + 1, last + 1 + count))


@cache
def _sequence_of(table: str, column: str) -> str:
    """Return what counts the column's values: asked for once in a process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, column])
        return str(cursor.fetchone()[0])


def reserves_ahead() -> bool:
    """Whether ids can be reserved before the transaction that uses them.

    SQLite's are free only inside it.
    """
    return connection.vendor == "postgresql"


def insert(model: type[models.Model], fields: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert `rows`, each the values of `fields` in their order.

    Raises IntegrityError for the first row that the database refuses; nothing is inserted then
    beyond what the surrounding transaction rolls back.
    """
    batch_of(model, *by_column(fields, rows)).write()


@dataclass(frozen=True)
class Changes:
    """Rows to be changed, made ready beforehand; `write` sends them."""

    model: type[models.Model]
    fields: tuple[str, ...]
    #: Id, version if it counts, and the values: of as many columns as that makes.
    batch: Batch
    versioned: bool

    @property
    def count(self) -> int:
        return self.batch.count

    def write(self) -> int:
        """Change the rows and return how many were met."""
        if not self.count:
            return 0
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                return self._from_staged(cursor)
            return self._each(cursor)

    def _columns(self) -> tuple[list[str], list[str]]:
        meta = self.model._meta
        used: list[Any] = [meta.get_field(name) for name in self.fields]
        names = [f'"{field.column}"' for field in used]
        return [f'"{meta.pk.column}"', *(['"version"'] if self.versioned else [])], names

    def _each(self, cursor: Any) -> int:
        keys, names = self._columns()
        sets = [f"{name} = %s" for name in names]
        sets += ['"version" = "version" + 1'] if self.versioned else []
        where = " AND ".join(f"{name} = %s" for name in keys)
        count = len(keys)
        rows: Any = self.batch.content
        cursor.executemany(
            f'UPDATE "{self.model._meta.db_table}" SET {", ".join(sets)} WHERE {where}',
            [(*row[count:], *row[:count]) for row in rows],
        )
        return int(cursor.rowcount)

    def _from_staged(self, cursor: Any) -> int:
        table, (keys, names) = self.model._meta.db_table, self._columns()
        columns = sorted([*keys, *names])
        shape = hashlib.md5(",".join([table, *columns]).encode(), usedforsecurity=False)
        staged = f'"staged_{shape.hexdigest()[:16]}"'
        # Kept for the session and emptied at every commit: a table per chunk would bloat the
        # catalogue.
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {staged} ON COMMIT DELETE ROWS AS "
            f'SELECT {", ".join(columns)} FROM "{table}" WITH NO DATA'
        )
        cursor.execute(f"DELETE FROM {staged}")
        self.batch.write(into=staged)
        sets = [f"{name} = s.{name}" for name in names]
        sets += ['"version" = t."version" + 1'] if self.versioned else []
        where = " AND ".join(f"t.{name} = s.{name}" for name in keys)
        cursor.execute(f'UPDATE "{table}" t SET {", ".join(sets)} FROM {staged} s WHERE {where}')
        return int(cursor.rowcount)


def changes_of(
    model: type[models.Model], fields: Sequence[str], rows: Iterable[Row], *, version: bool = True
) -> Changes:
    """Make changes ready that `update` would make."""
    keys = (model._meta.pk.name, "version") if version else (model._meta.pk.name,)
    batch = batch_of(model, *by_column((*keys, *fields), rows))
    return Changes(model, tuple(fields), batch, version)


def update(
    model: type[models.Model], fields: Sequence[str], rows: Iterable[Row], *, version: bool = True
) -> int:
    """Update by primary key and return how many rows were met.

    Each row is `(id, version, *values of fields)`; with `version` a row is met only while it
    still has that version, and gets the next one. Fewer rows met than given means that somebody
    else was there in between.
    """
    return changes_of(model, fields, rows, version=version).write()


def analyze(*models_: type[models.Model]) -> None:
    """Let the planner know how large these tables have become.

    A table that was empty a minute ago still counts as empty to it, and then it would rather read
    all of a company than ask the index for five thousand keys. SQLite, never told, takes a company
    for ten rows: it then sorts half of them for a page, or tries every card on every guest.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # Not all of each index, however large: milliseconds.
            cursor.execute(f"PRAGMA analysis_limit = {_LOOKED_AT}")
        for model in models_:
            cursor.execute(f'ANALYZE "{model._meta.db_table}"')
