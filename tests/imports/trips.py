"""What the tests of the pipeline share: a file in, its job and its rows out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from core.models import Change, Company, User
from guests.models import Card, Category, ExternalId, Guest, GuestCategory
from imports.columns import GUESTS, FileKind
from imports.models import ImportJob, ImportRow
from imports.pipeline.rows import Reason
from imports.reasons import reason_text
from imports.services import runs, uploads
from tests.imports.web import worked

FIXTURES = Path(__file__).parent.parent / "fixtures"
IIKO = FIXTURES / "iiko_sample.csv"
#: The columns of iiko's sample, which has no header.
IIKO_COLUMNS = (
    "phone number_1 - email birthday name last_name comment receive_promo deleted current_order_sum"
).replace(" ", ",")

#: Two phones of the cast's guests; both are possible numbers of Great Britain.
ANNA, JOHN, MAX = "+442079460958", "+442079460959", "+442079460960"


def received(
    company: Company,
    content: str | bytes,
    *,
    actor: User | None = None,
    filename: str = "guests.csv",
    corrects: ImportJob | None = None,
    kind: FileKind = GUESTS,
    mapping: Sequence[str | None] | None = None,
    overrides: dict[str, Any] | None = None,
    **options: Any,
) -> ImportJob:
    """Return a draft import of a file, partial unless it is said that it is not."""
    job = uploads.receive_upload(
        company=company,
        actor=actor,
        chunks=[content.encode() if isinstance(content, str) else content],
        filename=filename,
        corrects=corrects,
        kind=kind,
        overrides=overrides,
    )
    if mapping is not None:
        job = uploads.choose_columns(job=job, mapping=mapping, may=lambda permission: True)
    job.options = {**job.options, "partial": True, **options}
    job.save(update_fields=["options"])
    return job


def start(job: ImportJob) -> ImportJob:
    """Ask for the import and do what a worker would."""
    now = timezone.now()
    runs.start_import(job=job, actor=job.actor, source=Change.Source.WEB, now=now)
    return worked(job)


def imported(company: Company, content: str | bytes, **chosen: Any) -> ImportJob:
    """Bring a file in, and return its job when it has ended."""
    return start(received(company, content, **chosen))


def undone(job: ImportJob) -> ImportJob:
    """Take an import back, and return its job when that has ended."""
    runs.request_undo(job=job, actor=job.actor, now=timezone.now())
    return worked(job)


def outcomes(job: ImportJob) -> dict[int, str]:
    """Return what became of each line of the file."""
    rows = ImportRow.objects.filter(job_id=job.pk).in_file_order()
    return {row.line: ImportRow.Outcome(row.outcome).name.lower() for row in rows}


def reasons(job: ImportJob) -> dict[int, list[tuple[str, str]]]:
    """Return for each failed line the codes of its reasons, with their columns."""
    failed = ImportRow.objects.filter(job_id=job.pk, reasons__isnull=False).in_file_order()
    return {row.line: [(code, column) for code, column, *_ in row.reasons] for row in failed}


def notes(job: ImportJob) -> dict[int, list[str]]:
    """Return for each line that has notes their codes."""
    noted = ImportRow.objects.filter(job_id=job.pk, notes__isnull=False).in_file_order()
    return {row.line: [code for code, *_rest in row.notes] for row in noted}


def sentences(job: ImportJob) -> list[str]:
    """Return everything that was said about the failed lines."""
    failed = ImportRow.objects.filter(job_id=job.pk, reasons__isnull=False).in_file_order()
    return [reason_text(Reason(*reason)) for row in failed for reason in row.reasons]


def guest(company: Company, phone: str = ANNA, **fields: Any) -> Guest:
    """Create a guest who is there before the file comes."""
    return Guest.objects.create(
        company=company, phone=phone, registered_at=timezone.now(), **fields
    )


def cards(company: Company, phone: str) -> list[tuple[str | None, str | None]]:
    """Return (track, number) of the cards of the guest with this phone."""
    found = Card.objects.for_company(company).filter(guest__phone=phone).order_by("pk")
    return list(found.values_list("track", "number"))


def categories(company: Company, phone: str) -> set[str]:
    found = GuestCategory.objects.for_company(company).filter(guest__phone=phone)
    return set(found.values_list("category__name", flat=True))


def external_ids(company: Company, phone: str) -> set[str]:
    found = ExternalId.objects.for_company(company).filter(guest__phone=phone)
    return set(found.values_list("value", flat=True))


def everything(company: Company) -> dict[str, list[dict[str, Any]]]:
    """Return all that hangs on the guests of a company, to compare before and after.

    Without the version of a guest, which only ever counts up.
    """
    found = {}
    for model in (Guest, Card, Category, GuestCategory, ExternalId):
        rows = list(model.objects.for_company(company).order_by("pk").values())
        for row in rows:
            row.pop("version", None)
        found[model.__name__] = rows
    return found
