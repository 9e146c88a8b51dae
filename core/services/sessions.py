"""Ending sessions, wherever they are kept."""

from django.db.models import F

from core.models import User


def end_sessions(user: User) -> None:
    """Sign `user` out everywhere, at the next request of each session.

    Every session carries a hash of the user's generation: one that carries an older is no longer
    valid. So none has to be looked for in the store.
    """
    User.objects.filter(pk=user.pk).update(session_generation=F("session_generation") + 1)
    user.refresh_from_db(fields=["session_generation"])
