"""Who signed in and out, and who was locked out, in the record of each company they belong to.

The signals are Django's and django-axes's own: there is no other way to hear of every sign-in.
"""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest
from django.utils import timezone

from core.models import Change, User
from core.services.account import record_for_companies
from core.web import places


def connect() -> None:
    """Listen. Called once, when the app is ready."""
    user_logged_in.connect(_signed_in, dispatch_uid="core.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="core.signed_out")
    user_locked_out.connect(_locked_out, dispatch_uid="core.locked_out")


def _signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    _record("sign_in", request, user)


def _signed_out(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        _record("sign_out", request, user)


def _locked_out(request: HttpRequest, username: str | None, **kwargs: Any) -> None:
    user = User.objects.filter(email=User.objects.normalize_email(username)).first()
    if user is not None:
        _record("lock_out", request, user)


def _record(action: str, request: HttpRequest, user: User) -> None:
    address = places.address(request)
    record_for_companies(
        user=user,
        action=action,
        source=Change.Source.WEB,
        now=timezone.now(),
        values={"address": [None, address]} if address else {},
    )
