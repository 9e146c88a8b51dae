"""Doing things at the same moment, each in a thread with a database connection of its own."""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection


def at_once(*acts: Callable[[], object]) -> list[BaseException]:
    """Call all of `acts` together and return what they raised."""
    ready = threading.Barrier(len(acts))
    raised: list[BaseException] = []

    def call(act: Callable[[], object]) -> None:
        try:
            ready.wait()
            act()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(act,)) for act in acts]
    with _alone():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return raised


@contextmanager
def _alone() -> Iterator[None]:
    """Keep the other processes of the run from the same: two crowds are more than PostgreSQL
    lets in by default, which is a hundred."""
    with (Path(os.environ["TEST_RUN_DIR"]) / "at_once").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def somebody_waits() -> bool:
    """Whether one connection to the test's database waits for a row that another has locked."""
    with connection.cursor() as cursor:
        # Within one transaction they would stay as they were at the first look.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        waiting: int = cursor.fetchone()[0]
        return waiting > 0
