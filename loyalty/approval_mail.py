"""The mail that asks a second person to approve a credit or debit."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core import mail
from core.models import Membership, OutgoingMail
from loyalty.models import Adjustment
from loyalty.services.asking import APPROVAL_MAIL, approvers
from loyalty.words import asked_for


def register() -> None:
    """Make the mail known to whoever sends it."""
    mail.register(APPROVAL_MAIL, build)


def build(outgoing: OutgoingMail) -> EmailMessage:
    """Return the mail about what waits. Raises Unwanted when it is decided, or the receiver may
    not decide it any more.

    The guest is not named: a mail lies about, and the page asks to sign in.
    """
    rows = Adjustment.objects.for_company(outgoing.company).waiting(now=timezone.now())
    adjustment = rows.select_related("program", "restaurant", "asked_by", "bulk", "undoes").filter(
        pk=outgoing.subject_id
    ).first()  # fmt: skip
    if adjustment is None:
        raise mail.Unwanted(_("It was decided meanwhile."))
    members: list[Membership] = list(approvers(outgoing.company, adjustment))
    if outgoing.to not in {member.user.email for member in members}:
        raise mail.Unwanted(_("The receiver does not decide it any more."))
    path = reverse("loyalty:approvals", args=[outgoing.company.slug])
    context = {
        "adjustment": adjustment,
        "what": asked_for(adjustment),
        "guests": adjustment.guest_count,
        "link": f"{settings.BASE_URL}{path}",
    }
    return mail.render(outgoing, "loyalty/mail/approval", context)
