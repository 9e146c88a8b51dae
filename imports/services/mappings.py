"""Renaming and deleting the mappings that imports saved under a name."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.models import Company, User
from core.services.changes import record
from imports.models import ColumnMapping


class NameTaken(Exception):
    """Another mapping of the company has the name; the text says so."""


@transaction.atomic
def rename_mapping(
    *, mapping: ColumnMapping, name: str, actor: User | None, source: str, now: datetime
) -> ColumnMapping:
    """Rename a mapping; when it was saved stays. Raises NameTaken."""
    Company.objects.select_for_update().get(pk=mapping.company_id)
    name = name.strip()
    others = ColumnMapping.objects.for_company(mapping.company).exclude(pk=mapping.pk)
    if others.filter(name=name).exists():
        raise NameTaken(_("There is a mapping “%(name)s” already.") % {"name": name})
    before = ColumnMapping.objects.get(pk=mapping.pk).name
    if before == name:
        return mapping
    mapping.name = name
    mapping.save(update_fields=["name"])
    record(
        company=mapping.company,
        actor=actor,
        source=source,
        action="rename_mapping",
        subject=mapping,
        values={"name": [before, name]},
        now=now,
    )
    return mapping


@transaction.atomic
def delete_mapping(
    *, mapping: ColumnMapping, actor: User | None, source: str, now: datetime
) -> None:
    """Delete a mapping. Imports that used it keep what they took from it."""
    record(
        company=mapping.company,
        actor=actor,
        source=source,
        action="delete_mapping",
        subject=mapping,
        values={"name": [mapping.name, None]},
        now=now,
    )
    mapping.delete()
