"""Beginning anew when two waited for each other's guests: a person never sees a deadlock."""

from collections.abc import Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, transaction

from core.races import is_lost_race

#: How often something is begun at most.
_TRIES = 3

P = ParamSpec("P")
T = TypeVar("T")


def whole(act: Callable[[], T]) -> T:
    """Call `act` in a transaction; again when it and another one waited for each other's guests.

    Others lock in the order of the ids, too; but an update of many rows at once has no order.
    """
    for left in reversed(range(_TRIES)):
        try:
            with transaction.atomic():
                return act()
        except OperationalError as error:
            if not left or not is_lost_race(error):
                raise
    raise AssertionError("the last try returns or raises")


def begun_anew(act: Callable[P, T]) -> Callable[P, T]:
    """Have calls of `act` be `whole`."""

    @wraps(act)
    def anew(*args: P.args, **kwargs: P.kwargs) -> T:
        return whole(partial(act, *args, **kwargs))

    return anew
