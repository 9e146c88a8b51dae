"""Writes and look-ups by the ten thousand, the same on both databases.

PostgreSQL gets COPY with ids taken from the sequence, SQLite executemany inside its one writing
transaction. Nothing here calls `save()` or sends signals: it serves services only.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.lookups import Lookup

from core.fields import AmountField, to_units

Row = Sequence[Any]
Convert = Callable[[Any], Any]


class AnyOf(Lookup):
    """`field__any=values`: like `__in`, with one parameter however many values there are.

    `__in` writes a placeholder for every value: SQLite refuses more than 250,000 of them and
    PostgreSQL parses each. `values` is a set, for of a list Django looks into every element.
    """

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        # One string: the driver takes it as it is, where it would dump an array value by value.
        values = json.dumps(list(self.rhs), ensure_ascii=False)
        if connection.vendor == "postgresql":
            cast = self.lhs.output_field.rel_db_type(connection).split("(")[0]
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
            # Asked for first: beside nextval it would be looked up for every single id.
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, model._meta.pk.column])
            (sequence,) = cursor.fetchone()
            cursor.execute(
                "SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence, count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        last = found[0] if found else 0
        return list(range(last + 1, last + 1 + count))


def insert(model: type[models.Model], fields: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert `rows`, each the values of `fields` in their order.

    Raises IntegrityError for the first row that the database refuses; nothing is inserted then
    beyond what the surrounding transaction rolls back.
    """
    meta = model._meta
    used: list[Any] = [meta.get_field(name) for name in fields]
    columns = ", ".join(f'"{field.column}"' for field in used)
    ready = _converted(used, rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy(cursor, f'COPY "{meta.db_table}" ({columns}) FROM STDIN', ready)
        else:
            marks = ", ".join(["%s"] * len(used))
            cursor.executemany(
                f'INSERT INTO "{meta.db_table}" ({columns}) VALUES ({marks})', list(ready)
            )


def update(
    model: type[models.Model], fields: Sequence[str], rows: Iterable[Row], *, version: bool = True
) -> int:
    """Update by primary key and return how many rows were met.

    Each row is `(id, version, *values of fields)`; with `version` a row is met only while it
    still has that version, and gets the next one. Fewer rows met than given means that somebody
    else was there in between.
    """
    meta = model._meta
    used: list[Any] = [meta.get_field(name) for name in fields]
    keys: list[Any] = [meta.pk, meta.get_field("version")] if version else [meta.pk]
    ready = _converted([*keys, *used], rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return _update_from_copy(cursor, meta.db_table, keys, used, ready)
        sets = [f'"{field.column}" = %s' for field in used]
        if version:
            sets.append('"version" = "version" + 1')
        where = " AND ".join(f'"{field.column}" = %s' for field in keys)
        count = len(keys)
        cursor.executemany(
            f'UPDATE "{meta.db_table}" SET {", ".join(sets)} WHERE {where}',
            [(*row[count:], *row[:count]) for row in ready],
        )
        return cursor.rowcount


def analyze(*models_: type[models.Model]) -> None:
    """Let the planner know how large these tables have become. On PostgreSQL only.

    A table that was empty a minute ago still counts as empty to it, and then it would rather read
    all of a company than ask the index for five thousand keys.
    """
    if connection.vendor != "postgresql":
        return
    tables = ", ".join(f'"{model._meta.db_table}"' for model in models_)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")


def _update_from_copy(
    cursor: Any, table: str, keys: list[Any], used: list[Any], rows: Iterable[Row]
) -> int:
    names = [f'"{field.column}"' for field in (*keys, *used)]
    shape = hashlib.md5(",".join([table, *names]).encode(), usedforsecurity=False).hexdigest()[:16]
    staged = f'"staged_{shape}"'
    # Kept for the session and emptied at every commit: a table per chunk would bloat the catalogue.
    cursor.execute(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {staged} ON COMMIT DELETE ROWS AS "
        f'SELECT {", ".join(names)} FROM "{table}" WITH NO DATA'
    )
    cursor.execute(f"DELETE FROM {staged}")
    _copy(cursor, f"COPY {staged} ({', '.join(names)}) FROM STDIN", rows)
    sets = [f'"{field.column}" = s."{field.column}"' for field in used]
    if len(keys) > 1:
        sets.append('"version" = t."version" + 1')
    where = " AND ".join(f't."{field.column}" = s."{field.column}"' for field in keys)
    cursor.execute(f'UPDATE "{table}" t SET {", ".join(sets)} FROM {staged} s WHERE {where}')
    return cursor.rowcount


def _copy(cursor: Any, sql: str, rows: Iterable[Row]) -> None:
    # Django wraps the errors of execute(), not those that a COPY ends with.
    with connection.wrap_database_errors, cursor.copy(sql) as copy:
        # Sent in one piece: while the server works on it this thread waits without the interpreter,
        # and another can prepare the next rows. Row by row they would take turns by the kilobyte.
        text = copy.formatter
        pieces = [text.write_row(row) for row in rows]
        copy.write(b"".join([*pieces, text.end()]))


def _converted(fields: Sequence[Any], rows: Iterable[Row]) -> Iterable[Row]:
    """Yield `rows` as the database's driver takes them."""
    converts = [(i, convert) for i, field in enumerate(fields) if (convert := _convert(field))]
    if not converts:
        return rows
    return _with_converts(converts, rows)


def _with_converts(converts: list[tuple[int, Convert]], rows: Iterable[Row]) -> Iterable[Row]:
    for row in rows:
        values = list(row)
        for i, convert in converts:
            if values[i] is not None:
                values[i] = convert(values[i])
        yield values


def _convert(field: Any) -> Convert | None:
    if isinstance(field, AmountField):
        return to_units
    if isinstance(field, models.JSONField):
        return _dumps
    if connection.vendor != "postgresql":
        if isinstance(field, models.DateTimeField):
            return connection.ops.adapt_datetimefield_value
        if isinstance(field, models.DateField):
            return str
    return None


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
