"""SQLite has one writer at a time: how to know that somebody waited for their turn in vain."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: After so many seconds it is worth trying again: the longest work gives way every second.
RETRY_AFTER = 10

#: True of whoever waited for their turn: what they asked for begins with it (transaction_mode).
SENTENCE: Promise = _(
    "The database is busy with other work, and your turn did not come in time. Nothing of this was "
    "saved. Try again in a few seconds."
)

#: Of SQLite's codes the first byte: others write, or hold what is asked for.
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def is_busy(error: BaseException | None) -> bool:
    """Whether it is the error of a database that others kept from being written for too long."""
    if not isinstance(error, OperationalError):
        return False
    code = getattr(error.__cause__, "sqlite_errorcode", 0)
    return code & 0xFF in _BUSY


@contextmanager
def if_free() -> Iterator[None]:
    """Do what can be left undone when one's turn to write does not come in time."""
    try:
        yield
    except OperationalError as error:
        if not is_busy(error):
            raise


@contextmanager
def in_passing() -> Iterator[None]:
    """Write what nobody would wait for, and nobody would miss: where others write, it is left out.

    Not within a transaction, which has its turn already. PostgreSQL has as many writers as one
    likes: nothing is done.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    waits = connection.settings_dict["OPTIONS"].get("timeout", 5)
    _wait(0)
    try:
        with if_free():
            yield
    finally:
        _wait(waits)


def _wait(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
