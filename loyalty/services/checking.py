"""Whether balances, entries and lots agree: looked at by the database, written down each night."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection

from core.fields import from_units
from core.models import Company
from loyalty.models import Account, LedgerCheck

#: How many of the accounts that do not agree are written down.
_FINDINGS = 100

#: Accounts of a company that do not agree, each with the five sums; amounts in ten-thousandths.
_DISAGREEING = """
WITH entries AS (
    SELECT account_id, SUM(amount) AS total FROM loyalty_ledgerentry
    WHERE company_id = %(company)s GROUP BY account_id
), last_entries AS (
    SELECT e.account_id, e.balance_after FROM loyalty_ledgerentry e
    JOIN (
        SELECT account_id, MAX(id) AS id FROM loyalty_ledgerentry
        WHERE company_id = %(company)s GROUP BY account_id
    ) newest ON newest.id = e.id
), lots AS (
    SELECT l.account_id, SUM(l."left") AS total, SUM(l.amount - COALESCE(u.used, 0)) AS unused,
        SUM(CASE WHEN l."left" <> l.amount - COALESCE(u.used, 0) THEN 1 ELSE 0 END) AS odd
    FROM loyalty_creditlot l
    LEFT JOIN (
        SELECT lot_id, SUM(amount) AS used FROM loyalty_lotuse
        WHERE company_id = %(company)s GROUP BY lot_id
    ) u ON u.lot_id = l.entry_id
    WHERE l.company_id = %(company)s GROUP BY l.account_id
), holds AS (
    SELECT account_id, SUM(amount) AS total FROM loyalty_hold
    WHERE company_id = %(company)s AND state = 'held' GROUP BY account_id
)
SELECT a.id, a.guest_id, a.program_id, a.balance, COALESCE(entries.total, 0),
    COALESCE(last_entries.balance_after, 0), COALESCE(lots.total, 0), COALESCE(lots.unused, 0),
    a.held, COALESCE(holds.total, 0)
FROM loyalty_account a
LEFT JOIN entries ON entries.account_id = a.id
LEFT JOIN last_entries ON last_entries.account_id = a.id
LEFT JOIN lots ON lots.account_id = a.id
LEFT JOIN holds ON holds.account_id = a.id
WHERE a.company_id = %(company)s AND (
    a.balance <> COALESCE(entries.total, 0)
    OR a.balance <> COALESCE(last_entries.balance_after, 0)
    OR a.balance <> COALESCE(lots.total, 0)
    OR a.balance <> COALESCE(lots.unused, 0)
    OR a.held <> COALESCE(holds.total, 0)
    -- Two lots that are wrong can make up for each other: each is looked at by itself.
    OR COALESCE(lots.odd, 0) <> 0
)
ORDER BY a.id
"""
_AMOUNTS = ("balance", "entries", "last_entry", "lots_left", "lots_unused", "held", "holds")


def disagreeing(company: Company) -> Iterator[dict[str, Any]]:
    """Yield the accounts whose balance, entries, lots and holds do not agree, with each sum."""
    with connection.cursor() as cursor:
        cursor.execute(_DISAGREEING, {"company": company.pk})
        for account, guest, program, *units in cursor:
            amounts = {
                name: str(from_units(int(unit))) for name, unit in zip(_AMOUNTS, units, strict=True)
            }
            yield {"account": account, "guest": guest, "program": program, **amounts}


def check_ledger(company: Company, *, now: datetime) -> LedgerCheck:
    """Look at all accounts of the company and write down what was found."""
    found = disagreeing(company)
    first = list(islice(found, _FINDINGS))
    wrong = len(first) + sum(1 for _each in found)
    return LedgerCheck.objects.create(
        company=company,
        at=now,
        accounts=Account.objects.for_company(company).count(),
        wrong=wrong,
        findings=first,
    )


def check_every_ledger(*, now: datetime) -> int:
    """Check the ledger of every company that has one; return how many accounts do not agree."""
    companies = Company.objects.order_by("pk").iterator()
    return sum(check_ledger(company, now=now).wrong for company in companies)
