"""The mail that asks for the approval of an import which moves much."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _

from core import mail
from core.models import OutgoingMail
from imports.models import ImportJob
from imports.reports.money import sums_of_check
from imports.services.money import APPROVAL_MAIL


def register() -> None:
    """Make the mail known to whoever sends it."""
    mail.register(APPROVAL_MAIL, build)


def build(outgoing: OutgoingMail) -> EmailMessage:
    """Return the mail. Raises Unwanted when the import does not wait for it any more."""
    job = ImportJob.objects.select_related("company", "approval_asked_by").get(
        pk=outgoing.subject_id
    )
    if job.state != ImportJob.State.DRAFT or job.approval_asked_by is None:
        raise mail.Unwanted(_("Nobody waits for this approval any more."))
    path = reverse("imports:check", args=[job.company.slug, job.number])
    context = {"job": job, "programs": sums_of_check(job), "url": f"{settings.BASE_URL}{path}"}
    return mail.render(outgoing, "imports/mail/approval", context)
