"""Adding, renaming and closing restaurants. None is ever deleted: its orders speak of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.models import Company, Restaurant, User
from core.services.changes import assign, heed_others, record
from core.services.names import same_name
from core.texts import isolated


class NameTaken(Exception):
    """Another restaurant of the company has the name, whatever its capitals; the text says so."""


@transaction.atomic
def add_restaurant(
    *, company: Company, name: str, actor: User | None, source: str, now: datetime
) -> Restaurant:
    """Add a restaurant. Raises NameTaken."""
    name = name.strip()
    _check_name(company, name)
    restaurant = Restaurant.objects.create(company=company, name=name)
    record(
        company=company,
        actor=actor,
        source=source,
        action="add_restaurant",
        subject=restaurant,
        values={"name": [None, name]},
        now=now,
    )
    return restaurant


@transaction.atomic
def change_restaurant(
    *,
    restaurant: Restaurant,
    name: str,
    is_active: bool,
    expected: Mapping[str, Any] | None = None,
    actor: User | None,
    source: str,
    now: datetime,
) -> Restaurant:
    """Rename a restaurant, close it or open it again. Raises NameTaken and ChangedMeanwhile."""
    name = name.strip()
    _check_name(restaurant.company, name, but=restaurant)
    locked = Restaurant.objects.select_for_update().get(pk=restaurant.pk)
    values = {"name": name, "is_active": is_active}
    heed_others(locked, expected, values)
    changed = assign(locked, values)
    if changed:
        locked.save(update_fields=list(changed))
        record(
            company=restaurant.company,
            actor=actor,
            source=source,
            action="change_restaurant",
            subject=locked,
            values=changed,
            now=now,
        )
    return locked


def _check_name(company: Company, name: str, but: Restaurant | None = None) -> None:
    if taken := same_name(company, Restaurant.objects.for_company(company), name, but=but):
        raise NameTaken(_("There is a restaurant “%(name)s” already.") % {"name": isolated(taken)})
