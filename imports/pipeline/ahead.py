"""Working ahead: the next chunk is read and cleaned while the present one is written."""

import gc
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from queue import Empty, SimpleQueue
from threading import Semaphore
from typing import Any, TypeVar

from django.conf import settings

Item = TypeVar("Item")

#: How long a thread may keep the interpreter from another that wants it, in seconds. The one that
#: writes wants it after each answer of the database; at Python's own 5 ms it would mostly wait.
_SWITCH = 0.0005

#: How often a waiting consumer is called, in seconds: often enough to keep the lease of its job.
_PATIENCE = min(5.0, settings.JOB_LEASE_SECONDS / 4)

#: So many items there are at any time that are not used up: one that is used, and one that is made
#: or lies ready.
_NOT_USED_UP = 2

#: How many rows a thread hands over at once where they are only looked at.
_AT_ONCE = 1_000


@contextmanager
def in_bulk() -> Iterator[None]:
    """Set the interpreter up for two threads that make objects by the million, until the end.

    The collector of cycles would go through all of them again and again, a third of the time, and
    there are none among rows.
    """
    switch = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(switch)
        if collected:
            gc.enable()


def chunked(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield `items` in lists of `size`, the last one shorter."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


class Ahead(Iterator[Item]):
    """Goes through `items` as a thread of its own makes them: the next while the present is used.

    The database driver lets go of the interpreter while it waits, so threads are enough to use the
    second core. An item is used up when the next is asked for, or before, by `go_on`.
    `on_wait` is called every few seconds while nothing comes. What the maker raises is raised here;
    `close` stops the maker and closes `items` in its thread.
    """

    def __init__(
        self,
        items: Generator[Item, None, None],
        *,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._items, self._on_wait = items, on_wait
        #: Whether it is an item, and the item; or else what is raised in its place.
        self._made: SimpleQueue[tuple[bool, Any]] = SimpleQueue()
        self._wanted, self._stopped = Semaphore(_NOT_USED_UP), threading.Event()
        self._is_in_use = False
        self._maker = threading.Thread(target=self._make, daemon=True, name="ahead")
        self._maker.start()

    def __next__(self) -> Item:
        self.go_on()
        while True:
            try:
                is_item, made = self._made.get(timeout=_PATIENCE)
            except Empty:
                self._on_wait()
                continue
            if not is_item:
                self._made.put((False, made))  # For whoever asks again.
                raise made
            self._is_in_use = True
            item: Item = made
            return item

    def go_on(self) -> None:
        """Let the maker go on to another item, as if the present one were used up.

        For whoever begins to wait for the database: the steps before, each between two answers of
        the database, would else wait for the maker, who computes without a break.
        """
        if self._is_in_use:
            self._is_in_use = False
            self._wanted.release()

    def close(self) -> None:
        self._stopped.set()
        self._wanted.release()
        self._maker.join()

    def _make(self) -> None:
        # To throw a chunk away takes as long as to look at each of its rows. It falls to this
        # thread, which has the time: nobody waits for it.
        kept = deque[Item]()
        try:
            with closing(self._items):
                self._wanted.acquire()
                for item in self._items:
                    kept.append(item)
                    self._made.put((True, item))
                    del item
                    self._wanted.acquire()
                    if self._stopped.is_set():
                        return
                    if len(kept) > _NOT_USED_UP:
                        kept.popleft()
            self._made.put((False, StopIteration()))
        except BaseException as error:  # noqa: BLE001 - raised again where the items are wanted
            self._made.put((False, error))


def read_ahead(
    rows: Generator[Item, None, None], *, on_wait: Callable[[], None]
) -> Generator[Item, None, None]:
    """Yield `rows`, read by a thread of their own; call `on_wait` every few seconds all the while.

    For whoever goes through a file without writing anything down, which would be a sign of life.
    """
    called = time.monotonic()
    with closing(Ahead(_in_lists(rows), on_wait=on_wait)) as lists:
        for some in lists:
            if time.monotonic() - called >= _PATIENCE:
                on_wait()
                called = time.monotonic()
            yield from some


def _in_lists(rows: Generator[Item, None, None]) -> Generator[list[Item], None, None]:
    with closing(rows):
        yield from chunked(rows, _AT_ONCE)
