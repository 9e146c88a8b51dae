"""Old and new values of changes, in words: labels of fields, choices, names instead of ids.

What a field is, its model says; so a service stores what JSON can hold (`{field: [old, new]}`) and
nobody has to declare anything, but for what is no field.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateField, DateTimeField, Field, ForeignKey, ManyToManyField, Model
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.fields import AmountField
from core.models import Company
from core.web import subjects
from core.web.money import money
from core.web.telephones import called, telephone

#: `{field: [old, new]}`, as Change.values has them.
Values = Mapping[str, Any]


class Row(NamedTuple):
    """One field of a change, in words; "" is no value."""

    label: str
    before: str
    after: str


#: Fields whose texts are kept otherwise than people read them, in whatever table.
_TEXTS: Mapping[str, Callable[[str], str]] = {"phone": telephone}
_labels: dict[str, Any] = {}
_readings: dict[str, Callable[[Company, str], str]] = {}


def register_label(
    name: str, label: Any, reading: Callable[[Company, str], str] | None = None
) -> None:
    """Say what a key of `values` is called that is no field of its subject, or none of its words.

    `reading` says how its values are read where they are not the company's money or plain text.
    """
    _labels[name] = label
    if reading is not None:
        _readings[name] = reading


def in_words(company: Company, changes: Sequence[tuple[str, Values]]) -> list[list[Row]]:
    """Return the rows of each change, given as (app.model of its subject, values).

    A query for each table whose names the values speak of. Of something made no row is told that
    was left empty. Fields come in the order of their model: PostgreSQL keeps the keys of JSON in
    one of its own.
    """
    names = _Names(company, changes)
    rows = [
        [_row(company, field, key, pair, names) for field, key, pair in _in_order(subject, values)]
        for subject, values in changes
    ]
    return [[row for row in told if row.before or row.after] for told in rows]


def _in_order(subject: str, values: Values) -> list[tuple[Any, str, Any]]:
    """Return (field, key, pair) of each value: fields first, as their model has them."""
    told = [(_field(subject, key), key, pair) for key, pair in values.items()]
    return sorted(told, key=lambda each: (not isinstance(each[0], Field), _place(each[0])))


def _place(field: Any) -> int:
    return int(field.creation_counter) if isinstance(field, Field) else 0


def _row(company: Company, field: Any, key: str, pair: Any, names: "_Names") -> Row:
    old, new = _both(pair)
    if key in _readings:
        read = _readings[key]
        before, after = (read(company, str(v)) if v not in (None, "") else "" for v in (old, new))
        return Row(_label(field, key), before, after)
    return Row(
        _label(field, key),
        _shown(company, field, old, names),
        _shown(company, field, new, names),
    )


def _both(pair: Any) -> tuple[Any, Any]:
    return (pair[0], pair[1]) if isinstance(pair, list | tuple) and len(pair) == 2 else (None, pair)


def _label(field: Any, key: str) -> str:
    if key in _labels:
        return str(_labels[key])
    if field is None:
        return capfirst(key.replace("_", " "))
    if isinstance(field, Field):
        return capfirst(str(field.verbose_name))
    return capfirst(str(field.related_model._meta.verbose_name_plural))


def _shown(company: Company, field: Any, value: Any, names: "_Names") -> str:
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(_shown(company, field, item, names) for item in value)
    if isinstance(value, dict):
        # PostgreSQL keeps the keys of JSON in an order of its own.
        return " / ".join(
            str(part) for _key, part in sorted(value.items()) if part not in (None, "")
        )
    if isinstance(value, int) and _is_key(field):
        return names.of(field.related_model, value)
    return _text(company, field, str(value))


def _text(company: Company, field: Any, text: str) -> str:
    """Return the text of a plain value; what does not look like its field's is shown as it is."""
    try:
        if isinstance(field, AmountField):
            return money(Decimal(text), company.currency)
        if isinstance(field, DateTimeField) and (moment := parse_datetime(text)):
            return date_format(_local(moment), "j M Y, H:i")
        if isinstance(field, DateField) and (day := parse_date(text)):
            return date_format(day, "j M Y")
    except (ValueError, ArithmeticError):
        return text
    if isinstance(field, Field):
        return _TEXTS[field.name](text) if field.name in _TEXTS else _chosen(field, text)
    return text


def _chosen(field: Any, text: str) -> str:
    return str(dict(field.flatchoices).get(text, text))


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC))


def _is_key(field: Any) -> bool:
    return isinstance(field, ForeignKey | ManyToManyField)


def _field(subject: str, key: str) -> Any:
    """Return the field or relation of that name; "member_tier_id" is the key member_tier."""
    try:
        meta = apps.get_model(subject)._meta
    except (LookupError, ValueError):
        return None
    for name in (key, key.removesuffix("_id")):
        try:
            return meta.get_field(name)
        except FieldDoesNotExist:
            continue
    return None


class _Names:
    """The names of the rows that values point at by id, read once for all changes of a page."""

    def __init__(self, company: Company, changes: Iterable[tuple[str, Values]]) -> None:
        wanted: dict[type[Model], set[int]] = defaultdict(set)
        for subject, values in changes:
            for key, pair in values.items():
                field = _field(subject, key)
                if _is_key(field):
                    wanted[field.related_model].update(_ids(_both(pair)))
        self._names = {
            (model, pk): called(row)
            for model, ids in wanted.items()
            for pk, row in subjects.rows_of(company, model._meta.label_lower, ids).items()
        }

    def of(self, model: type[Model], pk: int) -> str:
        """Return the name; of a row that is gone what it was, with its number."""
        return self._names.get((model, pk)) or f"{model._meta.verbose_name} {pk}"


def _ids(pair: tuple[Any, Any]) -> Iterable[int]:
    for value in pair:
        items = value if isinstance(value, list) else [value]
        yield from (item for item in items if isinstance(item, int) and not isinstance(item, bool))
