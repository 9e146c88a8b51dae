"""What a program's page shows: figures, what is outstanding until when, who owns most."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.web.plots import Plot, Point, columns, of_month
from guests.models import Guest
from loyalty.models import Account, CreditLot, Program
from loyalty.services.totals import sums_of
from loyalty.words import figure, shown

#: So many months of expiry get a column of their own; what comes later shares one.
MONTHS = 18
LARGEST = 10


def totals(program: Program) -> dict[str, Any]:
    """Return how many accounts there are and what they have: one query."""
    return Account.objects.for_company(program.company).filter(program=program).totals()


def figures(program: Program, accounts: dict[str, Any]) -> list[dict[str, str]]:
    """Return members, issued, spent, expired, outstanding and held: two queries.

    `accounts` is what `totals` returned.
    """
    sums = sums_of(program)
    return [
        {"label": _("Members"), "value": number_format(accounts["members"], force_grouping=True)},
        {"label": _("Issued"), "value": figure(sums["issued"], program)},
        {"label": _("Spent"), "value": figure(sums["spent"], program)},
        {"label": _("Expired"), "value": figure(sums["expired"], program)},
        {"label": _("Outstanding"), "value": shown(accounts["balance"], program)},
        {"label": _("Held"), "value": figure(accounts["held"], program)},
    ]


def outstanding(program: Program, accounts: dict[str, Any], today: date) -> Plot:
    """Return what is outstanding by the month in which it expires."""
    lots = CreditLot.objects.for_company(program.company).filter(account__program=program)
    by_month = lots.by_month_of_expiry()
    # What the lots have left is what the balances are: the rest of it never expires.
    for_ever = max(accounts["balance"] - sum(by_month.values(), Decimal(0)), Decimal(0))
    points, later = [], Decimal(0)
    for place, month in enumerate(_months(today)):
        if place < MONTHS:
            points.append(of_month(month, by_month.pop(month, Decimal(0))))
    # What is over and still held counts with the present month: it goes when the hold ends.
    first = _months(today)[0]
    over = sum((a for m, a in by_month.items() if m < first), Decimal(0))
    later = sum((a for m, a in by_month.items() if m > first), Decimal(0))
    if over:
        points[0] = points[0]._replace(value=points[0].value + over)
    if later:
        points.append(Point(_("Later"), _("Later"), later))
    points.append(Point(_("For ever"), _("For ever"), for_ever))
    return columns(
        points,
        title=_("Outstanding by month of expiry"),
        period=_("Expires in"),
        measure=_("Outstanding"),
        show=lambda amount: figure(Decimal(amount), program),
    )


def _months(today: date) -> list[date]:
    start = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(start, start + MONTHS) if n // 12 < 10_000]


def largest(program: Program) -> list[dict[str, Any]]:
    """Return the largest balances with their guests: two queries."""
    accounts = list(
        Account.objects.for_company(program.company)
        .filter(program=program, balance__gt=0)
        .order_by("-balance", "-id")[:LARGEST]
    )
    guests = Guest.objects.for_company(program.company).in_bulk([a.guest_id for a in accounts])
    return [
        {"guest": guests.get(a.guest_id), "shown": figure(a.balance, program)} for a in accounts
    ]
