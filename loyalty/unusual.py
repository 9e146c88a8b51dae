"""Credits by hand that somebody should look at: who credited whom, how often and how much."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q

from core.fields import from_units
from core.models import Company, User
from guests import normalize

#: So far back it looks.
SINCE = timedelta(days=90)
#: So often the same person credits the same guest before it is shown.
AGAIN = 5
#: So many times the average of its program an amount is, of at least so many credits.
FAR, ENOUGH = 5, 10
#: A bulk credit of so few guests is as good as by hand: somebody ticked them.
FEW = 10
#: So many lines of each kind.
LINES = 50

#: Credits by hand that stand, each with the sums of its program and of its pair of people. `names`
#: are the name keys that a guest who is the person may have. What only compares amounts is no
#: bigint: the largest amounts, times others, would not fit into one; what is shown is added up in
#: halves (core.sums).
_UNUSUAL = """
WITH named (id, name_key) AS (VALUES {names}),
by_hand AS (
    SELECT e.* FROM loyalty_ledgerentry e
    WHERE e.company_id = %(company)s AND e.source = 'manual' AND e.kind = 'credit'
        AND e.at >= %(since)s AND e.actor_id IS NOT NULL
    UNION ALL SELECT e.* FROM loyalty_bulkadjustment b
    JOIN loyalty_bulkadjustmentguest o ON o.change_id = b.id
    JOIN loyalty_ledgerentry e ON e.id = o.entry_id
    WHERE b.company_id = %(company)s AND b.total <= %(few)s AND b.amount > 0
        AND e.at >= %(since)s AND e.actor_id IS NOT NULL
),
manual AS (
    SELECT e.id, e.at, e.amount, e.program_id, e.actor_id, a.guest_id,
        COUNT(*) OVER (PARTITION BY e.actor_id, a.guest_id) AS again,
        SUM(e.amount >> 32) OVER one_guest AS given_upper,
        SUM(e.amount & 4294967295) OVER one_guest AS given_lower,
        ROW_NUMBER() OVER (PARTITION BY e.actor_id, a.guest_id ORDER BY e.id DESC) AS place,
        COUNT(*) OVER (PARTITION BY e.program_id) AS of_program,
        SUM(e.amount * 1.0) OVER (PARTITION BY e.program_id) AS sum_of_program
    FROM by_hand e
    JOIN loyalty_account a ON a.id = e.account_id
    WHERE NOT EXISTS (SELECT 1 FROM loyalty_ledgerentry r WHERE r.reverses_id = e.id)
    WINDOW one_guest AS (PARTITION BY e.actor_id, a.guest_id, e.program_id)
)
SELECT m.id, m.at, m.amount, m.program_id, m.actor_id, m.guest_id, m.again,
    m.given_upper, m.given_lower,
    CASE WHEN g.phone IN (NULLIF(u.phone, ''), NULLIF(k.phone, ''))
        THEN 1 ELSE 0 END AS own_phone,
    CASE WHEN u.email <> '' AND LOWER(g.email) = LOWER(u.email)
        THEN 1 ELSE 0 END AS own_email,
    CASE WHEN EXISTS (SELECT 1 FROM named n WHERE n.id = m.actor_id AND (g.name_key = n.name_key
        OR (g.middle_name <> ''
            AND SUBSTR(g.name_key, 1, LENGTH(n.name_key) + 1) = n.name_key || ' ')))
        THEN 1 ELSE 0 END AS own_name,
    CASE WHEN m.again >= %(again)s AND m.place = 1 THEN 1 ELSE 0 END AS is_again,
    CASE WHEN m.of_program >= %(enough)s
        AND m.amount * 1.0 * (m.of_program - 1) > %(far)s * (m.sum_of_program - m.amount)
        THEN 1 ELSE 0 END AS is_far
FROM manual m
JOIN guests_guest g ON g.id = m.guest_id
JOIN core_user u ON u.id = m.actor_id
LEFT JOIN core_membership k ON k.user_id = m.actor_id AND k.company_id = %(company)s
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
    own_phone: bool
    own_email: bool
    own_name: bool
    is_again: bool
    is_far: bool

    @property
    def is_own(self) -> bool:
        """Whether the guest seems to be who credited, by telephone, e-mail or name."""
        return self.own_phone or self.own_email or self.own_name


def unusual_credits(company: Company, *, now: datetime) -> list[Unusual]:
    """Return credits by hand of the last 90 days that are out of the ordinary, newest first: two
    queries."""
    keys = _name_keys(company)
    named: dict[str, Any] = {
        f"{part}{n}": value
        for n, row in enumerate(keys)
        for part, value in zip("ik", row, strict=True)
    }
    # The first is nobody: there may be no names at all.
    names = ", ".join(["(0, '')", *(f"(%(i{n})s, %(k{n})s)" for n in range(len(keys)))])
    flags = ("own_phone", "own_email", "own_name", "is_again", "is_far")
    conditions = " OR ".join(f"{flag} = 1" for flag in flags)
    with connection.cursor() as cursor:
        cursor.execute(
            # Our own text; names and all else are parameters.
            f"SELECT * FROM ({_UNUSUAL.format(names=names)}) found "  # noqa: S608
            f"WHERE {conditions} ORDER BY id DESC LIMIT %(lines)s",
            {
                "company": company.pk,
                "since": now - SINCE,
                "again": AGAIN,
                "far": FAR,
                "few": FEW,
                "enough": ENOUGH,
                "lines": 3 * LINES,
                **named,
            },
        )
        return [_read(row) for row in cursor.fetchall()]


def _name_keys(company: Company) -> list[tuple[int, str]]:
    """Return (user, name key) of whoever may have credited: as a guest of their name has it.

    A guest's begins with the last name, and nobody knows where that of a user begins: each order
    from there on is one. A single word is many people's name.
    """
    members = Q(memberships__company=company) | Q(is_superuser=True)
    people = User.objects.filter(members).distinct().values_list("pk", "name")
    return [
        (pk, " ".join(words[at:] + words[:at]))
        for pk, name in people
        if len(words := normalize.fold(name).split()) > 1
        for at in range(len(words))
    ]


def _read(row: Any) -> Unusual:
    pk, at, amount, program, actor, guest, again, upper, lower, *flags = row
    given = (int(upper) << 32) + int(lower)
    return Unusual(
        pk,
        _moment(at),
        from_units(int(amount)),
        program,
        actor,
        guest,
        again,
        from_units(given),
        *map(bool, flags),
    )


def _moment(value: Any) -> datetime:
    """Return a time as the database's driver gave it: SQLite gives text, in UTC."""
    if isinstance(value, datetime):
        return value
    from datetime import UTC

    return datetime.fromisoformat(value).replace(tzinfo=UTC)
