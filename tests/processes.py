"""Real processes for tests: workers beside the test, on its database and its queue."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
Value = TypeVar("Value")


def eventually(look: Callable[[], Value], *, seconds: float = 180, every: float = 0.05) -> Value:
    """Return what `look` returns as soon as that is true; fail when it stays false.

    The time is for a machine that is busy with everything else: only a failure takes so long.
    """
    deadline = time.monotonic() + seconds
    while not (value := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {value!r} after {seconds} s")
        time.sleep(every)
    return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """Return the address of the database that the test uses."""
    used = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{used['NAME']}"
    user = quote(used["USER"], safe="")
    password = f":{quote(used['PASSWORD'], safe='')}" if used["PASSWORD"] else ""
    host = f"{used['HOST']}:{used['PORT']}" if used["PORT"] else quote(used["HOST"], safe="")
    return f"postgres://{user}{password}@{host}/{used['NAME']}"


def environment(**extra: str) -> dict[str, str]:
    """Return the environment in which another process meets the test's database and queue."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "VAR_DIR": str(settings.VAR_DIR),
        "CLOCK_TICK_SECONDS": "1",
        "JOB_LEASE_SECONDS": "10",
        "LOG_LEVEL": "INFO",
        **extra,
    }


class Worker:
    """A Celery worker as the supervisor starts it. Its output is kept in `log`."""

    def __init__(self, name: str = "worker", **extra: str) -> None:
        self.extra = extra
        self.log = Path(settings.VAR_DIR) / f"{name}-{time.monotonic_ns()}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, and wait until it takes messages."""
        from core.management.commands.start import worker

        command = [*worker(), "--loglevel", "info", "--hostname", f"{self.log.stem}@test"]
        self.log.touch()
        said = self.log.stat().st_size
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(**self.extra),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        eventually(lambda: self.is_ready(said))
        return self

    def is_ready(self, said: int) -> bool:
        assert self.is_running(), f"the worker did not start:\n{self.output()[said:]}"
        return " ready." in self.output()[said:]

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        """Let it finish what it does."""
        if self.is_running():
            assert self.process is not None
            self.process.terminate()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """`kill -9`, for it and all that it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def python(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run `python <arguments>` on the test's database and return how it ended."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def manage(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py <arguments>` on the test's database and return how it ended."""
    return python("manage.py", *arguments, **extra)
