"""Credits by hand that somebody should look at: who credited whom, how often and how much."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from core.fields import from_units
from core.models import Company

#: So far back it looks.
SINCE = timedelta(days=90)
#: So often the same person credits the same guest before it is shown.
AGAIN = 5
#: So many times the average of its program an amount is, of at least so many credits.
FAR, ENOUGH = 5, 10
#: So many lines of each kind.
LINES = 50

#: Credits by hand that stand, each with the sums of its program and of its pair of people.
_UNUSUAL = """
WITH manual AS (
    SELECT e.id, e.at, e.amount, e.program_id, e.actor_id, a.guest_id,
        COUNT(*) OVER (PARTITION BY e.actor_id, a.guest_id) AS again,
        SUM(e.amount) OVER (PARTITION BY e.actor_id, a.guest_id, e.program_id) AS given,
        ROW_NUMBER() OVER (PARTITION BY e.actor_id, a.guest_id ORDER BY e.id DESC) AS place,
        COUNT(*) OVER (PARTITION BY e.program_id) AS of_program,
        SUM(e.amount) OVER (PARTITION BY e.program_id) AS sum_of_program
    FROM loyalty_ledgerentry e
    JOIN loyalty_account a ON a.id = e.account_id
    WHERE e.company_id = %(company)s AND e.source = 'manual' AND e.kind = 'credit'
        AND e.at >= %(since)s AND e.actor_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM loyalty_ledgerentry r WHERE r.reverses_id = e.id)
)
SELECT m.id, m.at, m.amount, m.program_id, m.actor_id, m.guest_id, m.again, m.given,
    CASE WHEN (u.email <> '' AND LOWER(g.email) = LOWER(u.email))
        OR (u.name <> '' AND u.name IN (
            g.first_name || ' ' || g.last_name, g.last_name || ' ' || g.first_name))
        THEN 1 ELSE 0 END AS is_own,
    CASE WHEN m.again >= %(again)s AND m.place = 1 THEN 1 ELSE 0 END AS is_again,
    CASE WHEN m.of_program >= %(enough)s
        AND m.amount * (m.of_program - 1) > %(far)s * (m.sum_of_program - m.amount)
        THEN 1 ELSE 0 END AS is_far
FROM manual m
JOIN guests_guest g ON g.id = m.guest_id
JOIN core_user u ON u.id = m.actor_id
"""


@dataclass(frozen=True)
class Unusual:
    """A credit and why it is shown: to oneself, again and again, far above the others'."""

    entry_id: int
    at: datetime
    amount: Decimal
    program_id: int
    actor_id: int
    guest_id: int
    again: int
    given: Decimal
    is_own: bool
    is_again: bool
    is_far: bool


def unusual_credits(company: Company, *, now: datetime) -> list[Unusual]:
    """Return credits by hand of the last 90 days that are out of the ordinary, newest first."""
    conditions = "(is_own = 1 OR is_again = 1 OR is_far = 1)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({_UNUSUAL}) found WHERE {conditions} "  # noqa: S608 - our own text
            "ORDER BY id DESC LIMIT %(lines)s",
            {
                "company": company.pk,
                "since": now - SINCE,
                "again": AGAIN,
                "far": FAR,
                "enough": ENOUGH,
                "lines": 3 * LINES,
            },
        )
        return [_read(row) for row in cursor.fetchall()]


def _read(row: Any) -> Unusual:
    pk, at, amount, program, actor, guest, again, given, *flags = row
    return Unusual(
        pk,
        _moment(at),
        from_units(int(amount)),
        program,
        actor,
        guest,
        again,
        from_units(int(given)),
        *map(bool, flags),
    )


def _moment(value: Any) -> datetime:
    """Return a time as the database's driver gave it: SQLite gives text, in UTC."""
    if isinstance(value, datetime):
        return value
    from datetime import UTC

    return datetime.fromisoformat(value).replace(tzinfo=UTC)
