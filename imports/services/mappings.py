"""Saving which column is which field under a name, putting it on a file, renaming, deleting."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.models import Change, User
from core.services.changes import heed_others, record
from core.services.names import same_name
from core.texts import isolated
from imports.models import ColumnMapping, ImportJob
from imports.pipeline.read import FileRefused
from imports.services.fitting import Fit, Unfit, fit
from imports.services.uploads import choose_columns, read_again

#: Who has it may replace what others saved.
CHANGE = "imports.change_columnmapping"


class NameTaken(Exception):
    """Another mapping of the company has the name; the text says so.

    `may_replace` says whether whoever asked may have it replaced.
    """

    def __init__(self, text: str, *, may_replace: bool = False) -> None:
        super().__init__(text)
        self.may_replace = may_replace


@transaction.atomic
def save_mapping(
    *,
    job: ImportJob,
    name: str,
    actor: User,
    source: str,
    replace: bool = False,
    now: datetime,
) -> ColumnMapping:
    """Keep the import's columns, and how its file is read, for files with the same columns.

    Raises NameTaken when another mapping has the name, unless it is to be replaced by whoever
    saved it last or may change mappings.
    """
    name = name.strip()[:80]
    mappings = ColumnMapping.objects.for_company(job.company)
    # Another spelling of a name means the mapping that has it.
    name = same_name(job.company, mappings, name) or name
    values = {"kind": job.kind, "signature": job.signature, "mapping": job.mapping}
    values |= {"dialect": job.dialect, "header": job.header}
    found = mappings.filter(name=name).first()
    if found is None:
        found = ColumnMapping.objects.create(company=job.company, name=name, **values)
    elif not (changed := {f for f, value in values.items() if getattr(found, f) != value}):
        return found
    elif changed == {"header"} and found.header is None:
        # The same as ever, whose names were not kept until now.
        found.header = job.header
        found.save(update_fields=["header"])
        return found
    else:
        _may_be_replaced(found, actor, replace=replace)
        for field, value in values.items():
            setattr(found, field, value)
        found.save(update_fields=[*values, "updated_at"])
    record(
        company=job.company,
        actor=actor,
        source=source,
        action="save_mapping",
        subject=found,
        values={"name": [None, name]},
        now=now,
    )
    return found


def _may_be_replaced(mapping: ColumnMapping, actor: User, *, replace: bool) -> None:
    saved = Change.objects.filter(
        subject=mapping._meta.label_lower, subject_id=mapping.pk, action="save_mapping"
    )
    last = saved.order_by("-pk").first()
    is_own = last is not None and last.actor_id == actor.pk
    may = is_own or actor.has_perm(CHANGE, mapping.company)
    params = {"name": mapping.name}
    if not may:
        text = _("Somebody else saved a mapping “%(name)s”. Choose another name.")
        raise NameTaken(text % params)
    if not replace:
        text = _("There is a mapping “%(name)s” already. Choose another name, or replace it.")
        raise NameTaken(text % params, may_replace=True)


def differences(mapping: ColumnMapping, job: ImportJob) -> dict[str, Any]:
    """Return what the mapping says otherwise of how the file is read, by part of its dialect.

    A mark at the beginning of a file is its own affair.
    """
    said = _said(mapping, job).items()
    return {part: value for part, value in said if value != _plain(job.dialect.get(part))}


def _said(mapping: ColumnMapping, job: ImportJob) -> dict[str, Any]:
    """Return all that the mapping says of how such a file is read; nothing of another format."""
    if mapping.dialect.get("format") != job.dialect.get("format"):
        return {}
    is_text = job.dialect.get("format") == "csv"
    parts = (*(("encoding", "delimiter") if is_text else ("sheet",)), "header_row")
    said = {part: mapping.dialect.get(part) for part in parts}
    return {part: _plain(value) for part, value in said.items() if value is not None}


def _plain(value: Any) -> Any:
    return "utf-8" if value == "utf-8-sig" else value


class ReadingUnfit(Exception):
    """A file cannot be read as a mapping says; the text says why."""


def read_as_saved(
    *, mapping: ColumnMapping, job: ImportJob, overrides: dict[str, Any] | None = None
) -> tuple[ImportJob, Fit]:
    """Have the file read as the mapping says, but for what `overrides` says otherwise.

    Returns the mapping for its columns with the import. Raises ReadingUnfit, and leaves the import
    as it is read, when the file cannot be read so or has other columns then, Unfit when it has and
    was read so already; NotNow when the import is under way.
    """
    overrides = overrides or {}
    if not differences(mapping, job).keys() - overrides.keys():
        return job, fit(mapping, job)
    try:
        with transaction.atomic():
            job = read_again(job=job, overrides={**_said(mapping, job), **overrides})
            return job, fit(mapping, job)
    except FileRefused as refused:
        raise ReadingUnfit(str(refused)) from refused
    except Unfit as unfit:
        other = FileRefused("other_columns")
        raise ReadingUnfit(f"{other} {unfit}") from unfit


def use_mapping(
    *, mapping: ColumnMapping, job: ImportJob, may: Callable[[str], bool]
) -> tuple[ImportJob, Fit, str]:
    """Put a saved mapping on an import, and have the file read as it says.

    A file that has no such columns when it is read so stays as it is read: why is returned with
    the import and its fit, "" of any other. Raises Unfit, MappingRefused and NotNow.
    """
    why = ""
    try:
        job, found = read_as_saved(mapping=mapping, job=job)
    except ReadingUnfit as unfit:
        job, why = ImportJob.objects.get(pk=job.pk), str(unfit)
        found = fit(mapping, job)
    return choose_columns(job=job, mapping=found.mapping, may=may), found, why


@transaction.atomic
def rename_mapping(
    *,
    mapping: ColumnMapping,
    name: str,
    expected: Mapping[str, Any] | None = None,
    actor: User | None,
    source: str,
    now: datetime,
) -> ColumnMapping:
    """Rename a mapping; when it was saved stays. Raises NameTaken and ChangedMeanwhile."""
    name = name.strip()
    others = ColumnMapping.objects.for_company(mapping.company)
    if taken := same_name(mapping.company, others, name, but=mapping):
        raise NameTaken(_("There is a mapping “%(name)s” already.") % {"name": isolated(taken)})
    locked = ColumnMapping.objects.select_for_update().get(pk=mapping.pk)
    heed_others(locked, expected, {"name": name})
    before = locked.name
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
