"""Guests who come, and the orders that a till sends."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Count, Max, Q, Sum

from core.models import Change, Company
from guests.models import Guest
from visits.services.orders import OrderDraft, Outcome, record_orders

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def new_guest(company: Company, number: int, **fields: Any) -> Guest:
    return Guest.objects.create(
        company=company, phone=f"+4479460{number:05}", registered_at=NOON, **fields
    )


def draft(
    company: Company,
    number: str,
    guest: Guest | None,
    total: str = "20",
    *,
    days: float = 0,
    place: int = 0,
) -> OrderDraft:
    """An order of the company's restaurant `place`, so many days after NOON."""
    restaurant = company.restaurants.order_by("pk")[place]
    closed_at = NOON + timedelta(days=days)
    return OrderDraft(restaurant.pk, number, guest and guest.pk, Decimal(total), closed_at)


def record(company: Company, *orders: OrderDraft, actor: Any = None) -> list[Outcome]:
    return record_orders(
        company=company, orders=orders, actor=actor, source=Change.Source.COMMAND, now=NOON
    )


def counters(guest: Guest) -> tuple[int, Decimal, datetime | None]:
    guest.refresh_from_db()
    return guest.orders_count, guest.orders_total, guest.last_visit_at


def miscounted(company: Company) -> list[tuple[Any, ...]]:
    """The guests whose counters are not those of their orders."""
    counted = Guest.objects.for_company(company).annotate(
        n=Count("orders"),
        sum=Sum("orders__total"),
        last=Max("orders__closed_at", filter=Q(orders__total__gte=0)),
    )
    rows = counted.values_list(
        "pk", "orders_count", "n", "orders_total", "sum", "last_visit_at", "last"
    )
    return [r for r in rows if (r[1], r[3], r[5]) != (r[2], r[4] or Decimal(0), r[6])]


@pytest.fixture
def anna(bella: Company) -> Guest:
    return new_guest(bella, 1, first_name="Anna")


@pytest.fixture
def boris(bella: Company) -> Guest:
    return new_guest(bella, 2, first_name="Boris")


@pytest.fixture(autouse=True)
def counters_agree(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test with the company, all counters are those of the orders."""
    company = request.getfixturevalue("bella") if "bella" in request.fixturenames else None
    yield
    if company is not None:
        assert miscounted(company) == []


Send = Callable[..., list[Outcome]]
