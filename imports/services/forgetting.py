"""What imports still know of somebody who was erased: failed lines, findings, kept uploads.

A Cleaner (guests.dependents): safe to repeat.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from guests.dependents import Cleaning, NotYet
from guests.traces import GONE, Traces
from imports.models import ColumnMapping, ImportJob, ImportRow
from imports.pipeline.read import Dialect
from imports.services.rewriting import NotRewritable, holds, is_key_column, key_places, rewrite
from imports.services.trips import local_file

#: Lines that are looked at between two signs of life.
BATCH = 2_000

#: What became of the upload, under this name in an import's findings.
UPLOAD = "upload"
REWRITTEN, DELETED = "rewritten", "deleted"


def clean(cleaning: Cleaning) -> Mapping[str, int]:
    """Clean every import of the company that was made before the erasure, and saved mappings.

    Raises NotYet while one of them is under way: it has read its lines already, and may still
    write down that one of them failed.
    """
    _refuse_while_active(cleaning)
    counts: Counter[str] = Counter()
    jobs = ImportJob.objects.for_company(cleaning.company).filter(created_at__lt=cleaning.since)
    for pk in list(jobs.order_by("pk").values_list("pk", flat=True)):
        job = ImportJob.objects.get(pk=pk)
        counts["import_rows"] += _clean_failed(cleaning, job) + _clean_replaced(cleaning, job)
        _clean_job(cleaning.traces.contacts, job)
        if job.file and (became := _clean_upload(cleaning.traces, job)):
            counts[f"uploads_{became}"] += 1
        cleaning.beat()
    counts["mappings"] = _clean_mappings(cleaning)
    _refuse_while_active(cleaning)
    return counts


def _refuse_while_active(cleaning: Cleaning) -> None:
    jobs = ImportJob.objects.for_company(cleaning.company).filter(created_at__lt=cleaning.since)
    job = jobs.filter(state__in=ImportJob.ACTIVE).order_by("pk").first()
    if job is not None:
        text = _("Import %(number)s is under way. What it keeps is cleaned when it is over.")
        raise NotYet(text % {"number": job.number})


def _clean_failed(cleaning: Cleaning, job: ImportJob) -> int:
    """Empty the lines to be mended that name the guest: they leave the error file, too."""
    traces, places, count = cleaning.traces, key_places(job.mapping), 0
    after = 0
    while rows := list(job.rows.to_mend().filter(line__gt=after).order_by("line")[:BATCH]):
        lines = [row.line for row in rows if _is_about(traces, row, places)]
        if lines:
            count += job.rows.filter(line__any=lines).update(cells=None, reasons=None, notes=None)
        after = rows[-1].line
        cleaning.beat()
    return count


def _is_about(traces: Traces, row: ImportRow, places: list[int]) -> bool:
    said = [*(row.reasons or ()), *(row.notes or ())]
    return traces.is_in_row(row.cells or [], places) or traces.contacts.is_in_json(said)


def _clean_replaced(cleaning: Cleaning, job: ImportJob) -> int:
    """Take traces out of what other guests' fields held: somebody may be named in a comment."""
    contacts, count = cleaning.traces.contacts, 0
    pattern = contacts.sql_pattern()
    if not pattern:
        return 0
    rows = job.rows.filter(replaced__isnull=False)
    found = rows.annotate(as_text=Cast("replaced", TextField())).filter(as_text__iregex=pattern)
    for line, value in list(found.values_list("line", "replaced")):
        cleaned = contacts.without_in_json(value)
        if cleaned != value:
            count += job.rows.filter(line=line).update(replaced=cleaned)
    cleaning.beat()
    return count


def _clean_job(traces: Traces, job: ImportJob) -> None:
    """Clean what is kept of the file as a whole: findings, header, name, errors."""
    after = {
        "findings": _findings(traces, job.findings),
        "header": _header(traces, job.header, key_places(job.mapping)),
        "filename": _filename(traces, job.filename),
        "error": traces.without(job.error),
        "results_to": "" if traces.is_in(job.results_to) else job.results_to,
    }
    changed = {name: value for name, value in after.items() if value != getattr(job, name)}
    if changed:
        for name, value in changed.items():
            setattr(job, name, value)
        ImportJob.objects.filter(pk=job.pk).update(**changed)


def _header(traces: Traces, header: Any, places: list[int]) -> Any:
    """Clean the names of the columns. Of a file that was read wrongly they are a guest's line."""
    if traces.is_in_row(header or [], places):
        return [GONE] * len(header)
    return traces.without_in_json(header)


def _clean_mappings(cleaning: Cleaning) -> int:
    """Clean what saved mappings keep of the files they were made for."""
    traces, count = cleaning.traces.contacts, 0
    mappings = ColumnMapping.objects.for_company(cleaning.company).order_by("pk")
    for pk, header, mapping in list(mappings.values_list("pk", "header", "mapping")):
        after = _header(traces, header, key_places(mapping))
        if after != header:
            count += mappings.filter(pk=pk).update(header=after)
    return count


def _filename(traces: Traces, name: str) -> str:
    """Clean a name without its ending, which after an address would look like a part of that."""
    path = PurePosixPath(name)
    return traces.without(path.stem) + path.suffix


def _findings(traces: Traces, findings: dict[str, Any]) -> dict[str, Any]:
    """Return a check's findings without the guest's lines in its samples."""
    found = dict(findings)
    if "sample" in found:
        found["sample"] = [
            each
            for each in found["sample"]
            if each.get("guest") not in traces.guests and not traces.is_in_json(each)
        ]
    if "groups" in found:
        found["groups"] = [_group(traces, group) for group in found["groups"]]
    return {key: traces.without_in_json(value) for key, value in found.items()}


def _group(traces: Traces, group: dict[str, Any]) -> dict[str, Any]:
    column = group["column"]
    is_key = is_key_column(column)

    def names(value: Any) -> bool:
        return traces.is_in_json(value) or (is_key and traces.is_key(str(value)))

    samples = [
        [line, "" if names(value) else value, params] for line, value, params in group["samples"]
    ]
    return {
        **group,
        "samples": samples,
        "values": [value for value in group["values"] if not names(value)],
    }


# -- The upload ---------------------------------------------------------------------------------


def _clean_upload(traces: Traces, job: ImportJob) -> str:
    """Rewrite the upload if the guest stands in it, or delete it; return which, or ""."""
    dialect, places = Dialect.from_json(job.dialect), key_places(job.mapping)
    try:
        with local_file(job) as path:
            if not holds(path, dialect, traces, places):
                return ""
            with NamedTemporaryFile(prefix="regulars-rewritten-") as target:
                rewrite(path, dialect, traces, places, target)
                _keep_instead(job, Path(target.name))
    except FileNotFoundError:
        return ""
    except (NotRewritable, OSError, ValueError):
        _delete_upload(job)
        return DELETED
    return REWRITTEN


def _keep_instead(job: ImportJob, path: Path) -> None:
    """Put the rewritten file in the upload's place. What was checked before must be so again."""
    storage, old = job.file.storage, job.file.name
    with path.open("rb") as content:
        new = storage.save(old, File(content))
    with transaction.atomic():
        locked = _locked(job)
        locked.file.name, locked.checked_key = new, ""
        locked.findings = {**locked.findings, UPLOAD: REWRITTEN}
        locked.save(update_fields=["file", "checked_key", "findings"])
    storage.delete(str(old))


def _delete_upload(job: ImportJob) -> None:
    """Let go of an upload that cannot be rewritten; of a draft nothing is left to import."""
    with transaction.atomic():
        locked = _locked(job)
        storage, name = locked.file.storage, locked.file.name
        if locked.state == ImportJob.State.DRAFT:
            locked.rows.all().delete()
            locked.delete()
        else:
            locked.file, locked.findings = "", {**locked.findings, UPLOAD: DELETED}
            locked.save(update_fields=["file", "findings"])
    storage.delete(str(name))


def _locked(job: ImportJob) -> ImportJob:
    """Return the import as it is now, locked. Raises NotYet where somebody started it just now."""
    locked = ImportJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if locked.is_active:
        text = _("Import %(number)s is under way. What it keeps is cleaned when it is over.")
        raise NotYet(text % {"number": job.number})
    return locked
