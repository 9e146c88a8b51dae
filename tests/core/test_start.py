"""`manage.py start`: web server and worker live and end together, whatever happens to them."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from django.core.management import call_command
from django.db import connection

from core.management.commands import start
from tests.emptying import Copied
from tests.processes import ROOT, eventually, free_port

# Its own database, queue and port: one run of the suite is enough.
pytestmark = [pytest.mark.pure, pytest.mark.slow]


class Installation:
    """Regulars in a folder of its own, started as `make run` starts it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "VAR_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder}/regulars.sqlite3",
            "REDIS_URL": "",
            "BASE_URL": f"http://127.0.0.1:{self.port}",
            "PORT": str(self.port),
            "CLOCK_TICK_SECONDS": "1",
        }
        self.process: subprocess.Popen[str] | None = None
        self.heard = ""
        self.family: set[psutil.Process] = set()

    def manage(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def start(self, *arguments: str) -> None:
        self.process, self.heard = self.manage("start", *arguments), ""
        eventually(self.answers)
        eventually(lambda: self.member("celery") and self.member("granian"))
        # It answers a moment before it says so.
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.heard += line
            if "Regulars is at" in line:
                break

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.process.communicate()[0]
        try:
            with urllib.request.urlopen(f"{self.env['BASE_URL']}/login/", timeout=5) as page:  # noqa: S310
                return bool(page.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def member(self, name: str) -> psutil.Process | None:
        """Return the child that runs `name`; remember everybody there is."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children()
        self.family |= set(psutil.Process(self.process.pid).children(recursive=True))
        for each in children:
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if name in each.cmdline():
                    return each
        return None

    def left(self) -> list[psutil.Process]:
        """Return who of the family is still alive."""
        return [
            each
            for each in self.family
            if each.is_running() and each.status() != psutil.STATUS_ZOMBIE
        ]

    def end(self) -> str:
        """Wait until it has ended, and return all that it said."""
        assert self.process is not None
        return self.heard + self.process.communicate(timeout=180)[0]


@pytest.fixture(scope="module")
def migrated(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Path:
    """A database as `migrate` leaves it, and the static files: made once."""
    installation = Installation(tmp_path_factory.mktemp("migrated"))
    if connection.vendor == "sqlite":
        # The tests' own was migrated a while ago, which takes ten seconds.
        with django_db_blocker.unblock():
            Copied().write(installation.folder / "regulars.sqlite3")
    else:
        said = installation.manage("migrate", "--verbosity", "0").communicate(timeout=600)[0]
        assert said == ""
    static = installation.manage("collectstatic", "--noinput", "--verbosity", "0")
    assert static.wait(timeout=600) == 0
    return installation.folder


@pytest.fixture
def installation(migrated: Path, tmp_path: Path) -> Iterator[Installation]:
    folder = tmp_path / "var"
    subprocess.run(["cp", "-r", str(migrated), str(folder)], check=True)
    made = Installation(folder)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.terminate()
        made.end()
    for each in made.left():
        each.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_of_it_cleanly(installation: Installation, number: int) -> None:
    installation.start()
    assert len(installation.family) >= 3, "supervisor's children and the web server's own"
    assert installation.process is not None
    installation.process.send_signal(number)
    said = installation.end()
    assert installation.process.returncode == 0
    assert f"Regulars is at http://127.0.0.1:{installation.port}" in said
    assert said.rstrip().endswith("Regulars has stopped.")
    assert "Traceback" not in said
    assert installation.left() == []
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", installation.port))


def test_after_an_update_the_new_styles_are_served(installation: Installation) -> None:
    old = installation.folder / "static" / "css" / "of-the-old-version.css"
    old.parent.mkdir(parents=True, exist_ok=True)
    old.write_text("")
    installation.start()
    assert not old.exists()
    assert (installation.folder / "static" / ".collected").exists()


def test_it_starts_where_static_files_may_only_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(start, "collect_if_changed", refused)
    monkeypatch.setattr(start, "_claim_port", lambda host, port: None)
    monkeypatch.setattr(start, "supervise", lambda processes, look: None)
    monkeypatch.setattr(start, "connections", SimpleNamespace(close_all=lambda: None))
    call_command("start")
    said = capsys.readouterr()
    assert said.err == "The static files are not brought up to date: Permission denied.\n"
    assert "Regulars has stopped." in said.out


@pytest.mark.parametrize("name", ["celery", "granian"])
def test_who_is_killed_is_started_again(installation: Installation, name: str) -> None:
    installation.start()
    victim = installation.member(name)
    assert victim is not None
    victim.kill()
    eventually(lambda: (found := installation.member(name)) and found.pid != victim.pid)
    eventually(installation.answers)
    assert installation.process is not None
    installation.process.send_signal(signal.SIGINT)
    assert "starting it again in 1 s" in installation.end()
    assert installation.left() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's death")
def test_nothing_outlives_a_supervisor_that_is_killed(installation: Installation) -> None:
    installation.start()
    assert len(installation.left()) >= 3
    assert installation.process is not None
    installation.process.kill()
    installation.process.wait()
    eventually(lambda: not installation.left())


def test_a_port_in_use_gives_a_sentence(installation: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.port))
        taken.listen()
        process = installation.manage("start", "--demo")
        said = process.communicate(timeout=180)[0]
    assert process.returncode == 1
    assert said.startswith(f"CommandError: Port {installation.port} cannot be used")
    assert "make run PORT=" in said
    assert len(said.splitlines()) == 1


def test_the_demo_is_made_once_and_its_guests_come_through_the_worker(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "var")
    installation.start("--demo")
    assert installation.process is not None
    eventually(lambda: counts(installation) == (2000, "done"))
    installation.process.send_signal(signal.SIGINT)
    first = installation.end()
    assert installation.process.returncode == 0
    passwords = installation.folder / "demo_passwords.json"
    assert passwords.stat().st_mode & 0o777 == 0o600

    installation.start("--demo")
    installation.process.send_signal(signal.SIGINT)
    second = installation.end()
    lines = [line for line in first.splitlines() if "@bella.example" in line]
    assert len(lines) == 4
    assert [line for line in second.splitlines() if "@bella.example" in line] == lines
    assert counts(installation) == (2000, "done")
    assert installation.left() == []


def counts(installation: Installation) -> tuple[int, str]:
    """Return how many guests there are, and the state of the one import that brought them."""
    import sqlite3

    with sqlite3.connect(installation.folder / "regulars.sqlite3", timeout=20) as database:
        guests = database.execute("SELECT count(*) FROM guests_guest").fetchone()[0]
        [(state,)] = database.execute(
            "SELECT state FROM imports_importjob WHERE kind = 'guests'"
        ).fetchall()
    return guests, state
