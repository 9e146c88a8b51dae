"""The link in a mail by which a guest ends all mails: signed, so that nobody guesses another's."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from guests.models import Guest
from guests.services.claims import kept_guest

_SALT = "guests.unsubscribe"


def link_of(guest: Guest) -> str:
    """Return the absolute address. It works for as long as the secret key does."""
    token = signing.dumps([guest.company_id, guest.pk], salt=_SALT)
    return settings.BASE_URL + reverse("unsubscribe", args=[token])


def guest_of(token: str) -> Guest | None:
    """Return the guest whose link has this token; None for a token that is none.

    Of one who was merged into another it is that other one, to whom the mails go by now.
    """
    try:
        company, pk = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    guest = Guest.objects.select_related("company").filter(company_id=company, pk=pk).first()
    if guest is None:
        return None
    found = kept_guest(guest.company, guest)
    found.company = guest.company
    return found
