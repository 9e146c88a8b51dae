"""A company's overview: guests, visits and revenue by week, birthdays, the last imports."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import Company
from core.web import overview
from guests.filters import GuestFilter
from guests.models import Guest
from guests.web.overview import _day
from tests.imports.web import draft as draft_import
from visits.models import Order
from visits.services.orders import OrderDraft, record_orders

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def now(monkeypatch):
    """A Thursday in summer, a quarter to midnight in London: in UTC it is 22:45."""
    at = datetime(2026, 6, 18, 22, 45, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: at)
    return at


def new_guest(company, number, **fields):
    birthday = fields.get("birthday")
    key = birthday and birthday.month * 100 + birthday.day
    fields.setdefault("registered_at", datetime(2025, 1, 1, tzinfo=UTC))
    return Guest.objects.create(
        company=company, phone=f"+4479460{number:05}", birthday_key=key, **fields
    )


def order(company, number, guest, total, at):
    restaurant = company.restaurants.order_by("pk").first()
    record_orders(
        company=company,
        orders=[OrderDraft(restaurant.pk, number, guest and guest.pk, Decimal(total), at)],
        actor=None,
        source="command",
        now=at,
    )


@pytest.fixture
def page(sign_in, owner, bella, now):
    """Call it: the overview as the owner sees it, with each panel's context by template."""

    def get():
        response = sign_in(owner).get("/c/bella/")
        assert response.status_code == 200
        response.by_template = {p["template"]: p["panel"] for p in response.context["panels"]}
        response.text = response.content.decode()
        return response

    return get


def figures(response):
    return [figure["value"] for figure in response.by_template["guests/overview.html"]["figures"]]


def test_an_empty_company_shows_noughts_and_what_to_do(page):
    response = page()
    assert figures(response) == [0, 0, 0, 0]
    assert "To get started" in response.text
    assert "No orders in this time." in response.text
    assert "Nobody's birthday" in response.text
    assert "Nothing imported yet." in response.text


def test_figures_count_guests_by_the_company_s_days(page, bella, roma, now):
    def at(*local):
        return datetime(*local, tzinfo=LONDON)

    new_guest(bella, 1)
    new_guest(bella, 2, registered_at=at(2026, 6, 1, 0, 5))
    new_guest(bella, 3, registered_at=at(2026, 5, 31, 23, 55))
    new_guest(bella, 4, last_visit_at=at(2026, 5, 20, 0, 5))
    new_guest(bella, 5, last_visit_at=at(2026, 5, 19, 23, 55))
    new_guest(bella, 6, last_visit_at=at(2026, 3, 20, 23, 55))
    new_guest(bella, 7, is_active=False, registered_at=now, last_visit_at=now)
    new_guest(roma, 8, registered_at=now, last_visit_at=now)
    assert figures(page()) == [6, 1, 1, 2]


def test_every_figure_leads_to_a_list_of_exactly_those(page, bella, now):
    for i in range(5):
        new_guest(bella, i, registered_at=now - timedelta(days=10 * i), last_visit_at=now)
    for i in range(5, 8):
        new_guest(bella, i, last_visit_at=now - timedelta(days=15 * i))
    new_guest(bella, 9, is_active=False, last_visit_at=now)
    found = page().by_template["guests/overview.html"]["figures"]
    today = now.astimezone(LONDON).date()
    listed = [
        GuestFilter(QueryDict(f["url"].partition("?")[2]), company=bella, today=today).qs.count()
        for f in found
    ]
    assert listed == [f["value"] for f in found] == [8, 2, 5, 6]


def test_takings_are_by_week_of_the_company(page, bella, now):
    guest = new_guest(bella, 1)
    monday = datetime(2026, 6, 15, 0, 10, tzinfo=LONDON)
    order(bella, "a", guest, "10", monday)
    order(bella, "b", None, "5.50", now)
    order(bella, "c", guest, "-2", now)
    order(bella, "d", guest, "7", monday - timedelta(minutes=20))
    order(bella, "old", guest, "1000", now - timedelta(weeks=27))
    panel = page().by_template["visits/takings.html"]
    assert [c.shown for c in panel["visits"].columns[-2:]] == ["1", "2"]
    assert [c.shown for c in panel["revenue"].columns[-2:]] == ["£7.00", "£13.50"]
    assert len(panel["visits"].columns) == 26
    assert panel["visits"].columns[-1].label == "Week of 15 Jun 2026"
    assert "1,000" not in "".join(c.shown for c in panel["revenue"].columns)


def test_birthdays_of_the_next_seven_days_are_named_in_their_order(page, bella, now):
    for number, (first_name, born) in enumerate(
        [
            ("Last", date(1990, 6, 24)),
            ("Today", date(1980, 6, 18)),
            ("Too late", date(1990, 6, 25)),
            ("Yesterday", date(1990, 6, 17)),
            ("Middle", date(1970, 6, 20)),
        ]
    ):
        new_guest(bella, number, first_name=first_name, birthday=born)
    response = page()
    panel = response.by_template["guests/overview_birthdays.html"]
    assert [row["guest"].first_name for row in panel["rows"]] == ["Today", "Middle", "Last"]
    assert [row["day"].day for row in panel["rows"]] == [18, 20, 24]
    assert panel["count"] == 3


def test_of_one_day_the_regulars_come_first_and_the_rest_is_a_link(page, bella, now):
    for number in range(12):
        new_guest(bella, number, birthday=date(1990, 6, 20), orders_count=number)
    response = page()
    rows = response.by_template["guests/overview_birthdays.html"]["rows"]
    assert [row["guest"].orders_count for row in rows] == [11, 10, 9, 8, 7, 6, 5, 4]
    assert "All 12 guests" in response.text


def test_birthdays_go_on_across_new_year(page, bella, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 12, 29, 12, tzinfo=UTC))
    new_guest(bella, 1, first_name="Jan", birthday=date(1990, 1, 2))
    new_guest(bella, 2, first_name="Dec", birthday=date(1990, 12, 31))
    rows = page().by_template["guests/overview_birthdays.html"]["rows"]
    assert [(r["guest"].first_name, r["day"]) for r in rows] == [
        ("Dec", date(2026, 12, 31)),
        ("Jan", date(2027, 1, 2)),
    ]


@pytest.mark.parametrize(
    ("born", "today", "day"),
    [
        (date(2000, 2, 29), date(2027, 2, 25), date(2027, 2, 28)),
        (date(2000, 2, 29), date(2028, 2, 25), date(2028, 2, 29)),
        (date(2000, 1, 1), date(2026, 12, 30), date(2027, 1, 1)),
    ],
)
def test_the_day_of_a_coming_birthday(born, today, day):
    assert _day(born, today) == day


def test_the_last_five_imports_are_there(page, bella, owner):
    for _number in range(7):
        job = draft_import(bella, owner)
        job.state = "done"
        job.save()
    draft_import(bella, owner)
    panel = page().by_template["imports/overview.html"]
    assert [job.number for job in panel["jobs"]] == [7, 6, 5, 4, 3]


def test_another_company_s_are_nowhere(page, roma, outsider, now):
    roma.restaurants.create(name="Trastevere")
    stranger = new_guest(roma, 1, first_name="Stranger", birthday=date(1990, 6, 18))
    order(roma, "a", stranger, "99", now)
    draft_import(roma, outsider)
    response = page()
    assert figures(response) == [0, 0, 0, 0]
    assert "Stranger" not in response.text
    assert response.by_template["visits/takings.html"]["revenue"].is_empty


def test_queries_are_as_many_for_a_full_company_as_for_an_empty_one(page, bella, owner, now):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            page()
        return len(captured)

    page()
    empty = queries()
    for number in range(15):
        guest = new_guest(bella, number, birthday=date(1990, 6, 18), last_visit_at=now)
        order(bella, str(number), guest, "10", now - timedelta(weeks=number))
        job = draft_import(bella, owner)
        job.state = "done"
        job.save()
    assert Order.objects.count() == 15
    # What the checklist asks only while there is nobody, it asks no more.
    assert queries() <= empty


@pytest.fixture
def large(monkeypatch, bella, now):
    """A company of whom nobody counts anything while one waits."""
    guest = new_guest(bella, 1, first_name="Ann", birthday=date(1990, 6, 18), last_visit_at=now)
    order(bella, "a", guest, "10", now)
    monkeypatch.setattr(overview, "AT_ONCE", 0)


def test_of_a_large_company_nothing_is_counted_while_one_waits(page, large):
    with CaptureQueriesContext(connection) as captured:
        response = page()
    assert not [q["sql"] for q in captured if "COUNT(" in q["sql"] or "SUM(" in q["sql"]]
    assert figures(response) == [None] * 4
    assert "Ann" not in response.text
    for name in ("guests", "takings", "birthdays"):
        assert response.text.count(f'hx-get="?panel={name}"') == 1
    urls = [f["url"] for f in response.by_template["guests/overview.html"]["figures"]]
    assert urls[0] == "/c/bella/guests/?q="


@pytest.mark.parametrize(
    ("name", "text"), [("guests", "New this month"), ("takings", "£10.00"), ("birthdays", "Ann")]
)
def test_a_panel_that_was_waited_for_comes_alone(sign_in, owner, large, name, text):
    client = sign_in(owner)
    answer = client.get(f"/c/bella/?panel={name}", headers={"hx-request": "true"})
    shown = answer.content.decode()
    assert text in shown
    assert shown.count("<section") == 1
    assert "hx-get" not in shown
    assert "<html" not in shown
    # As an address of the browser it is the page.
    assert "<html" in client.get(f"/c/bella/?panel={name}").content.decode()


def test_all_of_a_large_company_can_be_asked_for_at_once(sign_in, owner, large):
    client = sign_in(owner)
    assert 'href="?whole=1"' in client.get("/c/bella/").content.decode()
    whole = client.get("/c/bella/?whole=1").content.decode()
    assert "?panel=" not in whole
    assert 'href="?whole=1"' not in whole
    assert "Ann" in whole
    assert "£10.00" in whole


def test_a_panel_that_is_none_is_not_found(sign_in, owner, large):
    answer = sign_in(owner).get("/c/bella/?panel=nothing", headers={"hx-request": "true"})
    assert answer.status_code == 404


def test_a_panel_is_seen_only_with_its_permission(sign_in, bella, owner, monkeypatch):
    asked = []

    def context(request, company: Company):
        asked.append(company)
        return {}

    monkeypatch.setattr(overview, "_panels", [])
    overview.register(overview.Panel(1, "core/no_screen.html", context, "core.nothing"))
    assert sign_in(owner).get("/c/bella/").context["panels"] == []
    overview.register(
        overview.Panel(1, "core/no_screen.html", context, "core.nothing", name="secret")
    )
    answer = sign_in(owner).get("/c/bella/?panel=secret", headers={"hx-request": "true"})
    assert answer.status_code == 404
    assert asked == []
    overview.register(overview.Panel(1, "imports/overview.html", context, "core.view_company"))
    assert sign_in(owner).get("/c/bella/").context["panels"] != []
