"""The mail that tells a guest what they were credited."""

from decimal import Decimal

from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from core import mail
from core.models import Company, OutgoingMail
from guests.models import Guest
from guests.services.claims import kept_guest
from guests.unsubscribe_links import link_of
from loyalty.models import Account, CreditLot, LedgerEntry
from loyalty.services.messages import CREDIT_MAIL
from loyalty.words import shown


def register() -> None:
    """Make the mail known to whoever sends it."""
    mail.register(CREDIT_MAIL, build)


def build(outgoing: OutgoingMail) -> EmailMessage:
    """Return the mail about an entry, to the address that the guest has by now.

    Of one who was merged since, the guest who was kept is told: they have the credit. Raises
    Unwanted for a guest who said no in the meantime, and for a credit that was taken back.
    """
    entry = LedgerEntry.objects.select_related("account__program").get(pk=outgoing.subject_id)
    company, program = outgoing.company, entry.account.program
    guest = _told(company, entry.account.guest_id)
    if LedgerEntry.objects.reversals_of(entry).exists():
        raise mail.Unwanted(_("The credit was taken back."))
    account = Account.objects.for_company(company).filter(guest=guest, program=program).first()
    outgoing.to = guest.email
    lot = CreditLot.objects.filter(entry=entry).first()
    link = link_of(guest)
    context = {
        "guest": guest,
        "program": program,
        "amount": shown(entry.amount, program),
        "balance": shown(account.balance if account else Decimal(0), program),
        "expires_on": lot and lot.expires_on,
        "link": link,
    }
    message = mail.render(outgoing, "loyalty/mail/credit", context)
    message.extra_headers["List-Unsubscribe"] = f"<{link}>"
    message.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


def _told(company: Company, pk: int) -> Guest:
    """Return whom a credit of this guest is told. Raises Unwanted where there is nobody."""
    found = Guest.objects.for_company(company).filter(pk=pk).first()
    guest = found and kept_guest(company, found)
    if guest is None or not guest.subscribed or not guest.is_active or not guest.email:
        raise mail.Unwanted(_("The guest does not want mails any more."))
    guest.company = company
    return guest
