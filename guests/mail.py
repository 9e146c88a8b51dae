"""What the mail about an export says: where the file is, and until when. Never what is in it."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _

from core import mail
from core.models import Membership, OutgoingMail
from guests.models import GuestExport
from guests.services.exports import READY_MAIL


def register() -> None:
    """Make the mail known to whoever sends it."""
    mail.register(READY_MAIL, build_ready)


def build_ready(outgoing: OutgoingMail) -> EmailMessage:
    """Return the mail with the link. Raises Unwanted when there is no file any more, or when
    whoever asked for it is no member by now."""
    exports = GuestExport.objects.for_company(outgoing.company)
    export = exports.filter(pk=outgoing.subject_id).exclude(file="").first()
    if export is None or export.finished_at is None:
        raise mail.Unwanted(_("The file is not kept any more."))
    members = Membership.objects.for_company(outgoing.company).active()
    if not members.with_email(outgoing.to).exists():
        raise mail.Unwanted(_("Whoever asked for the file is no member any more."))
    path = reverse("guests:export_detail", args=[outgoing.company.slug, export.number])
    context: dict[str, Any] = {
        "export": export,
        "until": export.finished_at + timedelta(days=settings.EXPORT_KEEP_DAYS),
        "url": f"{settings.BASE_URL}{path}",
    }
    return mail.render(outgoing, "guests/mail/export", context)
