"""The record of who changed what. Every service writes it in the change's own transaction."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models

from core.models import Change, Company, User


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
