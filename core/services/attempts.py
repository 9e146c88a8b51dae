"""Counting what may be asked for only so often: by whoever asks, and for whomever."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils.crypto import salted_hmac

from core.models import Attempt

#: The longest time that anything counts.
LONGEST = timedelta(days=1)


class Limit(NamedTuple):
    """So many times within a while, for one `who`: an address, a place in the network."""

    what: str
    who: str
    times: int
    within: timedelta

    @property
    def key(self) -> str:
        """Where it is counted. A digest: who it was is nobody's to read."""
        return f"{self.what}:{salted_hmac('core.attempts', self.who).hexdigest()}"


class TooOften(Exception):
    """It was asked for too often; it will be answered again later."""


@transaction.atomic
def count(limits: Sequence[Limit], *, now: datetime) -> None:
    """Count an attempt against each of the limits. Raises TooOften when one is used up.

    A refused attempt is not counted: whoever goes on trying does not put the end off.
    """
    for limit in limits:
        recent = Attempt.objects.filter(key=limit.key, at__gt=now - limit.within)
        if recent.count() >= limit.times:
            raise TooOften(limit.what)
    Attempt.objects.bulk_create(Attempt(key=limit.key, at=now) for limit in limits)


def forget(*, now: datetime) -> None:
    """Delete what no longer counts. Called by the clock."""
    Attempt.objects.filter(at__lte=now - LONGEST).delete()
