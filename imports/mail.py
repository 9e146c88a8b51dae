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
from imports import error_file
from imports.models import ImportJob, ImportRow
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

    The error file holds guests' data: it goes to active members of the company only, and anybody
    else gets counts and a link that asks them to sign in.
    """
    job = ImportJob.objects.select_related("company", "actor").get(pk=outgoing.subject_id)
    insider = Membership.objects.for_company(job.company).active().with_email(outgoing.to).exists()
    message = mail.render(outgoing, "imports/mail/result", _context(job, insider=insider))
    if insider and _lines_to_mend(job).exists():
        _attach_error_file(message, job)
    return message


def _context(job: ImportJob, *, insider: bool) -> dict[str, Any]:
    path = reverse("imports:detail", args=[job.company.slug, job.number])
    lines = list(_lines_to_mend(job)[:FIRST_ERRORS]) if insider else []
    return {
        "job": job,
        "counts": job.counts,
        "errors": [(row.line, error_file.sentences(row)) for row in lines],
        "url": f"{settings.BASE_URL}{path}",
        "insider": insider,
    }


def _lines_to_mend(job: ImportJob) -> Any:
    return ImportRow.objects.filter(job_id=job.pk).to_mend().in_file_order()


def _attach_error_file(message: EmailMessage, job: ImportJob) -> None:
    content = _read_up_to(error_file.csv_lines(job), LINK_ABOVE)
    if content is None:
        return
    name = error_file.filename(job, "csv")
    if len(content) <= ZIP_ABOVE:
        message.attach(name, content, "text/csv")
        return
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    message.attach(f"{name}.zip", archive.getvalue(), "application/zip")


def _read_up_to(chunks: Iterable[bytes], limit: int) -> bytes | None:
    """Return the whole content, or None as soon as it is longer than `limit` bytes."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > limit:
            return None
    return bytes(content)
