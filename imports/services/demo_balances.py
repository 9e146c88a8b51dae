"""Two programs for the demo, and what its guests earned and spent: the same for the same visits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from core import clock
from core.models import Change, Company, Restaurant, User
from guests.models import Guest
from imports.models import ImportJob
from imports.services.demo import SLUG, is_demo
from loyalty.models import LedgerEntry, Program
from loyalty.services.checking import check_ledger
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move, Posting
from loyalty.services.programs import create_program, set_terms
from visits.models import Order

#: Of so many guests one has a deposit, and one spends points.
_DEPOSITS, _SPENDERS = 40, 3
_PROGRAMS: tuple[dict[str, Any], ...] = (
    {
        "name": "Bella points",
        "code": "points",
        "kind": Program.Kind.POINTS,
        "expiry": Program.Expiry.DAYS,
        "expiry_days": 365,
        "audience": Program.Audience.EVERYONE,
        "is_default": True,
    },
    {"name": "Deposit", "code": "deposit", "kind": Program.Kind.DEPOSIT},
)


def register() -> None:
    """Let the clock see to it where `start --demo` was asked for."""
    if settings.DEMO:
        clock.every(10, "give the demo's guests their points")(give_demo_balances)


def give_demo_balances(*, now: datetime) -> int:
    """Make the programs and give points for visits, once, when the visits are there.

    Returns how many entries there are then; 0 when there is nothing to do. Called by the clock.
    """
    company = Company.objects.filter(slug=SLUG).first()
    if company is None or not is_demo(company):
        return 0
    if Program.objects.for_company(company).exists():
        return 0
    if not Order.objects.for_company(company).exists():
        return 0
    if ImportJob.objects.for_company(company).filter(state__in=["queued", "running"]).exists():
        # The orders are still coming in: what guests are given is made of them.
        return 0
    with transaction.atomic():
        points, deposit = (_make(company, values, now) for values in _PROGRAMS)
        set_terms(
            company=company, grace_days=30, adjustment_limit=Decimal(500), actor=None,
            source=Change.Source.COMMAND, now=now,
        )  # fmt: skip
        postings = list(_postings(company, points, deposit, now))
        actor = User.objects.filter(memberships__company=company).order_by("pk").first()
        post_entries(company=company, postings=postings, actor=actor, now=now)
        check_ledger(company, now=now)
    return LedgerEntry.objects.for_company(company).count()


def _make(company: Company, values: dict[str, Any], now: datetime) -> Program:
    return create_program(
        company=company,
        values={"currency": company.currency, **values},
        categories=[],
        actor=None,
        source=Change.Source.COMMAND,
        now=now,
    )


def _postings(
    company: Company, points: Program, deposit: Program, now: datetime
) -> Iterator[Posting]:
    """Yield a point for each whole ten of what a guest paid, and what some did with them."""
    restaurant = Restaurant.objects.for_company(company).order_by("pk").first()
    common: dict[str, Any] = {"source": LedgerEntry.Source.API}
    visitors = Guest.objects.for_company(company).active().filter(orders_count__gt=0)
    for place, guest in enumerate(visitors.order_by("pk")):
        earned = guest.orders_total // 10
        ref = f"demo:{guest.pk}"
        if earned:
            # Of different days, so that they do not all end on the same one.
            last = now.date() + timedelta(days=30 + (guest.pk * 37) % 330)
            yield Move(
                guest_id=guest.pk, program_id=points.pk, amount=earned, expires_on=last,
                source_ref=f"{ref}:earned", reason="promotion", **common,
            )  # fmt: skip
        if earned > 10 and place % _SPENDERS == 0:
            yield Move(
                guest_id=guest.pk, program_id=points.pk, amount=-(earned // 3),
                source_ref=f"{ref}:spent", reason="spent",
                restaurant_id=restaurant.pk if restaurant else None, **common,
            )  # fmt: skip
        if place % _DEPOSITS == 0:
            yield Move(
                guest_id=guest.pk, program_id=deposit.pk, amount=Decimal(50 + 25 * (place % 7)),
                source_ref=f"{ref}:deposit", reason="deposit", **common,
            )  # fmt: skip
