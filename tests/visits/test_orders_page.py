"""The orders of one guest, page by page, and the plot of when they came."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.visits.conftest import NOON, draft, new_guest, record
from visits import querysets
from visits.models import Order
from visits.paging import page_of
from visits.periods import months, weeks
from visits.web.record import visits_panel

pytestmark = pytest.mark.django_db


def address(guest):
    return reverse("visits:orders", args=["bella", guest.pk])


def test_orders_are_shown_newest_first_with_restaurant_and_total(sign_in, host, bella, anna):
    record(bella, draft(bella, "A-1", anna, "48.5"), draft(bella, "B-2", anna, days=1, place=1))
    page = sign_in(host).get(address(anna)).content.decode()
    assert page.index("B-2") < page.index("A-1")
    assert "Bella Soho" in page
    assert "Bella Camden" in page
    assert "£48.50" in page
    assert "10 Mar 2026, 12:00" in page


def test_without_orders_the_page_says_how_they_come(sign_in, host, anna):
    assert "No orders yet" in sign_in(host).get(address(anna)).content.decode()


def test_another_company_s_guest_is_not_there(sign_in, outsider, host, roma, anna):
    assert sign_in(outsider).get(address(anna)).status_code == 404
    assert sign_in(host).get(address(new_guest(roma, 5))).status_code == 404


def test_queries_are_as_many_for_many_orders_as_for_one(sign_in, host, bella, anna):
    client = sign_in(host)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(address(anna))
        return len(captured)

    record(bella, draft(bella, "0", anna))
    one = queries()
    record(bella, *(draft(bella, str(i), anna, days=i, place=i % 2) for i in range(1, 30)))
    assert queries() == one


# -- Pages --------------------------------------------------------------------------------------


def query_of(link):
    return dict(part.partition("=")[::2] for part in link.removeprefix("?").split("&") if part)


@pytest.fixture
def eleven(bella, anna):
    """Eleven orders, three of them closed in the same moment."""
    days = [0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8]
    record(bella, *(draft(bella, str(i), anna, days=day) for i, day in enumerate(days)))
    return Order.objects.of_guest(anna)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 11, 12])
def test_pages_hold_every_order_once_forwards_and_backwards(eleven, size):
    wanted = list(eleven.newest_first().values_list("pk", flat=True))
    page = page_of(eleven, {}, size)
    seen = [order.pk for order in page.rows]
    assert page.first == page.previous == ""
    while page.next:
        page = page_of(eleven, query_of(page.next), size)
        seen += [order.pk for order in page.rows]
    assert seen == wanted
    back = [order.pk for order in page.rows]
    while page.previous:
        page = page_of(eleven, query_of(page.previous), size)
        back = [order.pk for order in page.rows] + back
    assert back == wanted


def test_the_last_page_is_one_step(eleven):
    page = page_of(eleven, query_of(page_of(eleven, {}, 4).last), 4)
    assert [order.external_id for order in page.rows] == ["3", "2", "1", "0"]
    assert page.next == page.last == ""
    assert page.previous


@pytest.mark.parametrize(
    "query", [{"after": "x"}, {"before": "0"}, {"after": "9" * 30}, {"a": "b"}]
)
def test_what_is_no_place_is_the_first_page(eleven, query):
    assert page_of(eleven, query, 4).rows == page_of(eleven, {}, 4).rows


def test_an_order_of_somebody_else_is_no_place(eleven, bella, boris):
    record(bella, draft(bella, "x", boris, days=3))
    stranger = Order.objects.of_guest(boris).get()
    assert page_of(eleven, {"after": str(stranger.pk)}, 4).rows == page_of(eleven, {}, 4).rows


# -- The plot -----------------------------------------------------------------------------------


def panel(bella, guest, user):
    request = RequestFactory().get("/")
    request.user = user
    guest.refresh_from_db()
    with timezone.override(ZoneInfo(bella.timezone)):
        return visits_panel(request, bella, guest)


def test_visits_are_plotted_by_month_of_the_last_two_years(bella, anna, owner):
    now = timezone.now()
    long_ago, two = now - timedelta(days=900), now - timedelta(days=40)
    for i, at in enumerate((long_ago, two, two, now)):
        record(bella, draft(bella, str(i), anna)._replace(closed_at=at))
    record(bella, draft(bella, "refund", anna, "-5")._replace(closed_at=now))
    found = panel(bella, anna, owner)
    assert found["count"] == 3
    assert len(found["plot"].columns) == 24
    assert found["plot"].columns[-1].shown == "1"
    assert found["places"] == [{"name": "Bella Soho", "visits": 3}]


def test_who_never_came_has_no_panel(bella, anna, owner):
    assert panel(bella, anna, owner) is None


def test_months_begin_at_midnight_of_the_company():
    found = months(date(2026, 4, 30), 3, ZoneInfo("Europe/London"))
    assert found.first_days == [date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]
    assert [bound.astimezone(UTC).isoformat()[:16] for bound in found.bounds] == [
        "2026-02-01T00:00", "2026-03-01T00:00", "2026-03-31T23:00", "2026-04-30T23:00",
    ]  # fmt: skip


def test_weeks_begin_on_monday_and_end_with_the_present_one():
    found = weeks(date(2026, 3, 29), 2, ZoneInfo("Europe/London"))
    assert found.first_days == [date(2026, 3, 16), date(2026, 3, 23)]
    assert found.bounds[-1].astimezone(UTC) == datetime(2026, 3, 29, 23, tzinfo=UTC)


def test_takings_are_of_each_span_and_of_nothing_else(bella, anna):
    record(
        bella,
        draft(bella, "before", anna, days=-1),
        draft(bella, "first", anna, "10"),
        draft(bella, "refund", anna, "-4", days=0.5),
        draft(bella, "end", anna, "7", days=1),
        draft(bella, "after", anna, days=2),
    )
    bounds = [NOON + timedelta(days=i) for i in range(3)]
    assert Order.objects.for_company(bella).takings(bounds) == [(1, 6), (1, 7)]
    assert Order.objects.for_company(bella).takings(bounds[:2]) == [(1, 6)]
    assert Order.objects.for_company(bella).takings(bounds[:1]) == []


@pytest.mark.parametrize("bound", [1_000, 4])
def test_takings_of_one_guest_are_the_same_whoever_counts(bella, anna, monkeypatch, bound):
    monkeypatch.setattr(querysets, "FEW_ORDERS", bound)
    bounds = [NOON + timedelta(days=n) for n in range(4)]
    days = (0, 1, 2, 3, 0.2, -0.001, 0)
    record(
        bella,
        *(
            draft(bella, str(n), anna, "-2.5" if n == 4 else str(n), days=day)
            for n, day in enumerate(days)
        ),
    )
    orders = Order.objects.for_company(bella).of_guest(anna)
    assert orders.takings_of_one(bounds) == orders.takings(bounds)
    assert [each.visits for each in orders.takings_of_one(bounds)] == [2, 1, 1]
