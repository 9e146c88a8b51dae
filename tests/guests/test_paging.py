"""Pages by key: every order complete and stable, blanks last, the same on both databases."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guests.models import Guest, MemberTier
from guests.paging import DEFAULT_SORT, SORTS, page_of
from guests.paging.orders import BALANCE
from guests.services.bulk import create_guests
from loyalty.models import Account, Program
from loyalty.querysets import with_balance

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, 12, 30, 15, 250_000, tzinfo=UTC)
NAMES = ["anna", "Anna", "Ánna", "Яна", "яна", "Ёлка", "", "", "", "Zoë", "O'Neill", "von Ende"]


@pytest.fixture
def crowd(bella, roma):
    """Forty guests with many equal and many blank values, and one of the company next door."""
    rng = random.Random(7)
    tiers = [
        MemberTier.objects.create(company=bella, name=name, rank=rank)
        for name, rank in (("Gold", 2), ("Silver", 1), ("Bronze", 1))
    ]
    rows = [
        {
            "phone": f"+4420794{n:05}",
            "first_name": rng.choice(NAMES),
            "birthday": rng.choice([None, date(1990, 5, 1), date(1980, 2, 29)]),
            "email": rng.choice(["", "a@example.com", f"{n}@example.com"]),
            "comment": rng.choice(["", "", "Ärger", "zebra", "Zebra", "a" * 60 + str(n)]),
            "registered_at": START + timedelta(days=rng.randrange(5)),
            "last_visit_at": rng.choice([None, START, START + timedelta(microseconds=1)]),
            "last_promo_sms_at": rng.choice([None, None, START]),
            "orders_count": rng.randrange(3),
            "orders_total": Decimal(rng.randrange(4)) * Decimal("12.3456"),
            "opening_total": Decimal(rng.randrange(2)),
            "member_tier_id": rng.choice([None, *(tier.pk for tier in tiers)]),
        }
        for n in range(40)
    ]
    create_guests(bella.pk, [{k: v for k, v in row.items() if v is not None} for row in rows])
    create_guests(roma.pk, [{"phone": "+390612345678", "registered_at": START}])
    return Guest.objects.for_company(bella)


@pytest.fixture
def program(bella, crowd):
    program = Program.objects.create(company=bella, name="Points", code="points", currency="GBP")
    for n, guest in enumerate(crowd.order_by("pk")[:25]):
        Account.objects.create(
            company=bella, guest=guest, program=program, balance=Decimal(n % 4) * Decimal("2.5")
        )
    return program


def walk(guests, company, sort, size=7):
    """Go from the first page to the last and back, and return the ids of both ways."""
    there, page = [], page_of(guests, company, sort, size)
    while True:
        there.append([guest.pk for guest in page.rows])
        if not page.next:
            break
        page = page_of(guests, company, sort, size, page.next)
    back = [[guest.pk for guest in page.rows]]
    while page.previous:
        page = page_of(guests, company, sort, size, page.previous)
        back.append([guest.pk for guest in page.rows])
    return there, back[::-1]


def value(guest, name):
    """Return what a guest is sorted by, None for a blank, worked out in Python alone."""
    if name == "tier":
        tier = guest.member_tier
        return (tier.rank, tier.name.lower(), tier.pk) if tier else None
    if name == "comment":
        return guest.comment[:40] or None
    field = {
        "name": "name_key", "registered": "registered_at", "orders": "orders_count",
        "last_visit": "last_visit_at", "last_promo_sms": "last_promo_sms_at",
    }.get(name, name)  # fmt: skip
    found = getattr(guest, field)
    return None if found == "" else found


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("name", SORTS)
def test_every_order_is_complete_both_ways_with_blanks_last(bella, crowd, program, name, sign):
    guests = with_balance(crowd.listed(), program)
    there, back = walk(guests, bella, f"{sign}{name}")
    everybody = list(guests.select_related("member_tier"))
    filled = [guest for guest in everybody if value(guest, name) is not None]
    blank = [guest for guest in everybody if value(guest, name) is None]
    filled.sort(key=lambda guest: (value(guest, name), guest.pk), reverse=bool(sign))
    blank.sort(key=lambda guest: guest.pk, reverse=bool(sign))
    expected = [guest.pk for guest in filled + blank]
    assert [pk for page in there for pk in page] == expected
    assert [len(page) for page in there] == [7] * 5 + [5]
    assert back == there


@pytest.mark.parametrize("sort", ["name", "-last_visit", "tier", "comment"])
def test_the_last_page_is_full_and_ends_with_the_last(bella, crowd, sort):
    last = page_of(crowd, bella, sort, 7, page_of(crowd, bella, sort, 7).last)
    everybody = page_of(crowd, bella, sort, 100).rows
    assert [guest.pk for guest in last.rows] == [guest.pk for guest in everybody[-7:]]
    assert (last.next, last.last) == ("", "")
    assert last.previous
    assert last.first


def test_a_page_that_holds_all_leads_nowhere(bella, crowd):
    page = page_of(crowd, bella, "name", 50)
    assert (page.first, page.previous, page.next, page.last) == ("", "", "", "")
    assert len(page.rows) == 40


def test_a_guest_who_goes_moves_no_other_to_another_page(bella, crowd):
    first = page_of(crowd, bella, "registered", 7)
    before = page_of(crowd, bella, "registered", 7, first.next)
    Guest.objects.filter(pk__in=[guest.pk for guest in first.rows[:3]]).delete()
    after = page_of(crowd, bella, "registered", 7, first.next)
    assert [guest.pk for guest in after.rows] == [guest.pk for guest in before.rows]


def test_going_back_to_where_fewer_than_a_page_are_left_shows_a_full_first_page(bella, crowd):
    first = page_of(crowd, bella, "registered", 7)
    second = page_of(crowd, bella, "registered", 7, first.next)
    Guest.objects.filter(pk__in=[guest.pk for guest in first.rows[:3]]).delete()
    page = page_of(crowd, bella, "registered", 7, second.previous)
    assert len(page.rows) == 7
    assert page.previous == ""


def test_behind_the_last_one_the_last_page_is_shown(bella, crowd):
    first = page_of(crowd, bella, "registered", 7)
    Guest.objects.exclude(pk__in=[guest.pk for guest in first.rows]).delete()
    page = page_of(crowd, bella, "registered", 7, first.next)
    assert [guest.pk for guest in page.rows] == [guest.pk for guest in first.rows]


@pytest.mark.parametrize("cursor", ["x", "first", "[1]", "last:x", "\x00", "a" * 5000])
def test_a_cursor_that_was_not_written_here_leads_to_the_first_page(bella, crowd, cursor):
    page = page_of(crowd, bella, "name", 7, cursor)
    assert [g.pk for g in page.rows] == [g.pk for g in page_of(crowd, bella, "name", 7).rows]


def test_a_cursor_of_another_order_leads_to_the_first_page(bella, crowd):
    cursor = page_of(crowd, bella, "name", 7).next
    page = page_of(crowd, bella, "-name", 7, cursor)
    assert [g.pk for g in page.rows] == [g.pk for g in page_of(crowd, bella, "-name", 7).rows]


@pytest.mark.parametrize("sort", ["", "x", "--name", "password", BALANCE])
def test_an_order_that_is_none_is_the_usual_one(bella, crowd, sort):
    page, usual = page_of(crowd, bella, sort, 9), page_of(crowd, bella, DEFAULT_SORT, 9)
    assert [guest.pk for guest in page.rows] == [guest.pk for guest in usual.rows]


def test_nobody_is_an_empty_page(bella):
    page = page_of(Guest.objects.for_company(bella), bella)
    assert (page.rows, page.next, page.previous) == ([], "", "")


def test_a_page_costs_the_same_queries_wherever_it_is(bella, crowd):
    costs = []
    page = page_of(crowd, bella, "registered", 7)
    while page.next:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = page_of(crowd, bella, "registered", 7, page.next)
        costs.append(len(queries))
    assert set(costs) == {2}
