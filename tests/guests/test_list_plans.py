"""A page is the same however the database is led to it: few are looked up first, many are met."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict

from guests.filters import GuestFilter
from guests.models import Category, Guest, MemberTier
from guests.paging import page_of
from guests.querysets import few
from guests.services.bulk import create_guests
from imports.models import ImportJob, ImportRow
from tests.guests.cast import put_in
from tests.guests.test_paging import walk
from visits.models import Order

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
SORTS = ("-last_visit", "last_visit", "name", "-total", "-orders", "tier", "-average_bill")
QUERIES = (
    "category={category}", "tier={tier}", "restaurant={restaurant}", "from_import=1",
    "category={category}&restaurant={restaurant}", "total_to=1", "total_to=15", "orders_to=0",
    "orders_to=1", "visited=false", "orders_to=0&category={category}",
)  # fmt: skip


@pytest.fixture
def company(bella, roma):
    """Thirty guests, a third of whom never came, and one of the company next door like them."""
    gold = MemberTier.objects.create(company=bella, name="Gold", rank=1)
    rows = []
    for n in range(30):
        came = n % 3 > 0
        orders = n % 4 if came else 0
        rows.append(
            {
                "phone": f"+4420794{n:05}",
                "first_name": "Anna",
                "last_name": str(n % 7),
                "registered_at": MIDNIGHT,
                "opening_total": Decimal(n % 2),
                "orders_count": orders,
                "orders_total": Decimal(orders * 5),
                **({"last_visit_at": MIDNIGHT - timedelta(days=n % 5)} if came else {}),
                **({"member_tier_id": gold.pk} if n % 5 == 0 else {}),
            }
        )
    create_guests(bella.pk, rows)
    create_guests(roma.pk, [{"phone": "+390612345678", "registered_at": MIDNIGHT}])
    _belongings(bella)
    return bella


def _belongings(company):
    shop = company.restaurants.create(name="Soho")
    job = ImportJob.objects.create(
        company=company, number=1, key="00000000-0000-0000-0000-000000000001",
        filename="guests.csv", file_size=1, file_hash="0" * 64,
    )  # fmt: skip
    for n, guest in enumerate(Guest.objects.for_company(company).order_by("pk")):
        if n % 2:
            put_in(guest, "Regulars")
        if n % 4 == 1:
            for bill in range(2):
                Order.objects.create(
                    company=company, restaurant=shop, guest=guest, external_id=f"{n}-{bill}",
                    total=5, closed_at=MIDNIGHT,
                )  # fmt: skip
        if n % 6 < 2:
            ImportRow.objects.create(
                company=company, job=job, line=n, guest=guest, outcome=ImportRow.Outcome.CREATED
            )


def _found(company, query):
    ids = {
        "category": Category.objects.get(company=company).pk,
        "tier": MemberTier.objects.get(company=company).pk,
        "restaurant": company.restaurants.get(name="Soho").pk,
    }
    found = GuestFilter(QueryDict(query.format(**ids)), company=company, today=TODAY)
    assert found.is_valid(), found.errors
    return found.qs


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("query", QUERIES)
def test_few_and_many_are_found_in_the_same_order_both_ways(company, monkeypatch, query, sort):
    ways = []
    for bound in (few.FEW, 0):
        monkeypatch.setattr(few, "FEW", bound)
        ways.append(walk(_found(company, query), company, sort, size=4))
    (there, back), many = ways
    assert (there, back) == many
    assert back == there
    everybody = page_of(Guest.objects.for_company(company).listed(), company, sort, 100).rows
    found = set(_found(company, query).values_list("pk", flat=True))
    assert found
    assert [pk for page in there for pk in page] == [g.pk for g in everybody if g.pk in found]


def test_few_are_looked_up_and_many_are_not(company, monkeypatch):
    few_sql = str(_found(company, "category={category}").query)
    monkeypatch.setattr(few, "FEW", 14)
    many_sql = str(_found(company, "category={category}").query)
    assert ("EXISTS" in few_sql, "EXISTS" in many_sql) == (False, True)


def test_the_bound_counts_those_who_are_just_as_many_as_few(company, monkeypatch):
    monkeypatch.setattr(few, "FEW", 15)
    assert "EXISTS" not in str(_found(company, "category={category}").query)
