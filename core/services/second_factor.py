"""The second factor: codes of an authenticator app (TOTP), and recovery codes for its loss.

django-otp keeps, checks and slows down; what is here is when it counts. Recovery codes are kept
as digests: whoever reads the database cannot sign in with them.
"""

import hashlib
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.models import Company, User
from core.services.account import record_for_companies
from core.services.sessions import end_sessions
from core.texts import isolated

RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is read as another: i l o 0 1
_GROUPS, _GROUP = 3, 5


class NotAccepted(Exception):
    """A code was refused; the text says why, and what to do."""


class Demanded(Exception):
    """A company of the user demands the second factor; the text says which."""


@dataclass(frozen=True)
class State:
    """Where a user stands. `secret` and `address` are only there until the set-up is confirmed."""

    is_on: bool
    since: datetime | None = None
    codes_left: int = 0
    secret: str = ""
    address: str = ""


def is_on(user: User) -> bool:
    """Whether signing in asks this user for a code."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def state(user: User) -> State:
    """Return what the user's own page shows."""
    device = TOTPDevice.objects.filter(user=user).order_by("-confirmed", "-pk").first()
    if device is None:
        return State(is_on=False)
    if not device.confirmed:
        secret = b32encode(device.bin_key).decode().rstrip("=").lower()
        return State(is_on=False, secret=secret, address=device.config_url)
    left = StaticToken.objects.filter(device__user=user).count()
    return State(is_on=True, since=device.created_at, codes_left=left)


@transaction.atomic
def begin(*, user: User) -> None:
    """Make a secret for the app, which counts once a code of it has been given."""
    User.objects.select_for_update().get(pk=user.pk)
    if not is_on(user):
        TOTPDevice.objects.filter(user=user, confirmed=False).delete()
        TOTPDevice.objects.create(user=user, name="app", confirmed=False)


def cancel(*, user: User) -> None:
    """Forget a set-up that was not confirmed."""
    TOTPDevice.objects.filter(user=user, confirmed=False).delete()


def confirm(*, user: User, code: str, source: str, now: datetime) -> list[str]:
    """Turn the second factor on, and return the recovery codes, which are never shown again.

    Every session of the user ends: they began with the password alone. Raises NotAccepted.
    """
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
        if device is None:
            raise NotAccepted(_("This set-up is over. Begin again."))
        accepted = device.verify_token(code)
        if accepted:
            device.confirmed, device.created_at = True, now
            device.save(update_fields=["confirmed", "created_at"])
            codes = _new_codes(user)
            end_sessions(user)
            record_for_companies(user=user, action="turn_on_second_factor", source=source, now=now)
    # Outside of the transaction: a refused code must be counted, not rolled back.
    if not accepted:
        raise NotAccepted(_refusal(device))
    return codes


def verify(*, user: User, code: str) -> None:
    """Accept a code of the app, or a recovery code, which is used up. Raises NotAccepted.

    The device is locked, so that of two requests with the same code only one gets in, and guesses
    side by side are counted one by one.
    """
    plain = "".join(code.split()).replace("-", "").lower()
    by_app = len(plain) == 6 and plain.isdecimal()
    model = TOTPDevice if by_app else StaticDevice
    with transaction.atomic():
        device = model.objects.select_for_update().filter(user=user, confirmed=True).first()
        said = plain if by_app else _digest(user, plain)
        accepted = device is not None and device.verify_token(said)
    if not accepted:
        raise NotAccepted(_refusal(device))


@transaction.atomic
def renew_codes(*, user: User, source: str, now: datetime) -> list[str]:
    """Return new recovery codes; the old ones no longer work. Raises NotAccepted when it is off."""
    if not is_on(user):
        raise NotAccepted(_("The second factor is off."))
    codes = _new_codes(user)
    record_for_companies(user=user, action="renew_recovery_codes", source=source, now=now)
    return codes


def codes_are_for(user: User) -> str:
    """Return where recovery codes sign in, and whom: what a sheet or a file of them says first."""
    text = _("Recovery codes for %(address)s, %(email)s")
    return text % {"address": settings.BASE_URL, "email": user.email}


def codes_as_text(user: User, codes: list[str]) -> str:
    """Return the codes as a file to keep, with what they are for, in lines as Windows ends them."""
    lines = [
        codes_are_for(user),
        _("Each signs in once, instead of a code of the app."),
        "",
        *codes,
        "",
    ]
    return "\r\n".join(lines)


@transaction.atomic
def turn_off(*, user: User, source: str, now: datetime) -> None:
    """Turn the second factor off. Raises Demanded while a company of the user asks for it."""
    User.objects.select_for_update().get(pk=user.pk)
    demanding = Company.objects.for_user(user).filter(requires_second_factor=True)
    company = demanding.order_by("name", "pk").first()
    if company is not None:
        raise Demanded(_("%(company)s demands a second factor.") % {"company": isolated(company)})
    _forget(user)
    record_for_companies(user=user, action="turn_off_second_factor", source=source, now=now)


@transaction.atomic
def reset(*, user: User, source: str, now: datetime) -> None:
    """Take it from somebody who lost phone and codes, whatever a company demands.

    Their companies lead them to set it up anew; every session of theirs ends.
    """
    _forget(user)
    end_sessions(user)
    record_for_companies(user=user, action="reset_second_factor", source=source, now=now)


def _forget(user: User) -> None:
    """Delete the user's app and recovery codes."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def _new_codes(user: User) -> list[str]:
    codes = [_random_code() for _each in range(RECOVERY_CODES)]
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery")
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_digest(user, code.replace("-", ""))) for code in codes
    )
    return codes


def _random_code() -> str:
    """Return a code of 74 random bits: k7xqm-2fh9p-wd3ru."""
    letters = [secrets.choice(_ALPHABET) for _each in range(_GROUPS * _GROUP)]
    return "-".join("".join(letters[i : i + _GROUP]) for i in range(0, len(letters), _GROUP))


def _digest(user: User, code: str) -> str:
    """Return the 16 characters that the library has room for: 80 bits of the code's hash."""
    return b32encode(hashlib.sha256(f"{user.pk}:{code}".encode()).digest()[:10]).decode().lower()


def _refusal(device: TOTPDevice | StaticDevice | None) -> str:
    """Return why a code was refused: wrong, or too many before it."""
    if device is not None and device.throttling_failure_count > 1:
        return _(
            "That code does not fit. After several wrong ones each has to wait longer: take the "
            "next code of your app, and try again in a minute."
        )
    return _("That code does not fit, or was used already. Take the next one.")
