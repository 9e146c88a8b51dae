"""What one guest has in every program, and what of it expires when."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.models import Company
from guests.models import Guest, GuestCategory
from loyalty.models import Account, CreditLot, Program, ProgramCategory
from loyalty.words import figure, shown

#: So many days of expiry are named for each program.
DAYS = 3


@dataclass(frozen=True)
class Expiring:
    """What is gone after a day, if nobody spends it."""

    day: date
    amount: str


@dataclass(frozen=True)
class Balance:
    """One program as it is for one guest; of a discount only its percentage."""

    program: Program
    amount: str
    held: str
    expiring: list[Expiring]
    has_account: bool


def balances(company: Company, guest: Guest) -> list[Balance]:
    """Return every program the guest takes part in: four queries.

    An account makes them take part, or a category of the program, or that it is for everyone.
    """
    accounts = {
        account.program_id: account
        for account in Account.objects.for_company(company).filter(guest=guest)
    }
    own = GuestCategory.objects.for_company(company).filter(guest=guest)
    by_category = set(
        ProgramCategory.objects.for_company(company)
        .filter(category__in=own.values("category"))
        .values_list("program_id", flat=True)
    )
    expiring = _expiring(company, accounts.values())
    programs = Program.objects.for_company(company).order_by("-is_default", "name", "pk")
    return [
        _balance(program, accounts.get(program.pk), expiring)
        for program in programs
        if program.pk in accounts or (program.is_active and _is_for(program, by_category))
    ]


def _is_for(program: Program, by_category: set[int]) -> bool:
    return program.audience == Program.Audience.EVERYONE or program.pk in by_category


def _balance(
    program: Program, account: Account | None, expiring: dict[int, list[tuple[date, Decimal]]]
) -> Balance:
    held = account.held if account else Decimal(0)
    return Balance(
        program=program,
        amount=shown(account.balance if account else Decimal(0), program),
        held=figure(held, program) if held else "",
        expiring=[
            Expiring(day, figure(amount, program))
            for day, amount in (expiring[account.pk][:DAYS] if account else [])
        ],
        has_account=account is not None,
    )


def _expiring(company: Company, accounts: Any) -> dict[int, list[tuple[date, Decimal]]]:
    """Return by account what goes after which day, the next first."""
    sums: dict[int, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    lots: Any = CreditLot.objects.for_company(company).open().filter(expires_on__isnull=False)
    ids = [account.pk for account in accounts]
    for account, day, left in lots.filter(account__in=ids).values_list(
        "account_id", "expires_on", "left"
    ):
        sums[account][day] += left
    return defaultdict(list, {pk: sorted(days.items()) for pk, days in sums.items()})
