"""A page is the same however the database is led to it: few are looked up first, many are met."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

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
    "orders_to=1", "visited=false", "orders_to=0&category={category}", "sex=other", "orders_from=2",
    "total_from=5&average_from=5", "registered_from=2026-11-24&birthday=week", "age_from=30",
    "q=anna", "q=anna 4", "q=0001", "q=anna&category={category}", "q=2079400001&inactive=on",
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
                **({"sex": "other", "birthday": TODAY.replace(year=1980)} if n % 2 else {}),
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


#: FEW, SOME, STEPS, EVENLY, NEAR and PROMISING, by which all are looked up, or met on the way, or
#: on its second stretch, or on one that is soon given up, or never counted as few; and by which a
#: word is looked for within a stretch.
WAYS = {
    "few": (30, 30, 5, 9_999, 30, 1),
    "some": (0, 30, 99, 99_999, 2, 1),
    "on from there": (0, 30, 99, 40, 2, 1),
    "given up": (0, 30, 1, 9_999, 2, 9),
    "many": (0, 0, 1, 9_999, 5, 1),
    "stretch": (0, 0, 1, 9_999, 3, 9),
}


def _go(monkeypatch, way):
    names = ("FEW", "SOME", "STEPS", "EVENLY", "NEAR", "PROMISING")
    for name, bound in zip(names, WAYS[way], strict=True):
        monkeypatch.setattr(few, name, bound)
    monkeypatch.setattr(few, "guests_known", lambda: 99_999 if way == "stretch" else 0)


@pytest.mark.parametrize("query", QUERIES)
def test_few_and_many_are_found_in_the_same_order_both_ways(company, monkeypatch, query):
    found = set(_found(company, query).values_list("pk", flat=True))
    assert found
    led = {}
    for way in WAYS:
        _go(monkeypatch, way)
        led[way] = _found(company, query)
    for sort in SORTS:
        walks = {}
        for way, guests in led.items():
            _go(monkeypatch, way)
            walks[way] = walk(guests, company, sort, size=4)
        there, back = walks["many"]
        assert {way: pages for way, pages in walks.items() if pages != (there, back)} == {}, sort
        assert back == there, sort
        everybody = page_of(Guest.objects.for_company(company).listed(), company, sort, 100).rows
        in_order = [guest.pk for guest in everybody if guest.pk in found]
        assert [pk for page in there for pk in page] == in_order, sort


def _asked(company, query, sort="name"):
    """Return how a page of the list is asked for, without the rows themselves."""
    found = _found(company, query)
    with CaptureQueriesContext(connection) as queries:
        page_of(found, company, sort, 5)
    return [query["sql"] for query in queries][:-1]


@pytest.mark.parametrize(
    ("way", "count", "looked_up", "on_the_way"),
    [("few", 2, True, False), ("some", 3, False, True), ("many", 2, False, False)],
)
def test_few_are_looked_up_some_are_met_on_the_way_and_many_are_asked_for(
    company, monkeypatch, way, count, looked_up, on_the_way
):
    _go(monkeypatch, way)
    asked = _asked(company, "category={category}")
    assert len(asked) == count
    assert ("LIMIT 31)" in asked[-1] and "IS TRUE" not in asked[-1]) == looked_up
    assert ("IS TRUE" in asked[-1]) == on_the_way


def test_the_bound_counts_those_who_are_just_as_many_as_few(company, monkeypatch):
    monkeypatch.setattr(few, "FEW", 15)
    assert "IS TRUE" not in _asked(company, "category={category}")[-1]
    monkeypatch.setattr(few, "FEW", 14)
    assert "IS TRUE" in _asked(company, "category={category}")[-1]


def test_a_way_on_which_too_few_are_met_is_given_up_and_all_are_looked_up(company, monkeypatch):
    _go(monkeypatch, "given up")
    monkeypatch.setattr(few, "FAR", 3)
    asked = _asked(company, "category={category}")
    assert ["IS TRUE" in sql for sql in asked] == [False, False, True, False]


def test_a_way_is_gone_on_from_where_its_first_stretch_ended(company, monkeypatch):
    _go(monkeypatch, "on from there")
    asked = _asked(company, "category={category}")
    assert ["IS TRUE" in sql for sql in asked] == [False, False, True, False, True]


def test_the_order_s_own_field_is_not_counted_by(company):
    sql = " ".join(_asked(company, "orders_from=1", "orders"))
    assert "COUNT" not in sql
    assert "COUNT" in " ".join(_asked(company, "orders_from=1", "name"))


@pytest.mark.postgres
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", ["anna", "0001"])
def test_what_postgresql_is_kept_from_is_its_own_again_after_a_search(
    company, monkeypatch, way, text
):
    _go(monkeypatch, way)
    sql = " ".join(_asked(company, f"q={text}"))
    assert "SET LOCAL" in sql
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_settings"
            " WHERE setting <> reset_val AND (name = 'jit' OR name LIKE 'enable_%')"
        )
        assert cursor.fetchall() == []


@pytest.mark.postgres
@pytest.mark.parametrize("way", [few.by_trigrams, few.along_the_order])
def test_no_query_is_compiled_that_has_no_way_but_one_it_is_kept_from(company, way):
    # Dear as it is thought then, this would be compiled first, which is said at the end of a plan.
    unsorted = Guest.objects.order_by("comment", "search_text").values_list("pk")
    with way():
        assert "JIT" not in unsorted.explain(analyze=True)


@pytest.mark.postgres
def test_a_word_that_is_not_met_soon_is_looked_for_by_trigrams(company, monkeypatch):
    _go(monkeypatch, "given up")
    kept_from = [sql for sql in _asked(company, "q=anna") if "= off" in sql]
    assert ["enable_sort" in sql for sql in kept_from] == [True, False]
    assert "indexscan" in kept_from[1]


@pytest.mark.postgres
def test_along_the_order_nobody_is_looked_at_who_does_not_stand_in_it(company):
    found = _found(company, "q=anna").filter(last_visit_at__isnull=False)
    by_last_visit = found.order_by("-last_visit_at", "-pk").values_list("last_visit_at", "pk")[:5]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE guests_guest")
    # Thirty guests are sooner looked at and sorted, or so it seems.
    assert "Sort" in by_last_visit.explain()
    with few.along_the_order():
        plan = by_last_visit.explain()
    assert "Sort" not in plan
    assert "Index Scan" in plan


@pytest.mark.postgres
def test_along_the_order_one_goes_alone(company):
    by_last_visit = Guest.objects.for_company(company).order_by("last_visit_at", "pk")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE guests_guest")
        # As if the table were large: help is free, and each guest dear to look at.
        for name in (
            "parallel_setup_cost",
            "parallel_tuple_cost",
            "min_parallel_index_scan_size",
            "min_parallel_table_scan_size",
        ):
            cursor.execute(f"SET LOCAL {name} = 0")
        cursor.execute("SET LOCAL cpu_tuple_cost = 100")
    with few._without("sort"):
        assert "Gather Merge" in by_last_visit.explain()
    with few.along_the_order():
        plan = by_last_visit.explain()
    assert "Gather" not in plan
    assert "Index Scan" in plan


@pytest.mark.postgres
def test_a_word_of_which_some_are_near_is_looked_for_within_a_stretch_first(company, monkeypatch):
    _go(monkeypatch, "stretch")
    ends = [sql for sql in _asked(company, "q=anna") if "OFFSET" in sql]
    # Of three all were met, as if of four of three: twice as far as six of these are.
    assert ["OFFSET 3" in ends[0], "OFFSET 9" in ends[1]] == [True, True]
    assert "LIKE" not in ends[1]


@pytest.mark.parametrize(
    ("met", "guests", "steps"),
    [(0, 10**8, 0), (3, 10**7, 63_750), (3, 10**6, 0), (9, 3 * 10**6, 25_500)],
)
def test_a_stretch_is_gone_where_it_is_a_small_part_of_all_guests(monkeypatch, met, guests, steps):
    monkeypatch.setattr(few, "guests_known", lambda: guests)
    assert few.stretch(met, 51) == steps


@pytest.mark.postgres
def test_postgresql_knows_about_how_many_guests_there_are(company):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE guests_guest")
    assert few.guests_known() == Guest.objects.count()
