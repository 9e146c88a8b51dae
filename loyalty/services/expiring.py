"""What happens to balances by the clock: credits expire and holds run out.

The same happens to an account whenever it is opened (loyalty.services.books); this is for the
accounts that nobody touches.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.db import IntegrityError, transaction

from core.models import Company
from core.turns import Turns
from loyalty.expiry import local_day
from loyalty.models import CreditLot, Hold
from loyalty.services.books import Books

logger = logging.getLogger(__name__)

#: Accounts that commit together: few, because a till may wait for one of them.
_ACCOUNTS = 500


def expire_due(*, now: datetime) -> int:
    """Expire what is due in every company by its own calendar; return how many accounts it met."""
    return sum(
        expire_company(company, now=now) for company in Company.objects.order_by("pk").iterator()
    )


def expire_company(company: Company, *, now: datetime) -> int:
    """Expire what is due and release what has run out; return how many accounts it met."""
    today = local_day(company, now)
    due = CreditLot.objects.for_company(company).due(today=today)
    run_out = Hold.objects.for_company(company).run_out(now=now)
    ids = {
        *due.values_list("account_id", flat=True).distinct(),
        *run_out.values_list("account_id", flat=True).distinct(),
    }
    turns = Turns()
    for chunk in _in_chunks(sorted(ids)):
        try:
            _let_go(company, chunk, turns, now=now)
        except (IntegrityError, AssertionError):
            _let_go_one_by_one(company, chunk, turns, now=now)
    return len(ids)


def _let_go(company: Company, accounts: Sequence[int], turns: Turns, *, now: datetime) -> None:
    with turns.turn(), transaction.atomic():
        books = Books(company, now=now)
        books.open(accounts)
        books.write(actor=None)


def _let_go_one_by_one(
    company: Company, accounts: Sequence[int], turns: Turns, *, now: datetime
) -> None:
    """Leave out only those whose books do not agree: the others' credits end all the same."""
    for account in accounts:
        try:
            _let_go(company, [account], turns, now=now)
        except (IntegrityError, AssertionError):
            logger.exception("Nothing expires in account %s: see check_ledger", account)


def _in_chunks(ids: list[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while chunk := list(islice(rest, _ACCOUNTS)):
        yield chunk
