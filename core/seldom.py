"""Hinting at what waits, again and ever more seldom."""

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


class Seldom:
    """Hints at each of those that wait: at once, after a while, after twice as long, and so on.

    Behind long work nobody takes a message from the queue, which would fill with hints that all
    say the same. Kept in the memory of a process: another one hints at everybody first.
    """

    def __init__(self, *, longest: timedelta) -> None:
        self._longest = longest
        self._next: dict[Hashable, tuple[datetime, timedelta]] = {}

    def hint(
        self, waiting: Iterable[K], say: Callable[[K], bool], *, first: timedelta, now: datetime
    ) -> None:
        """Call `say` for those that are due; what it could not say stays due.

        `waiting` are all that wait, each by what tells this waiting from its earlier ones.
        """
        kept: dict[Hashable, tuple[datetime, timedelta]] = {}
        for each in waiting:
            due, pause = self._next.get(each, (now, first))
            if due <= now and say(each):
                due, pause = now + pause, min(2 * pause, self._longest)
            kept[each] = due, pause
        self._next = kept

    def forget(self) -> None:
        """Hint at everybody at once again, as another process would."""
        self._next = {}
