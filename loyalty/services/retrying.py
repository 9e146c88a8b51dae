"""Beginning anew what another transaction got in the way of: a person never sees a deadlock."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

from core.races import is_lost_race

#: How often something is begun at most.
TRIES = 5

T = TypeVar("T")

_is_inside: ContextVar[bool] = ContextVar("is_inside", default=False)


class Moved(Exception):
    """What was looked up before the locks is elsewhere by now: look it up again."""


def whole(act: Callable[[], T]) -> T:
    """Call `act` in a transaction; again when somebody else was in the way.

    Somebody posted the same cause or opened the same account since it looked (IntegrityError), or
    each waited for the other (deadlock). After a deadlock only the outermost transaction can begin
    anew: one inside another still holds what the other waits for. Inside another `whole` the call
    is part of that one, which begins anew with it.
    """
    if _is_inside.get():
        return act()
    is_outermost = not connection.in_atomic_block
    token = _is_inside.set(True)
    try:
        return _tried(act, is_outermost=is_outermost)
    finally:
        _is_inside.reset(token)


def _tried(act: Callable[[], T], *, is_outermost: bool) -> T:
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return act()
        except (IntegrityError, Moved):
            if not left:
                raise
        except OperationalError as error:
            if not left or not is_outermost or not is_lost_race(error):
                raise
    raise AssertionError("the last try returns or raises")
