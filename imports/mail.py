"""What the mail about an import's result says."""

import io
import zipfile
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from core import mail
from core.models import Membership, OutgoingMail
from imports import error_file, summary
from imports.models import ImportJob, ImportRow
from imports.reports.money import given
from imports.services.results import RESULT_MAIL

#: Above the first an attachment is zipped, above the second there is only the link. In bytes.
ZIP_ABOVE = 5 * 1024 * 1024
LINK_ABOVE = 20 * 1024 * 1024
FIRST_ERRORS = 10


def register() -> None:
    """Make the mail known to whoever sends it."""
    mail.register(RESULT_MAIL, build_result)


def build_result(outgoing: OutgoingMail) -> EmailMessage:
    """Return the mail about an import: what happened, the first errors, where to look.

    The errors and the error file hold guests' data: they go to active members of the company
    only. Anybody else gets counts and a link that asks them to sign in.
    """
    job = ImportJob.objects.select_related("company", "actor").get(pk=outgoing.subject_id)
    insider = Membership.objects.for_company(job.company).active().with_email(outgoing.to).exists()
    attachment = _error_attachment(job) if insider and _lines_to_mend(job).exists() else None
    context = _context(job, insider=insider) | {"attached": attachment is not None}
    message = mail.render(outgoing, "imports/mail/result", context)
    if attachment is not None:
        message.attach(*attachment)
    return message


def _context(job: ImportJob, *, insider: bool) -> dict[str, Any]:
    path = reverse("imports:detail", args=[job.company.slug, job.number])
    rows = list(_lines_to_mend(job)[:FIRST_ERRORS]) if insider else []
    return {
        "job": job,
        "counts": job.counts,
        "sentence": summary.sentence(job),
        "lines": summary.lines(job),
        "money": given(job),
        "errors": [(row.line, error_file.sentences(row)) for row in rows],
        "more": max(job.counts.get("failed", 0) - len(rows), 0) if insider else 0,
        "url": f"{settings.BASE_URL}{path}",
        "insider": insider,
    }


def _lines_to_mend(job: ImportJob) -> Any:
    return ImportRow.objects.filter(job_id=job.pk).to_mend().in_file_order()


def _error_attachment(job: ImportJob) -> tuple[str, bytes, str] | None:
    """Return name, content and type of the attachment, or None when it is too large for a mail."""
    content = _read_up_to(error_file.csv_lines(job), LINK_ABOVE)
    if content is None:
        return None
    name = error_file.filename(job, "csv")
    if len(content) <= ZIP_ABOVE:
        return name, content, "text/csv"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return f"{name}.zip", archive.getvalue(), "application/zip"


def _read_up_to(chunks: Iterable[bytes], limit: int) -> bytes | None:
    """Return the whole content, or None as soon as it is longer than `limit` bytes."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > limit:
            return None
    return bytes(content)
