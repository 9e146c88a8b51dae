"""Emptying the database after a test that commits, in a tenth of the time of Django's flush.

Flush truncates fifty tables of which a few have rows, and then makes content types, permissions,
roles and guards anew, which were there before.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import TransactionTestCase

#: What `migrate` fills.
KEPT = (ContentType, Permission, Group, Group.permissions.through, MigrationRecorder.Migration)
#: A table of more bytes was filled by the ten thousand: what is deleted from it stays in the way of
#: whoever reads it afterwards, and truncating leaves nothing.
LARGE = 1024 * 1024


class State(Protocol):
    """The database as `migrate` left it."""

    def restore(self, flush: Callable[[], None]) -> None:
        """Bring it back; by `flush`, where nothing quicker will do."""


def empty_quickly() -> None:
    """Have tests that commit followed by this instead of Django's flush."""
    state: State = Copied() if connection.vendor == "sqlite" else Kept()
    flush = TransactionTestCase._fixture_teardown

    def tear_down(test: TransactionTestCase) -> None:
        state.restore(lambda: flush(test))
        ContentType.objects.clear_cache()

    TransactionTestCase._fixture_teardown = tear_down


class Copied:
    """SQLite's file, kept in memory: all of it comes back but the ids, which go on counting."""

    def __init__(self) -> None:
        connection.ensure_connection()
        self._copy = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(self._copy)

    def write(self, file: Path) -> None:
        """Write the database to a file that is not there yet."""
        with closing(sqlite3.connect(file)) as database:
            self._copy.backup(database)

    def restore(self, flush: Callable[[], None]) -> None:
        with connection.cursor() as cursor:
            last_ids = cursor.execute("SELECT seq, name FROM sqlite_sequence").fetchall()
        self._copy.backup(connection.connection)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_sequence")
            cursor.executemany("INSERT INTO sqlite_sequence (seq, name) VALUES (%s, %s)", last_ids)


class Kept:
    """On PostgreSQL the rows that `migrate` made stay where they are, and those of others go."""

    def __init__(self) -> None:
        self._kept = [model._meta.db_table for model in KEPT]
        self._others = sorted(set(connection.introspection.table_names()) - set(self._kept))
        self._before = self._digest()

    def restore(self, flush: Callable[[], None]) -> None:
        if self._digest() != self._before or not self._delete():
            flush()
            self._before = self._digest()

    def _digest(self) -> Any:
        rows = "(SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM \"{}\" t)"
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(rows.format(table) for table in self._kept))
            return cursor.fetchone()

    def _delete(self) -> bool:
        """Delete what is there without asking triggers and keys; return whether it was little."""
        there = "SELECT '{0}', pg_relation_size('{0}') WHERE EXISTS (SELECT FROM \"{0}\")"
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
            is_superuser = cursor.fetchone()[0]
            cursor.execute(" UNION ALL ".join(there.format(table) for table in self._others))
            found = cursor.fetchall()
            if not is_superuser or any(size > LARGE for _table, size in found):
                return False
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table, _size in found:
                cursor.execute(f'DELETE FROM "{table}"')
        if found:
            # The room goes, too: plans would be made for it.
            with connection.cursor() as cursor:
                cursor.execute("VACUUM " + ", ".join(f'"{table}"' for table, _size in found))
        return True
