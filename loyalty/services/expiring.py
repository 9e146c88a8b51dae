"""What happens to balances by the clock: credits expire and holds run out.

The same happens to an account whenever it is opened (loyalty.services.books); this is for the
accounts that nobody touches.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from django.db import transaction

from core.models import Company
from core.turns import Turns
from loyalty.expiry import local_day
from loyalty.models import CreditLot, Hold
from loyalty.services.books import Books

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
        with turns.turn(), transaction.atomic():
            books = Books(company, now=now)
            books.open(chunk)
            books.write(actor=None)
    return len(ids)


def _in_chunks(ids: list[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while chunk := list(islice(rest, _ACCOUNTS)):
        yield chunk
