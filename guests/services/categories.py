"""Creating and changing categories. Deleting one is a bulk change: see bulk_changes."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.models import Company, User
from core.services.changes import assign, heed_others, record
from core.services.names import same_name
from core.texts import isolated
from guests import category_uses
from guests.models import BulkChange, Category
from guests.normalize import fold


@transaction.atomic
def create_categories(
    *,
    company: Company,
    names: Collection[str],
    actor: User | None,
    source: str,
    now: datetime,
) -> dict[str, int]:
    """Create those of the categories that are not there, and return the ids of all by folded name.

    "vip" and "VIP" are one category: of several spellings the first in the alphabet is taken.
    """
    # Two who create the same category would both not find it: the company's lock lets one wait.
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    wanted = {fold(name): name for name in sorted(names, reverse=True)}
    there = Category.objects.for_company(company).values_list("name", "pk")
    ids = {fold(name): pk for name, pk in there if fold(name) in wanted}
    for key, name in sorted(wanted.items()):
        if key in ids:
            continue
        category = Category.objects.create(company=company, name=name)
        ids[key] = category.pk
        record(
            company=company,
            actor=actor,
            source=source,
            action="create_category",
            subject=category,
            values={"name": [None, name]},
            now=now,
        )
    return ids


class NameTaken(Exception):
    """Another category of the company has the name, whatever its capitals; the text says so."""


class InUse(Exception):
    """Something needs the category; the text says what, and what to do about it."""


@transaction.atomic
def create_category(
    *,
    company: Company,
    name: str,
    colour: str,
    is_default: bool,
    actor: User | None,
    source: str,
    now: datetime,
) -> Category:
    """Create one category. Raises NameTaken."""
    name = free_name(company, name)
    category = Category.objects.create(
        company=company, name=name, colour=colour, is_default=is_default
    )
    record(
        company=company,
        actor=actor,
        source=source,
        action="create_category",
        subject=category,
        values={
            "name": [None, name],
            "colour": [None, colour],
            **({"is_default": [None, True]} if is_default else {}),
        },
        now=now,
    )
    return category


@transaction.atomic
def change_category(
    *,
    category: Category,
    name: str,
    colour: str,
    is_default: bool,
    expected: Mapping[str, Any] | None = None,
    actor: User | None,
    source: str,
    now: datetime,
) -> Category:
    """Rename or recolour a category, or say whether new guests get it. Raises NameTaken and
    ChangedMeanwhile.

    Guests are not touched: they hold the category, not its name.
    """
    name = free_name(category.company, name, but=category)
    locked = Category.objects.select_for_update().get(pk=category.pk)
    values = {"name": name, "colour": colour, "is_default": is_default}
    heed_others(locked, expected, values)
    changed = assign(locked, values)
    if changed:
        locked.save(update_fields=list(changed))
        record(
            company=category.company,
            actor=actor,
            source=source,
            action="change_category",
            subject=locked,
            values=changed,
            now=now,
        )
    return locked


def uses_of(category: Category) -> list[str]:
    """Return why the category cannot be deleted now, a sentence each; empty when it can."""
    changes = BulkChange.objects.for_company(category.company)
    under_way = changes.filter(category=category, state__in=BulkChange.ACTIVE)
    own = [
        _("Guests are being put in or taken out just now: wait until that is done.")
        for _each in under_way[:1]
    ]
    return own + category_uses.of(category)


def free_name(company: Company, name: str, but: Category | None = None) -> str:
    """Return the name as it is kept. Raises NameTaken."""
    name = name.strip()
    if taken := same_name(company, Category.objects.for_company(company), name, but=but):
        raise NameTaken(_("There is a category “%(name)s” already.") % {"name": isolated(taken)})
    return name
