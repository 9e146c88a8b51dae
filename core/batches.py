"""Rows made ready for the database beforehand, so that whoever writes them only has to send them.

PostgreSQL gets the text of a COPY, SQLite the parameters of an executemany. Made by columns and
not by rows: most columns of a bulk write have one value throughout, and a column has one type.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from operator import is_
from typing import Any, NamedTuple

from django.db import connection, models

from core.fields import AmountField, to_units

Convert = Callable[[Any], Any]

_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Same(NamedTuple):
    """A column that has one value in every row."""

    value: Any


Column = Sequence[Any] | Same


_on_sending: ContextVar[Callable[[], None]] = ContextVar("on_sending", default=lambda: None)


@contextmanager
def on_sending(call: Callable[[], None]) -> Iterator[None]:
    """Until the end, call `call` whenever this thread is about to send rows and wait for them."""
    before = _on_sending.set(call)
    try:
        yield
    finally:
        _on_sending.reset(before)


@dataclass(frozen=True)
class Batch:
    """Rows on their way into a table; `write` sends them."""

    table: str
    #: The columns' names, quoted and with commas between.
    columns: str
    count: int
    content: bytes | list[tuple[Any, ...]]

    def write(self, into: str | None = None) -> None:
        """Insert the rows into their table, or into another with the same columns.

        Raises IntegrityError when the database refuses one: the surrounding transaction is lost.
        """
        if not self.count:
            return
        _on_sending.get()()
        table = into or f'"{self.table}"'
        with connection.cursor() as cursor:
            if isinstance(self.content, bytes):
                # Django wraps the errors of execute(), not those that a COPY ends with.
                sql = f"COPY {table} ({self.columns}) FROM STDIN"
                with connection.wrap_database_errors, cursor.copy(sql) as copy:
                    # In one piece: while the server works on it this thread waits without the
                    # interpreter, and another can prepare the next rows.
                    copy.write(self.content)
                return
            marks = ", ".join(["%s"] * len(self.content[0]))
            sql = f"INSERT INTO {table} ({self.columns}) VALUES ({marks})"
            cursor.executemany(sql, self.content)


def batch_of(model: type[models.Model], columns: Mapping[str, Column], count: int) -> Batch:
    """Return `count` rows for the model's table, given by their columns."""
    named = {model._meta.get_field(name): column for name, column in columns.items()}
    if connection.vendor == "postgresql":
        names, content = _as_text(named, count)
        return Batch(model._meta.db_table, names, count, content)
    rows = zip(*(_adapted(field, column, count) for field, column in named.items()), strict=True)
    return Batch(model._meta.db_table, _quoted(named), count, list(rows))


def by_column(
    names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> tuple[dict[str, Sequence[Any]], int]:
    """Return rows as columns by name, and how many they are."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return dict(zip(names, columns, strict=True)), len(columns[0])


def _quoted(fields: Iterable[Any]) -> str:
    return ", ".join(f'"{field.column}"' for field in fields)


# -- PostgreSQL ---------------------------------------------------------------------------------


def _as_text(columns: Mapping[Any, Column], count: int) -> tuple[str, bytes]:
    """Return names and text for a COPY: what is the same in every row stands first, once made."""
    if not count:
        return _quoted(columns), b""
    fixed, varied = {}, {}
    for field, column in columns.items():
        value = _only_value(field, column, count)
        if value is None:
            varied[field] = _texts(field, column)
        else:
            fixed[field] = _texts(field, [value.value])[0]
    parts: list[Iterable[str]] = list(varied.values())
    if fixed:
        parts.insert(0, repeat("\t".join(fixed.values()), count))
    text = "\n".join(map("\t".join, zip(*parts, strict=False)))
    return _quoted((*fixed, *varied)), f"{text}\n".encode()


def _only_value(field: Any, column: Column, count: int) -> Same | None:
    """Return the value that all rows have in common, if they have."""
    if isinstance(column, Same):
        return column
    if isinstance(field, models.JSONField) and column[0] is not None:
        return None  # [1] equals [True], and is something else.
    first = column[0]
    # The last one tells of most columns that their values differ.
    return Same(first) if column[-1] == first and column.count(first) == count else None


def _texts(field: Any, column: Sequence[Any]) -> Sequence[str]:
    """Return each value as a COPY has it."""
    convert = _text_of(field)
    if convert is None:
        return _escaped(column)
    if convert is _dumps:
        return _escaped([None if value is None else _dumps(value) for value in column])
    if _has_none(column):
        return [_NULL if value is None else convert(value) for value in column]
    return list(map(convert, column))


def _has_none(column: Sequence[Any]) -> bool:
    """Whether any value is None: `in` would ask each whether it equals it, and a Decimal takes
    longer to answer than to be written."""
    return any(map(is_, column, repeat(None)))


def _escaped(column: Sequence[Any]) -> Sequence[str]:
    try:
        whole = "".join(filter(None, column))
    except TypeError:  # A number for a field of text.
        column = [None if value is None else str(value) for value in column]
        whole = "".join(filter(None, column))
    # Looked for in all at once: hardly a column has anything to escape.
    if any(character in whole for character in "\\\t\n\r"):
        return [_NULL if value is None else value.translate(_ESCAPES) for value in column]
    return [_NULL if value is None else value for value in column] if None in column else column


def _text_of(field: Any) -> Convert | None:
    """Return what writes the field's values, or None where they are text already."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, AmountField):
        return _amount
    if isinstance(field, models.JSONField):
        return _dumps
    if isinstance(field, models.BooleanField):
        return _truth
    if isinstance(field, models.DateField):
        return _iso
    if isinstance(field, models.CharField | models.TextField):
        return None
    return str


@lru_cache(maxsize=65_536)
def _amount(value: Any) -> str:
    """Return whole units as text; the same amounts come again and again."""
    return str(to_units(value))


def _truth(value: Any) -> str:
    return "t" if value else "f"


def _iso(value: Any) -> str:
    return str(value.isoformat())


class Json(str):
    """The value of a JSON field, written as JSON already: where millions are alike but a number."""

    __slots__ = ()


#: Made once: what json.dumps makes for each value that it writes otherwise than usual.
_encode: Convert = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _dumps(value: Any) -> Any:
    return value if type(value) is Json else _encode(value)


# -- SQLite -------------------------------------------------------------------------------------


def _adapted(field: Any, column: Column, count: int) -> Iterable[Any]:
    """Return the values as the database's driver takes them."""
    convert = _adapter(field)
    if isinstance(column, Same):
        value = column.value
        return repeat(convert(value) if convert and value is not None else value, count)
    if convert is None:
        return column
    return [None if value is None else convert(value) for value in column]


def _adapter(field: Any) -> Convert | None:
    if isinstance(field, AmountField):
        return to_units
    if isinstance(field, models.JSONField):
        return _dumps
    if isinstance(field, models.DateTimeField):
        convert: Convert = connection.ops.adapt_datetimefield_value
        return convert
    return str if isinstance(field, models.DateField) else None
