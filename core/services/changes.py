"""The record of who changed what. Every service writes it in the change's own transaction."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models

from core.models import Change, Company, User


class ChangedMeanwhile(Exception):
    """Somebody saved the row since whoever saves it opened it; `row` is as it is now."""

    def __init__(self, row: models.Model) -> None:
        super().__init__(f"{row._meta.label_lower} {row.pk} is not as it was opened any more")
        self.row = row


def record(
    *,
    company: Company,
    actor: User | None,
    source: str,
    action: str,
    subject: models.Model,
    values: dict[str, Any],
    now: datetime,
) -> Change:
    """Write down that `actor` did `action` to `subject`.

    `source` is a `Change.Source`, `values` is `{field: [old, new]}` in what JSON can hold.
    """
    return Change.objects.create(
        company=company,
        at=now,
        actor=actor,
        source=source,
        action=action,
        subject=subject._meta.label_lower,
        subject_id=subject.pk,
        values=values,
    )


def assign(row: models.Model, values: dict[str, Any]) -> dict[str, Any]:
    """Set those of `values` that are new to `row`, unsaved, and return them as {field: [old, new]}.

    That is what `record` takes, and its keys are the fields to save.
    """
    changed = {
        name: [getattr(row, name), value]
        for name, value in values.items()
        if getattr(row, name) != value
    }
    for name, (_old, new) in changed.items():
        setattr(row, name, new)
    return changed


def plain(value: Any) -> Any:
    """Return a field's value as a Change keeps it: days, moments and amounts as text."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def state_of(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Return fields of a row as `comparable` has them: a query for each that holds many rows."""
    state: dict[str, Any] = {}
    for name in names:
        field = row._meta.get_field(name)
        many = isinstance(field, models.ManyToManyField)
        state[name] = comparable(getattr(row, name).all() if many else getattr(row, name))
    return state


def comparable(value: Any) -> Any:
    """Return a value in what JSON can hold, alike of what is alike: 5.00 and 5, rows in any order.

    Rows are told by their ids.
    """
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, models.QuerySet | list | tuple):
        return sorted(each.pk if isinstance(each, models.Model) else each for each in value)
    return plain(value)


def heed_others(
    row: models.Model, expected: Mapping[str, Any] | None, values: Mapping[str, Any]
) -> None:
    """Raise ChangedMeanwhile when `row` is not as `expected`: as whoever saves `values` saw it.

    Call it with the row locked. None overrules everybody. Who sends the same twice is not told of
    themselves: what is as they want it already is theirs.
    """
    if expected is None:
        return
    present = state_of(row, expected)
    wanted = {name: comparable(values[name]) for name in expected if name in values}
    if present != expected and present != present | wanted:
        raise ChangedMeanwhile(row)
