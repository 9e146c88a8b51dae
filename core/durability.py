"""Whether a commit waits until the disk has it.

PostgreSQL asks by `synchronous_commit`; SQLite, in WAL with `synchronous=NORMAL`, never waits at a
commit. What a crash of the server takes back is whole transactions, and always the last ones: a
commit that waits makes durable what was committed before it, by whomever.
"""

from django.db import connection


def wait_for_no_disk() -> None:
    """Let the transaction under way commit without waiting for the disk.

    Only for what is done again by itself should a crash of the server take it back, and of which
    nobody outside was told. Call it inside a transaction.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
