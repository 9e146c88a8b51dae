"""The mail that tells whoever asked for a credit or debit what became of it."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _

from core import mail
from core.models import Membership, OutgoingMail
from loyalty.models import Adjustment
from loyalty.services.approving import DECISION_MAIL
from loyalty.words import asked_for


def register() -> None:
    """Make the mail known to whoever sends it."""
    mail.register(DECISION_MAIL, build)


def build(outgoing: OutgoingMail) -> EmailMessage:
    """Return the mail about what was decided, or was not in time. Raises Unwanted when the receiver
    is no member any more.

    The guest is not named: a mail lies about, and the page asks to sign in.
    """
    rows = Adjustment.objects.for_company(outgoing.company).filter(pk=outgoing.subject_id)
    adjustment = rows.select_related("program", "decided_by", "guest").get()
    members = Membership.objects.for_company(outgoing.company).active()
    if not members.filter(user=adjustment.asked_by_id, user__email=outgoing.to).exists():
        raise mail.Unwanted(_("The receiver is no member of the company any more."))
    context = {
        "adjustment": adjustment,
        "what": asked_for(adjustment),
        "is_guest_gone": adjustment.guest is not None and adjustment.guest.is_erased,
        "link": f"{settings.BASE_URL}{_page_of(adjustment, outgoing.company.slug)}",
    }
    return mail.render(outgoing, "loyalty/mail/decision", context)


def _page_of(adjustment: Adjustment, company: str) -> str:
    """Return the address where what came of it is seen."""
    if adjustment.guest_id:
        return reverse("loyalty:ledger", args=[company, adjustment.guest_id])
    change: Any = adjustment.bulk or adjustment.undoes
    return reverse("loyalty:bulk_change", args=[company, change.number])
