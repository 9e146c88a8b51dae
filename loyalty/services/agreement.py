"""The query for accounts that do not agree, put together of a part for each table.

Each entry, lot, use and hold is looked at by itself, for two that are wrong can make up for each
other. Amounts are in ten-thousandths; the one parameter is the company.
"""

import re

from django.db import connection

_added_up = re.compile(r"ADDED_UP\[([^]]+)\]").sub


def disagreeing_query() -> str:
    """Return the query for accounts of a company that do not agree: each with its sums, and with
    how many of its entries, lots, uses and holds are not as they must be.

    An account that they speak of and that is not there is among the accounts.
    """
    tables = ", ".join((_TAKEN, _LINES, _ENTRIES, _LOTS, _USES, _HOLDS, _PARTS))
    return _added_up(lambda found: _sum(found[1]), f"WITH {tables}{_DISAGREEING}")


def _sum(amounts: str) -> str:
    """Return SQL that adds up whatever it finds: a SUM that leaves 64 bits is an error on SQLite,
    and an arithmetic that does is none (core.sums)."""
    if connection.vendor == "postgresql":
        return f"SUM({amounts})"
    return f"(SUM({amounts} >> 32) * 4294967296 + SUM({amounts} & 4294967295))"


#: What each entry took from lots, and what was taken from each lot.
_TAKEN = """taken AS (
    SELECT entry_id, ADDED_UP[amount] AS total FROM loyalty_lotuse
    WHERE company_id = %(company)s GROUP BY entry_id
), used AS (
    SELECT lot_id, ADDED_UP[amount] AS total FROM loyalty_lotuse
    WHERE company_id = %(company)s GROUP BY lot_id
)"""
#: Each entry by itself, and what was there after the newest of an account.
_LINES = """lines AS (
    -- What went into its lot and out of others is what an entry says; what it says comes on top of
    -- what was there; what it takes back is of the same account.
    SELECT e.account_id, e.program_id, e.amount, CASE WHEN
        COALESCE(l.amount, 0) - COALESCE(taken.total, 0) <> e.amount
        OR CAST(e.balance_after AS NUMERIC) - e.amount
            <> COALESCE(LAG(e.balance_after) OVER (PARTITION BY e.account_id ORDER BY e.id), 0)
        OR (e.reverses_id IS NOT NULL AND (o.id IS NULL OR o.account_id <> e.account_id))
        THEN 1 ELSE 0 END AS odd,
        CASE WHEN LEAD(e.id) OVER (PARTITION BY e.account_id ORDER BY e.id) IS NULL
        THEN e.balance_after END AS newest
    FROM loyalty_ledgerentry e
    LEFT JOIN loyalty_creditlot l ON l.entry_id = e.id AND l.company_id = %(company)s
    LEFT JOIN taken ON taken.entry_id = e.id
    LEFT JOIN loyalty_ledgerentry o ON o.id = e.reverses_id
    WHERE e.company_id = %(company)s
)"""
#: Entries added up by account.
_ENTRIES = """entries AS (
    SELECT account_id, ADDED_UP[amount] AS total, MAX(newest) AS newest, SUM(odd) AS odd,
        MIN(program_id) AS program, MAX(program_id) AS other_program
    FROM lines GROUP BY account_id
)"""
#: Lots added up by account, and how many are not what was given less what was taken.
_LOTS = """lots AS (
    SELECT l.account_id, ADDED_UP[l."left"] AS total,
        ADDED_UP[(l.amount - COALESCE(used.total, 0))] AS unused,
        SUM(CASE WHEN l."left" <> l.amount - COALESCE(used.total, 0)
            OR e.account_id IS NULL OR e.account_id <> l.account_id THEN 1 ELSE 0 END) AS odd
    FROM loyalty_creditlot l
    LEFT JOIN used ON used.lot_id = l.entry_id
    LEFT JOIN loyalty_ledgerentry e ON e.id = l.entry_id
    WHERE l.company_id = %(company)s GROUP BY l.account_id
)"""
#: Uses of lots that are not of one account.
_USES = """uses AS (
    -- What is taken from a credit stands in the same account.
    SELECT COALESCE(l.account_id, e.account_id, 0) AS account_id, COUNT(*) AS odd
    FROM loyalty_lotuse u
    LEFT JOIN loyalty_creditlot l ON l.entry_id = u.lot_id
    LEFT JOIN loyalty_ledgerentry e ON e.id = u.entry_id
    WHERE u.company_id = %(company)s
        AND (l.account_id IS NULL OR e.account_id IS NULL OR l.account_id <> e.account_id)
    GROUP BY 1
)"""
#: What holds set aside by account, and how many that were captured have no debit of theirs.
_HOLDS = """holds AS (
    -- A captured one has its debit, of no more than was held.
    SELECT h.account_id, ADDED_UP[CASE WHEN h.state = 'held' THEN h.amount ELSE 0 END] AS total,
        SUM(CASE WHEN h.state = 'captured'
            AND (e.id IS NULL OR e.account_id <> h.account_id OR e.amount >= 0
                OR CAST(h.amount AS NUMERIC) + e.amount < 0)
            THEN 1 ELSE 0 END) AS odd
    FROM loyalty_hold h
    LEFT JOIN loyalty_ledgerentry e ON e.id = h.entry_id
    WHERE h.company_id = %(company)s GROUP BY h.account_id
)"""
#: All of it by account.
_PARTS = """parts AS (
    -- One under the other and then added up: a planner that knows nothing of these sums would take
    -- a join of them for one of all with all.
    SELECT id AS account, guest_id AS guest, program_id AS program, balance, held, 0 AS entries,
        0 AS newest, 0 AS lots, 0 AS unused, 0 AS holds, 0 AS odd_entries, 0 AS odd_lots,
        0 AS odd_uses, 0 AS odd_holds, program_id AS entry_program, program_id AS other_program
    FROM loyalty_account WHERE company_id = %(company)s
    UNION ALL SELECT account_id, NULL, NULL, 0, 0, total, newest, 0, 0, 0, odd, 0, 0, 0,
        program, other_program FROM entries
    UNION ALL SELECT account_id, NULL, NULL, 0, 0, 0, 0, total, unused, 0, 0, odd, 0, 0,
        NULL, NULL FROM lots
    UNION ALL SELECT account_id, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, odd, 0, NULL, NULL FROM uses
    UNION ALL SELECT account_id, NULL, NULL, 0, 0, 0, 0, 0, 0, total, 0, 0, 0, odd, NULL, NULL
        FROM holds
)"""
#: The accounts of which not all says the same.
_DISAGREEING = """
SELECT account, MAX(guest), MAX(program), SUM(balance), SUM(entries), SUM(newest), SUM(lots),
    SUM(unused), SUM(held), SUM(holds), SUM(odd_entries), SUM(odd_lots), SUM(odd_uses),
    SUM(odd_holds)
FROM parts GROUP BY account
HAVING MAX(program) IS NULL
    OR SUM(balance) <> SUM(entries) OR SUM(balance) <> SUM(newest)
    OR SUM(balance) <> SUM(lots) OR SUM(balance) <> SUM(unused) OR SUM(held) <> SUM(holds)
    OR MIN(entry_program) <> MAX(other_program)
    OR SUM(odd_entries) + SUM(odd_lots) + SUM(odd_uses) + SUM(odd_holds) > 0
ORDER BY account
"""
