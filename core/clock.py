"""What happens by the clock, in one thread of one worker at a time: no beat and no cron.

However many workers run, on however many machines: a lease in the database says whose clock
ticks, and when that worker dies another takes it over. What is registered here must be safe to
run twice at once all the same, for a lease can run out in the middle of a slow action.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError, IntegrityError, connections, transaction
from django.db.models import Q
from django.utils import timezone

from core.models import Lease

logger = logging.getLogger(__name__)

Act = Callable[..., Any]
LEASE = "clock"


@dataclass(frozen=True)
class Entry:
    """Call `act(now=...)` every `seconds`; `at_start` also in each worker when it starts."""

    name: str
    seconds: float
    act: Act
    at_start: bool


_entries: dict[str, Entry] = {}


def every(seconds: float, name: str, *, at_start: bool = False) -> Callable[[Act], Act]:
    """Register a function of `now`. Apps do it once, in `AppConfig.ready()`."""

    def register(act: Act) -> Act:
        _entries[name] = Entry(name, seconds, act, at_start)
        return act

    return register


def hold(holder: str, *, now: datetime) -> bool:
    """Take or renew the lease for `holder`; return whether it has it."""
    until = now + timedelta(seconds=3 * settings.CLOCK_TICK_SECONDS + 5)
    free = Q(holder=holder) | Q(expires_at__lt=now)
    if Lease.objects.filter(free, name=LEASE).update(holder=holder, expires_at=until):
        return True
    if Lease.objects.filter(name=LEASE).exists():
        return False
    try:
        with transaction.atomic():
            Lease.objects.create(name=LEASE, holder=holder, expires_at=until)
    except IntegrityError:
        return False
    return True


def release(holder: str) -> None:
    """Let another worker have the lease at once."""
    Lease.objects.filter(name=LEASE, holder=holder).delete()


class Clock(threading.Thread):
    """The thread that ticks in a worker until `stop()`."""

    def __init__(self) -> None:
        super().__init__(name="clock", daemon=True)
        self.holder = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
        self._stopped = threading.Event()
        self._due = dict.fromkeys(_entries, 0.0)

    def run(self) -> None:
        self._guarded(self._start_up)
        while not self._stopped.is_set():
            self._guarded(self.tick)
            self._stopped.wait(settings.CLOCK_TICK_SECONDS)
        self._guarded(lambda: release(self.holder))

    def stop(self) -> None:
        """Ask the thread to end. Does not wait, for a signal handler may have asked."""
        self._stopped.set()

    def tick(self) -> None:
        """Do what is due, if the lease is ours."""
        for entry in _entries.values():
            if self._due.get(entry.name, 0.0) > time.monotonic():
                continue
            if self._stopped.is_set() or not hold(self.holder, now=timezone.now()):
                return
            self._due[entry.name] = time.monotonic() + entry.seconds
            self._guarded(partial(entry.act, now=timezone.now()))

    def _start_up(self) -> None:
        """Do what a worker owes its dead predecessor, whose lease may still be running."""
        for entry in _entries.values():
            if entry.at_start:
                self._guarded(partial(entry.act, now=timezone.now()))

    def _guarded(self, act: Callable[[], Any]) -> None:
        """Call `act`; whatever it raises, the clock goes on, with new connections."""
        try:
            act()
        except DatabaseError as error:
            logger.warning("The database is away; the clock tries again: %s", error)
        except Exception:
            logger.exception("The clock goes on after an error")
        finally:
            connections.close_all()


_running: list[Clock] = []


def start() -> None:
    """Start this worker's clock, once."""
    if not _running:
        _running.append(Clock())
        _running[0].start()


def stop() -> None:
    """Stop this worker's clock, if it runs."""
    while _running:
        _running.pop().stop()
