"""Rules of the database that Django's schema cannot say, declared by the apps in one form.

Installed after every `migrate` on both databases (SQLite drops triggers when a migration rebuilds
a table) and verified by a system check.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections


@dataclass(frozen=True)
class SameCompany:
    """A row of `child` points, by `field`, only at a parent row of its own company.

    On PostgreSQL a composite foreign key `(company_id, <field>_id)`, on SQLite triggers of the
    same effect, which also keep the parent while it has children.
    """

    child: str
    field: str

    @property
    def name(self) -> str:
        return f"{self.child_table}_{self.field}_same_company"

    @property
    def child_table(self) -> str:
        return apps.get_model(self.child)._meta.db_table

    @property
    def column(self) -> str:
        return apps.get_model(self.child)._meta.get_field(self.field).column

    @property
    def parent_table(self) -> str:
        field = apps.get_model(self.child)._meta.get_field(self.field)
        return field.related_model._meta.db_table

    @property
    def tables(self) -> set[str]:
        return {self.child_table, self.parent_table}

    def postgresql(self) -> dict[str, str]:
        return {
            self.name: (
                f'ALTER TABLE "{self.child_table}" ADD CONSTRAINT "{self.name}" '
                f'FOREIGN KEY ("company_id", "{self.column}") '
                f'REFERENCES "{self.parent_table}" ("company_id", "id")'
            )
        }

    def sqlite(self) -> dict[str, str]:
        child, column, parent = self.child_table, self.column, self.parent_table
        missing = (
            f'NEW."{column}" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "{parent}" '
            f'WHERE "id" = NEW."{column}" AND "company_id" = NEW."company_id")'
        )
        in_use = f'EXISTS (SELECT 1 FROM "{child}" WHERE "{column}" = OLD."id")'
        events = {
            "insert": (f'INSERT ON "{child}"', missing),
            "update": (f'UPDATE OF "company_id", "{column}" ON "{child}"', missing),
            "delete": (f'DELETE ON "{parent}"', in_use),
            "move": (
                f'UPDATE OF "id", "company_id" ON "{parent}"',
                f'(OLD."id" <> NEW."id" OR OLD."company_id" <> NEW."company_id") AND {in_use}',
            ),
        }
        return {
            f"{self.name}_{key}": (
                f'CREATE TRIGGER "{self.name}_{key}" BEFORE {event} FOR EACH ROW WHEN {condition} '
                f"BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed: {self.name}'); END"
            )
            for key, (event, condition) in events.items()
        }


@dataclass(frozen=True)
class AppendOnly:
    """Rows of `table` are written once: neither changed nor removed, by raw SQL neither.

    A trigger of the same effect on both databases; on PostgreSQL another against TRUNCATE.
    """

    table: str

    @property
    def name(self) -> str:
        return f"{self.db_table}_append_only"

    @property
    def db_table(self) -> str:
        return apps.get_model(self.table)._meta.db_table

    @property
    def tables(self) -> set[str]:
        return {self.db_table}

    def postgresql(self) -> dict[str, str]:
        refuse = (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$; "
        )
        create = f'{refuse}CREATE TRIGGER "{{}}" BEFORE {{}} ON "{self.db_table}" '
        call = "EXECUTE FUNCTION refuse_change()"
        rows, table = self.name, f"{self.name}_whole"
        return {
            rows: create.format(rows, "UPDATE OR DELETE") + f"FOR EACH ROW {call}",
            table: create.format(table, "TRUNCATE") + f"FOR EACH STATEMENT {call}",
        }

    def sqlite(self) -> dict[str, str]:
        return {
            f"{self.name}_{event.lower()}": (
                f'CREATE TRIGGER "{self.name}_{event.lower()}" BEFORE {event} ON "{self.db_table}" '
                f"BEGIN SELECT RAISE(ABORT, '{self.db_table} is append-only'); END"
            )
            for event in ("UPDATE", "DELETE")
        }


Guard = SameCompany | AppendOnly

_declared: list[Guard] = []


def declare(*guards: Guard) -> None:
    """Add guards; each app does it once, in `<app>.guards`, imported when the apps are ready."""
    _declared.extend(guards)


def install(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Create the guards that are missing and can be. Connected to `post_migrate`."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    present = _present(connection)
    with connection.cursor() as cursor:
        for guard in _declared:
            if guard.tables <= tables:
                for name, sql in _statements(connection, guard).items():
                    if name not in present:
                        cursor.execute(sql)


def step_aside(using: str = DEFAULT_DB_ALIAS, plan: Sequence[Any] = (), **kwargs: Any) -> None:
    """Let migrations rebuild tables of SQLite, which a trigger that names such a table elsewhere
    would stop. Connected to `pre_migrate`; `install` brings back what was taken away."""
    if plan and connections[using].vendor == "sqlite":
        _drop_triggers(connections[using])


@contextmanager
def lifted(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Take triggers away while tables are emptied in whatever order.

    PostgreSQL empties all of them in one statement, and keeps its keys.
    """
    _drop_triggers(connections[using])
    try:
        yield
    finally:
        install(using)


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Return the names of guards whose tables are there without them."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    present = _present(connection)
    return [
        name
        for guard in _declared
        if guard.tables <= tables
        for name in _statements(connection, guard)
        if name not in present
    ]


def _drop_triggers(connection: Any) -> None:
    present = _present(connection)
    with connection.cursor() as cursor:
        for guard in _declared:
            table = ""
            if connection.vendor == "postgresql":
                if isinstance(guard, SameCompany):
                    continue
                table = f' ON "{guard.db_table}"'
            for name in present.intersection(_statements(connection, guard)):
                cursor.execute(f'DROP TRIGGER "{name}"{table}')


def _statements(connection: Any, guard: Guard) -> dict[str, str]:
    return guard.postgresql() if connection.vendor == "postgresql" else guard.sqlite()


def _present(connection: Any) -> set[str]:
    sql = (
        "SELECT conname FROM pg_constraint WHERE connamespace = current_schema()::regnamespace "
        "UNION ALL SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {row[0] for row in cursor.fetchall()}
