"""The yardstick of `make bench-import`, and the floor under every schema that keeps its rules.

Both fill plain tables by INSERT ... SELECT in one transaction, from the rows that the replay limit
keeps as `replay_...`.
"""

from collections.abc import Callable
from typing import Any

Execute = Callable[[str], None]
Timed = Callable[[str, Callable[[], None]], dict[str, Any]]

_YARDSTICK = (
    """CREATE TABLE plain_guest (id bigint PRIMARY KEY, phone varchar(16) UNIQUE,
       first_name varchar(100), last_name varchar(100), email varchar(254), birthday date,
       sex varchar(6), comment text, subscribed boolean, opening_total bigint,
       registered_at timestamp)""",
    "CREATE INDEX plain_guest_name ON plain_guest (last_name, first_name)",
    "CREATE INDEX plain_guest_email ON plain_guest (email)",
    "CREATE INDEX plain_guest_registered ON plain_guest (registered_at)",
    """CREATE TABLE plain_card (id bigint PRIMARY KEY,
       guest_id bigint REFERENCES plain_guest (id), number varchar(64) UNIQUE,
       track varchar(64) UNIQUE)""",
)
#: Each table that an import fills, with the keys without which a rule would not hold: one guest per
#: phone, one owner per card, a category once, one row per line.
_KEYS = {
    "guests_guest": ("id", "company_id, phone"),
    "guests_card": ("id", "company_id, number", "company_id, track"),
    "guests_guestcategory": ("guest_id, category_id",),
    "imports_importrow": ("job_id, line",),
}


def yardstick(execute: Execute, timed: Timed, settle: Callable[[], None]) -> dict[str, Any]:
    """Time all that the file says of guests and cards: unique phone, number and track, three
    further indexes, one foreign key."""
    for statement in _YARDSTICK:
        execute(statement)
    settle()

    def put() -> None:
        execute("INSERT INTO plain_guest SELECT id, phone, first_name, last_name, email, "
                "birthday, sex, comment, subscribed, opening_total, registered_at "
                "FROM replay_guests_guest")  # fmt: skip
        execute("INSERT INTO plain_card SELECT id, guest_id, number, track "
                "FROM replay_guests_card")  # fmt: skip

    figures = _in_one_transaction("yardstick", put, timed)
    for table in ("plain_card", "plain_guest"):
        execute(f"DROP TABLE {table}")
    return figures


def floor(execute: Execute, timed: Timed, settle: Callable[[], None]) -> dict[str, Any]:
    """Time the very rows of an import with their own keys alone: no index that a list reads, no
    foreign key, no check, no guard, no search."""
    for table, keys in _KEYS.items():
        execute(f"CREATE TABLE floor_{table} AS SELECT * FROM replay_{table} LIMIT 0")
        for n, key in enumerate(keys):
            execute(f"CREATE UNIQUE INDEX floor_{table}_{n} ON floor_{table} ({key})")
    settle()

    def put() -> None:
        for table in _KEYS:
            execute(f"INSERT INTO floor_{table} SELECT * FROM replay_{table}")

    figures = _in_one_transaction("floor", put, timed)
    for table in _KEYS:
        execute(f"DROP TABLE floor_{table}")
    return figures


def _in_one_transaction(name: str, put: Callable[[], None], timed: Timed) -> dict[str, Any]:
    from django.db import transaction

    def act() -> None:
        with transaction.atomic():
            put()

    return timed(name, act)
