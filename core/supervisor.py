"""Several processes kept alive as one: who crashes is started again, and all end together."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.2
LONGEST_PAUSE = 30
# Who lived as long as this had started well: its next crash is counted as the first.
SETTLED_AFTER = 60
# Long enough for a request, or for a chunk of an import, to end by itself.
GRACE_SECONDS = 15

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


class Child:
    """One of the processes, with all that it starts itself: they share a session."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name, self.command = name, command
        self.process: subprocess.Popen[bytes] | None = None
        self.crashes = 0
        self.start_at = self.started_at = time.monotonic()

    def keep(self) -> None:
        """Start it when it is time to."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_at:
                self.started_at = now
                self.process = _spawn(self.command)
        elif self.process.poll() is not None:
            self.crashes = 1 if now - self.started_at > SETTLED_AFTER else self.crashes + 1
            pause = min(2 ** (self.crashes - 1), LONGEST_PAUSE)
            logger.error(
                "The %s ended with %s; starting it again in %s s",
                self.name, self.process.returncode, pause,
            )  # fmt: skip
            self.kill()
            self.process, self.start_at = None, now + pause

    def ask_to_stop(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End whatever is left of it."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def supervise(commands: dict[str, list[str]], *, look: Callable[[], object]) -> None:
    """Run `commands`, by name, until SIGINT, SIGTERM or SIGHUP; then stop all of them.

    `look` is called at every round. A second signal does not wait for anybody.
    """
    signals = _Signals()
    children = [Child(name, command) for name, command in commands.items()]
    try:
        while not signals.first.wait(LOOK_EVERY):
            for child in children:
                child.keep()
            look()
    finally:
        for child in children:
            child.ask_to_stop()
        deadline = time.monotonic() + GRACE_SECONDS
        while any(child.is_running() for child in children):
            if signals.second.wait(0.05) or time.monotonic() > deadline:
                break
        for child in children:
            child.kill()


class _Signals:
    """What the terminal or the system asked for."""

    def __init__(self) -> None:
        self.first, self.second = threading.Event(), threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._came)

    def _came(self, *args: Any) -> None:
        (self.second if self.first.is_set() else self.first).set()


def _spawn(command: list[str]) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own: Ctrl-C reaches the supervisor alone.

    On Linux it gets SIGTERM when the supervisor dies, however that happens.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGTERM)

    return subprocess.Popen(command, start_new_session=True, preexec_fn=die_with_parent)  # noqa: PLW1509 - one thread
