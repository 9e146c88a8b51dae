"""The mail that tells a guest what they were credited."""

from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from core import mail
from core.models import OutgoingMail
from guests.models import Guest
from guests.unsubscribe_links import link_of
from loyalty.models import CreditLot, LedgerEntry
from loyalty.services.messages import CREDIT_MAIL
from loyalty.words import shown


def register() -> None:
    """Make the mail known to whoever sends it."""
    mail.register(CREDIT_MAIL, build)


def build(outgoing: OutgoingMail) -> EmailMessage:
    """Return the mail about an entry. Raises Unwanted for a guest who said no in the meantime, and
    for a credit that was taken back."""
    entry = LedgerEntry.objects.select_related("account").get(pk=outgoing.subject_id)
    company = outgoing.company
    guest = Guest.objects.for_company(company).filter(pk=entry.account.guest_id).first()
    if guest is None or not guest.subscribed or not guest.is_active or not guest.email:
        raise mail.Unwanted(_("The guest does not want mails any more."))
    if LedgerEntry.objects.filter(reverses=entry).exists():
        raise mail.Unwanted(_("The credit was taken back."))
    guest.company = company
    lot = CreditLot.objects.filter(entry=entry).first()
    link = link_of(guest)
    program = entry.account.program
    context = {
        "guest": guest,
        "program": program,
        "amount": shown(entry.amount, program),
        "balance": shown(entry.account.balance, program),
        "expires_on": lot and lot.expires_on,
        "link": link,
    }
    message = mail.render(outgoing, "loyalty/mail/credit", context)
    message.extra_headers["List-Unsubscribe"] = f"<{link}>"
    message.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message
