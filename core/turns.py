"""Leaving SQLite to others between the pieces of long work.

It has one writer at a time, and whoever waits looks only every tenth of a second whether it is
their turn: work that writes piece after piece would keep everybody else from writing until its end.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

#: Seconds of writing after which others get their turn: with the piece under way, their wait.
HELD = 1.0
#: For so many seconds, longer than SQLite's longest sleep: all who wait look in that time.
ROOM = 0.15
#: Of slow work a part of its time.
SHARE = 0.1

#: Set while a thread of this process waits for its turn.
_asked = threading.Event()


@contextmanager
def next_turn() -> Iterator[None]:
    """Write something short beside long work of the same process, which gives way after its piece.

    For what cannot wait until others get their turn: a work that is to stop.
    """
    _asked.set()
    try:
        yield
    finally:
        _asked.clear()


class Turns:
    """The turns of one long work. PostgreSQL has as many writers as one likes: nothing is done."""

    def __init__(self) -> None:
        self._held = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A piece of the work with its transaction, and room for others after it when it is time.

        What fails is thrown at once.
        """
        started = time.monotonic()
        yield
        if connection.vendor != "sqlite":
            return
        self._held += time.monotonic() - started
        if self._held >= HELD or _asked.is_set():
            time.sleep(max(ROOM, SHARE * self._held))
            self._held = 0.0
