"""Receiving a file, and choosing how it is read and which column is which field."""

import hashlib
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Max

from core.models import Company, Job, User
from guests.models import Category
from imports import columns
from imports.error_file import has_remarks, table_width, without_error_column
from imports.models import ColumnMapping, ImportJob
from imports.options import Options
from imports.pipeline.read import Detected, FileRefused, detect, signature
from imports.pipeline.read.header import trimmed
from imports.pipeline.rows import RawRow
from imports.services.fitting import fits
from imports.services.trips import local_file


class NotNow(Exception):
    """The import is in a state in which this cannot be asked of it."""

    def __init__(self, job: ImportJob) -> None:
        self.job = job
        super().__init__(f"import {job.number} is {job.state}")


class MappingRefused(Exception):
    """The choice of columns cannot be imported by; `problems` says why, each with its column."""

    def __init__(self, problems: Sequence[columns.Problem]) -> None:
        self.problems = list(problems)
        super().__init__(" ".join(str(problem) for problem in problems))


def receive_upload(
    *,
    company: Company,
    actor: User | None,
    chunks: Iterable[bytes],
    filename: str,
    corrects: ImportJob | None = None,
    kind: columns.FileKind = columns.GUESTS,
    overrides: dict[str, Any] | None = None,
) -> ImportJob:
    """Keep a file and return its draft import, with the reading and the columns as found.

    `corrects` names the import whose error file this is: its kind, mapping and options are taken
    over, and its batch. Raises FileRefused when the file is too large or cannot be read; nothing is
    kept then.
    """
    kind = columns.KINDS[corrects.kind] if corrects else kind
    with _kept(chunks) as (path, size, digest):
        name = clean_filename(filename)
        found = _detect(path, name, corrects, kind, overrides or {})
        job = ImportJob(
            company=company,
            actor=actor,
            kind=kind.key,
            key=uuid.uuid4(),
            filename=name,
            file_size=size,
            file_hash=digest,
            corrects=corrects,
            batch_id=_batch_of(corrects),
            results_to=actor.email if actor else "",
            options=_options_of(corrects, company, kind).to_json(),
        )
        _read_as(job, found)
        with path.open("rb") as file:
            job.file.save(name, File(file), save=False)
    try:
        return _save_numbered(job)
    except BaseException:
        job.file.delete(save=False)
        raise


@transaction.atomic
def read_again(*, job: ImportJob, overrides: dict[str, Any]) -> ImportJob:
    """Read the file as the operator says. The columns are looked for anew when they differ.

    Raises FileRefused when it cannot be read so, and NotNow when the import is under way.
    """
    job = lock_draft(job)
    with local_file(job) as path:
        known = _known(columns.KINDS[job.kind])
        found = detect(path, filename=job.filename, known=known, overrides=overrides)
    before = job.signature
    mapping = job.mapping
    _read_as(job, found)
    if job.signature == before and len(mapping) == job.width:
        job.mapping = mapping
    job.checked_key = ""
    job.save()
    return job


@transaction.atomic
def choose_columns(
    *, job: ImportJob, mapping: Sequence[str | None], may: Callable[[str], bool]
) -> ImportJob:
    """Set which column is which field; None leaves a column out.

    `may` says whether the actor has a permission: the `deleted` column asks for one.
    Raises MappingRefused with every problem, and NotNow when the import is under way.
    """
    job = lock_draft(job)
    problems = columns.problems(mapping, may=may, kind=columns.KINDS[job.kind])
    if problems:
        raise MappingRefused(problems)
    job.mapping = list(mapping)
    job.save(update_fields=["mapping"])
    return job


def saved_mappings(job: ImportJob) -> list[ColumnMapping]:
    """Return the company's mappings that fit the file: of the same columns first, then the latest.

    A company has a handful of them.
    """
    mappings = ColumnMapping.objects.for_company(job.company).filter(kind=job.kind)
    found = [each for each in mappings.order_by("-updated_at", "-pk") if fits(each, job)]
    return sorted(found, key=lambda each: each.signature != job.signature)


def lock_draft(job: ImportJob) -> ImportJob:
    """Lock the job's row inside a transaction. Raises NotNow unless it is a draft."""
    locked = ImportJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if locked.state != Job.State.DRAFT:
        raise NotNow(locked)
    return locked


def clean_filename(name: str) -> str:
    """Return the last part of an uploaded name, without what could mislead who reads it."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return shown.strip()[-255:] or "upload"


@contextmanager
def _kept(chunks: Iterable[bytes]) -> Iterator[tuple[Path, int, str]]:
    """Give the uploaded bytes as a temporary file, with their size and SHA-256."""
    digest, size = hashlib.sha256(), 0
    with NamedTemporaryFile(prefix="regulars-received-") as copy:
        for chunk in chunks:
            size += len(chunk)
            if size > settings.IMPORT_MAX_UPLOAD_BYTES:
                raise FileRefused("too_large", limit=settings.IMPORT_MAX_UPLOAD_BYTES)
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        yield Path(copy.name), size, digest.hexdigest()


def _read_as(job: ImportJob, found: Detected) -> None:
    """Write onto the unsaved job how its file is read, and which columns were recognised."""
    job.dialect, job.header, job.width = found.dialect.to_json(), found.header, found.width
    job.signature = signature(found.header, found.width)
    inherited = _mapping_of(job.corrects, job, found.preview) if job.corrects else None
    if inherited is not None:
        job.mapping = inherited
        return
    kind = columns.KINDS[job.kind]
    if found.header is not None:
        header = without_error_column(found.header)
        job.mapping = columns.recognise(header, kind) + [None] * (len(found.header) - len(header))
    else:
        job.mapping = columns.guess([row.cells for row in found.preview], kind)


def _batch_of(corrects: ImportJob | None) -> int | None:
    """Return the batch of a correction: that of what it corrects, in which nobody is paid twice.

    Of one that was undone as well: what was taken back is paid anew (imports.pipeline.credits), and
    what was spent by then is not.
    """
    return None if corrects is None else corrects.batch_id or corrects.pk


def _known(kind: columns.FileKind) -> Callable[[str], bool]:
    return partial(columns.known, kind=kind)


def _detect(
    path: Path,
    name: str,
    corrects: ImportJob | None,
    kind: columns.FileKind,
    overrides: dict[str, Any],
) -> Detected:
    """Find out how a file is to be read; the header of an error file is the one it corrects."""
    if corrects is not None and corrects.header is None:
        # An error file of a file without a header has none either: do not go looking for one.
        overrides = {"header_row": 0} | overrides
    known = _known(kind)
    found = detect(path, filename=name, known=known, overrides=overrides)
    if corrects is None or corrects.header is None or "header_row" in overrides:
        return found
    same = next((row for row in found.top if _same_header(corrects, row.cells)), None)
    if same is None or same.line == found.dialect.header_row:
        return found
    overrides = {**overrides, "header_row": same.line}
    return detect(path, filename=name, known=known, overrides=overrides)


def _mapping_of(
    corrects: ImportJob, job: ImportJob, rows: Sequence[RawRow]
) -> list[str | None] | None:
    """Return the mapping of the import whose error file this is, if the columns are still those.

    The error file has one column more, which says what was wrong: it is left out. Where no header
    names it, the remarks themselves tell that it is there; without them a line as wide as that
    would be one that was wrong for its width.
    """
    mapping = corrects.mapping[: table_width(corrects)]
    if job.header is None:
        cells = (trimmed(row.cells) for row in rows)
        return [*mapping, None] if has_remarks(corrects, cells) else mapping
    if _same_header(corrects, job.header):
        return mapping + [None] * (job.width - len(mapping))
    return None


def _same_header(corrects: ImportJob, cells: Sequence[str]) -> bool:
    """Whether these are the names of the columns that the corrected import had, in their order."""
    if corrects.header is None:
        return False
    names = [without_error_column(header) for header in (corrects.header, cells)]
    return len({signature(each, len(each)) for each in names}) == 1


def _options_of(corrects: ImportJob | None, company: Company, kind: columns.FileKind) -> Options:
    """Return the rules that an import begins with: those that its form would send unchanged."""
    if corrects is not None:
        # Whether it may repeat another import is asked anew.
        return replace(Options.from_json(corrects.options), again=False)
    if kind is not columns.GUESTS:
        return Options(preset=company.import_preset)
    defaults = Category.objects.for_company(company).defaults().order_by("pk")
    return Options(
        preset=company.import_preset, categories=list(defaults.values_list("pk", flat=True))
    )


@transaction.atomic
def _save_numbered(job: ImportJob) -> ImportJob:
    """Save the job under the company's next number; the lock keeps two from taking the same."""
    Company.objects.select_for_update().get(pk=job.company_id)
    last = ImportJob.objects.filter(company_id=job.company_id).aggregate(last=Max("number"))["last"]
    job.number = (last or 0) + 1
    job.save()
    return job
