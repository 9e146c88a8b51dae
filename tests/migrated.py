"""The migrated database, made once for all processes of a run: each begins with a copy of it.

To migrate takes a processor twelve seconds, to copy what was migrated less than one. For a run of
the whole suite the first process begins with it before the others have found their tests; else
whoever needs it first makes it. It is made in a process of its own, `python -m tests.migrated`.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psycopg

ROOT = Path(__file__).resolve().parent.parent
NAME = "migrated"


def _folder() -> Path:
    return Path(os.environ["TEST_RUN_DIR"])


def _is_ready() -> bool:
    return (_folder() / f"{NAME}.ready").exists()


@contextmanager
def _alone() -> Iterator[IO[str]]:
    """Wait until nobody makes it, and keep others from it."""
    with (_folder() / f"{NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


def _command() -> tuple[list[str], dict[str, str]]:
    # The settings know it as one more process of the run, with a folder of its own.
    return [sys.executable, "-m", "tests.migrated"], {**os.environ, "PYTEST_XDIST_WORKER": NAME}


def begin() -> subprocess.Popen[bytes]:
    """Begin to make it, and let whoever needs it wait: the lock is that process's until its end."""
    command, environment = _command()
    with _alone() as lock:
        return subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[lock.fileno()])


def use() -> bool:
    """Have this process's test database begin as a copy of it.

    Return whether that is there already, and is to be kept: SQLite's is a file, which we copy.
    PostgreSQL copies when it creates the database.
    """
    from django.db import connection

    with _alone():
        if not _is_ready():
            command, environment = _command()
            subprocess.run(command, cwd=ROOT, env=environment, check=True)
    test = connection.settings_dict["TEST"]
    if connection.vendor == "sqlite":
        shutil.copy(_folder() / NAME / "test.sqlite3", test["NAME"])
        return True
    test["TEMPLATE"] = _database()
    return False


def end(begun: subprocess.Popen[bytes] | None) -> None:
    """Leave nothing of it behind on the server; what is in the run's folder goes with that."""
    if begun is not None:
        begun.terminate()
        begun.wait()
    address = os.environ["DATABASE_URL"]
    if address.startswith("postgres"):
        with suppress(psycopg.Error), psycopg.connect(address, autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{_database()}"')


def _database() -> str:
    """Return its name on PostgreSQL: that of the run without the name of a process."""
    from tests.settings import TEST_DATABASE

    return TEST_DATABASE


def _make() -> None:
    import django
    from django.db import connection

    django.setup()
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    # On SQLite what was written last comes into the file with that, and PostgreSQL copies no
    # database to which anybody is connected.
    connection.close()
    (_folder() / f"{NAME}.ready").touch()


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    _make()
