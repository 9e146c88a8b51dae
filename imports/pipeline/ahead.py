"""Working ahead: the next chunk is read and cleaned while the present one is written."""

import gc
import sys
import threading
import time
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


def ahead(
    items: Generator[Item, None, None],
    *,
    most: int = 2,
    on_wait: Callable[[], None] = lambda: None,
) -> Generator[Item, None, None]:
    """Yield `items`, made by a thread of their own, at most so many before they are wanted.

    With one the next is made while the present one is used; with two another lies ready besides.
    The database driver lets go of the interpreter while it waits, so threads are enough to use the
    second core. `on_wait` is called every few seconds while nothing comes. What the maker raises is
    raised here; leaving early stops the maker and closes `items` in its thread.
    """
    queue: SimpleQueue[tuple[str, Any]] = SimpleQueue()
    wanted, stopped = Semaphore(most), threading.Event()
    work = (items, queue, wanted, stopped)
    maker = threading.Thread(target=_make, args=work, daemon=True, name="ahead")
    maker.start()
    try:
        while True:
            try:
                kind, item = queue.get(timeout=_PATIENCE)
            except Empty:
                on_wait()
                continue
            if kind == "error":
                raise item
            if kind == "end":
                return
            wanted.release()
            yield item
    finally:
        stopped.set()
        wanted.release()
        maker.join()


def read_ahead(
    rows: Generator[Item, None, None], *, on_wait: Callable[[], None]
) -> Generator[Item, None, None]:
    """Yield `rows`, read by a thread of their own; call `on_wait` every few seconds all the while.

    For whoever goes through a file without writing anything down, which would be a sign of life.
    """
    called = time.monotonic()
    with closing(ahead(_in_lists(rows), on_wait=on_wait)) as lists:
        for some in lists:
            if time.monotonic() - called >= _PATIENCE:
                on_wait()
                called = time.monotonic()
            yield from some


def _in_lists(rows: Generator[Item, None, None]) -> Generator[list[Item], None, None]:
    with closing(rows):
        yield from chunked(rows, _AT_ONCE)


def _make(
    items: Generator[Any, None, None],
    queue: "SimpleQueue[tuple[str, Any]]",
    wanted: Semaphore,
    stopped: threading.Event,
) -> None:
    try:
        with closing(items):
            wanted.acquire()
            for item in items:
                queue.put(("item", item))
                del item  # It belongs to whoever takes it, and may be large.
                wanted.acquire()
                if stopped.is_set():
                    return
        queue.put(("end", None))
    except BaseException as error:  # noqa: BLE001 - raised again where the items are wanted
        queue.put(("error", error))
