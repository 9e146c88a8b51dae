"""A forgotten password: a link by mail, for whoever has the address.

Whether anybody has it is only found out by the worker that sends the mail: the answer to whoever
asks is the same for every address, and takes the same time.
"""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import base36_to_int, urlsafe_base64_encode
from django.utils.translation import gettext as _

from core import mail as mails
from core.models import OutgoingMail, User
from core.services import attempts
from core.services.mail import post

RESET = "password-reset"
#: For so long a link to a new password works. One to a first password: PASSWORD_RESET_TIMEOUT.
RESET_HOURS = 4
#: So many links an hour for one address, and asked for from one place.
FOR_ADDRESS, FROM_PLACE = 3, 20
_HOUR = timedelta(hours=1)
#: What was asked for is forgotten after this: it holds addresses of people who are nobody here.
KEPT = timedelta(days=1)


def request_reset(*, email: str, place: str, now: datetime) -> None:
    """Have a link mailed to `email`, if somebody signs in with it. Raises attempts.TooOften.

    `place` is whence it is asked: the address in the network.
    """
    address = User.objects.normalize_email(email)
    attempts.count(
        [
            attempts.Limit("reset-for", address, FOR_ADDRESS, _HOUR),
            attempts.Limit("reset-from", place, FROM_PLACE, _HOUR),
        ],
        now=now,
    )
    post(
        company=None,
        kind=RESET,
        subject_id=0,
        to=address,
        message_id=mails.message_id(f"{RESET}.{secrets.token_hex(8)}", 0),
        now=now,
    )


def build_reset(mail: OutgoingMail) -> EmailMessage:
    """Make the mail, if there is whom to send it to: the link's time runs from now."""
    user = User.objects.filter(email=mail.to, is_active=True).first()
    if user is None:
        raise mails.Unwanted(_("Nobody signs in with this address."))
    is_new = not user.has_usable_password()
    context = {
        "email": user.email,
        "link": settings.BASE_URL + link_of(user),
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600 if is_new else RESET_HOURS,
    }
    return mails.render(mail, "core/mail/password_reset", context)


def link_of(user: User) -> str:
    """Return the address at which `user` chooses a password, once."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("password_reset_confirm", args=[uid, tokens.make_token(user)])


def forget(*, now: datetime) -> None:
    """Delete the mails of a while ago, with the addresses in them. Called by the clock."""
    old = OutgoingMail.objects.filter(kind=RESET, created_at__lte=now - KEPT)
    old.exclude(state=OutgoingMail.State.WAITING).delete()


class _Tokens(PasswordResetTokenGenerator):
    """Links for a week where they lead to a first password, for hours where they change one."""

    key_salt = "core.services.passwords"

    def check_token(self, user: User | None, token: str | None) -> bool:
        if not user or not token or not super().check_token(user, token):
            return False
        if not user.has_usable_password():
            return True
        age = self._num_seconds(self._now()) - base36_to_int(token.split("-")[0])
        return bool(age <= RESET_HOURS * 3600)


tokens = _Tokens()
