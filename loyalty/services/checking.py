"""Whether balances, entries, lots and holds agree: looked at by the database, written down each
night.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection

from core.fields import from_units
from core.models import Company
from loyalty.models import Account, LedgerCheck
from loyalty.services.agreement import disagreeing_query

#: How many of the accounts that do not agree are written down.
_FINDINGS = 100


_AMOUNTS = ("balance", "entries", "last_entry", "lots_left", "lots_unused", "held", "holds")
_NUMBERS = ("wrong_entries", "wrong_lots", "wrong_uses", "wrong_holds")


def disagreeing(company: Company) -> Iterator[dict[str, Any]]:
    """Yield the accounts whose balance, entries, lots and holds do not agree: with each sum, and
    with how many entries, lots, uses of lots and holds are wrong by themselves, if any are."""
    with connection.cursor() as cursor:
        cursor.execute(disagreeing_query(), {"company": company.pk})
        for account, guest, program, *found in cursor:
            amounts = {
                name: str(from_units(int(units)))
                for name, units in zip(_AMOUNTS, found, strict=False)
            }
            numbers = zip(_NUMBERS, found[len(_AMOUNTS) :], strict=True)
            wrong = {name: int(number) for name, number in numbers if number}
            yield {"account": account, "guest": guest, "program": program, **amounts, **wrong}


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
