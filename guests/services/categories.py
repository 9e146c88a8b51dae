"""Creating categories."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from core.models import Company, User
from core.services.changes import record
from guests.models import Category
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
    Company.objects.select_for_update().get(pk=company.pk)
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
