"""A sign-in that waits for its second factor. It is no signed-in session: nothing opens with it."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import login
from django.http import HttpRequest

from core.models import User

_KEY = "pending_sign_in"
#: How long a code may be waited for, and how many may be tried, before the password is asked again.
LASTS_SECONDS, TRIES = 600, 5


@dataclass(frozen=True)
class Pending:
    """Whose password was right, and where they wanted to go."""

    user: User
    backend: str
    next: str


def hold(request: HttpRequest, user: User, *, next_url: str, now: datetime) -> None:
    """Remember that the password was right, and nothing more."""
    request.session.cycle_key()
    request.session[_KEY] = {
        "user": user.pk,
        # So that a password changed meanwhile, or a user deactivated, ends this too.
        "hash": user.get_session_auth_hash(),
        "backend": getattr(user, "backend", ""),
        "next": next_url,
        "at": now.timestamp(),
        "tries": 0,
    }


def pending(request: HttpRequest, *, now: datetime) -> Pending | None:
    """Return who is waiting; None when nobody is, or it took too long or too many tries."""
    held = request.session.get(_KEY)
    if held is None:
        return None
    user = User.objects.filter(pk=held["user"], is_active=True).first()
    late = now.timestamp() - held["at"] > LASTS_SECONDS or held["tries"] >= TRIES
    if user is None or late or user.get_session_auth_hash() != held["hash"]:
        drop(request)
        return None
    return Pending(user=user, backend=held["backend"], next=held["next"])


def count_try(request: HttpRequest) -> None:
    """Count a wrong code."""
    held = request.session[_KEY]
    request.session[_KEY] = {**held, "tries": held["tries"] + 1}


def drop(request: HttpRequest) -> None:
    """Forget the sign-in that waits."""
    request.session.pop(_KEY, None)


def complete(request: HttpRequest, held: Pending) -> None:
    """Sign in whoever gave the second factor."""
    drop(request)
    login(request, held.user, backend=held.backend)
