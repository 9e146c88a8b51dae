"""What was issued, spent and expired in a program since it began, without adding all of it up."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Max

from core.fields import LARGEST
from core.models import Company
from loyalty.models import LedgerEntry, Program, ProgramTotals

#: Entries are numbered before they are committed: what is younger than this may still get a
#: neighbour with a lower number. No transaction lasts nearly as long.
_SETTLED = timedelta(hours=1)


def sums_of(program: Program) -> dict[str, Decimal]:
    """Return {issued, spent, expired} of all entries, exact at this moment."""
    entries = LedgerEntry.objects.for_company(program.company).filter(program=program)
    known = ProgramTotals.objects.for_company(program.company).filter(program=program).first()
    if known is None:
        return entries.sums()
    later = entries.filter(pk__gt=known.through).sums()
    return {name: getattr(known, name) + amount for name, amount in later.items()}


def add_up(company: Company, *, now: datetime) -> None:
    """Write down the sums of each of the company's programs, from all entries."""
    entries = LedgerEntry.objects.for_company(company)
    for program in Program.objects.for_company(company).with_ledger().order_by("pk"):
        own = entries.filter(program=program)
        through = own.filter(at__lte=now - _SETTLED).aggregate(last=Max("pk"))["last"]
        if through is not None:
            values = {"company": company, "through": through}
            sums = own.filter(pk__lte=through).sums()
            # What is too large to be kept is added up whenever it is asked for, as before.
            if max(map(abs, sums.values())) <= LARGEST:
                ProgramTotals.objects.update_or_create(program=program, defaults=values | sums)


def add_up_every_ledger(*, now: datetime) -> None:
    """Do it for every company. Called by the clock, each night."""
    for company in Company.objects.order_by("pk").iterator():
        add_up(company, now=now)
