"""The overview and a guest's orders in a real browser: full, empty, absurd, in both themes."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from core.web import overview
from guests.models import Guest
from tests.browser.axe import THEMES, look
from tests.imports.web import draft as draft_import
from visits.services.orders import OrderDraft, record_orders

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCREENSHOTS = Path(settings.BASE_DIR) / "var" / "screenshots"
LONG = "Wolfeschlegelsteinhausenbergerdorff-Fitzgerald " * 2
ARABIC = "عبد الرحمن بن عبد العزيز آل سعود"


def new_guest(company, number, **fields):
    today = timezone.localdate()
    return Guest.objects.create(
        company=company,
        phone=f"+4479460{number:05}",
        registered_at=timezone.now(),
        birthday=today.replace(year=1992),
        birthday_key=today.month * 100 + today.day,
        **fields,
    )


@pytest.fixture
def busy(bella, manager):
    """A company with absurd names, visits over half a year, a week of refunds, and imports."""
    bella.restaurants.create(name=LONG.strip()[:120])
    guests = [
        new_guest(bella, 1, first_name=LONG.strip()[:95]),
        new_guest(bella, 2, first_name=ARABIC),
        new_guest(bella, 3),
    ]
    places = list(bella.restaurants.order_by("pk"))
    now = timezone.now()
    orders = [
        OrderDraft(
            places[i % 3].pk,
            f"{'N' * 50}{i}" if i == 7 else f"T{i}",
            guests[i % 3].pk,
            Decimal("-900.10") if i == 60 else Decimal(i * i) / 4,
            now - timedelta(days=2 * i, hours=1),
        )
        for i in range(80)
    ]
    record_orders(company=bella, orders=orders, actor=None, source="command", now=now)
    job = draft_import(bella, manager)
    job.state, job.total, job.filename = "done_with_errors", 1_000_000, f"{LONG}.csv"
    job.save()
    return guests


@pytest.fixture
def window(browser, live_server, sign_in, manager):
    """Call it with a width: a window in which the manager is signed in.

    `fails`: the browser is to complain of what does not arrive.
    """
    contexts, complaints = [], []

    def opened(width=1440, *, fails=False, **options):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, has_touch=width < 400, **options
        )
        contexts.append(context)
        session = sign_in(manager).cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if not fails:
            page.on("console", lambda line: line.type != "error" or complaints.append(line.text))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def addresses(guests):
    return {
        "overview": "/c/bella/",
        "orders": f"/c/bella/guests/{guests[0].pk}/orders/",
    }


def no_sideways(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def pictures(page, name):
    """Take one in each theme."""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        folder = SCREENSHOTS / f"{page.viewport_size['width']}-{theme}"
        page.screenshot(path=folder / f"{name}.png", full_page=True, animations="disabled")


@pytest.mark.parametrize("width", [1440, 360])
def test_the_pages_fit_the_window(window, live_server, busy, width):
    page = window(width)
    for name, address in addresses(busy).items():
        page.goto(f"{live_server.url}{address}")
        pictures(page, name)
        assert no_sideways(page)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert no_sideways(page)


def test_an_empty_company_fits_too(window, live_server, bella):
    page = window(360)
    page.goto(f"{live_server.url}/c/bella/")
    pictures(page, "overview-empty")
    assert no_sideways(page)
    page.get_by_role("heading", name="To get started").wait_for()


def test_every_column_stands_in_its_picture_and_says_what_it_is(window, live_server, busy):
    page = window()
    page.goto(f"{live_server.url}/c/bella/")
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.plot__picture')].flatMap(picture => {
            const frame = picture.getBoundingClientRect();
            return [...picture.querySelectorAll('.plot__bar')].filter(bar => {
                const box = bar.getBoundingClientRect();
                return box.left < frame.left - 1 || box.right > frame.right + 1
                    || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
            });
        }).length"""
    )
    assert outside == 0
    titles = page.locator(".plot__picture title").all_text_contents()
    assert len(titles) == 52
    assert all(": " in title for title in titles)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_table_opens_by_keyboard(window, live_server, busy, script):
    page = window(java_script_enabled=script)
    page.goto(f"{live_server.url}/c/bella/")
    summary = page.locator(".plot__table summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator(".plot__table table").first.get_by_role("row").count() == 27


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_what_a_large_company_counts_arrives(window, live_server, busy, monkeypatch, script):
    monkeypatch.setattr(overview, "AT_ONCE", 0)
    page = window(java_script_enabled=script)
    page.goto(f"{live_server.url}/c/bella/")
    if not script:
        assert page.get_by_text("Not counted yet.").is_visible()
        page.get_by_role("link", name="Count and show all figures").click()
    expect(page.locator(".plot__picture")).to_have_count(2)
    expect(page.locator(".overview__figure").first).to_have_text("3")
    expect(page.get_by_role("heading", name="Birthdays this week")).to_have_count(1)
    expect(page.locator("[aria-busy]")).to_have_count(0)
    expect(page.get_by_text("show all figures")).to_be_hidden()


@pytest.mark.parametrize("answer", [500, None], ids=["refused", "no answer"])
def test_what_does_not_arrive_says_so_and_is_asked_for_again(
    window, live_server, busy, monkeypatch, answer
):
    monkeypatch.setattr(overview, "AT_ONCE", 0)
    page = window(fails=True)
    page.route("**/*panel=*", lambda route: route.fulfill(status=500) if answer else route.abort())
    page.goto(f"{live_server.url}/c/bella/")
    expect(page.get_by_text("Not counted yet.")).to_be_visible()
    expect(page.get_by_text("Counting…")).to_have_count(0)
    expect(page.locator("[aria-busy]")).to_have_count(0)
    page.get_by_role("link", name="Count and show all figures").click()
    expect(page.locator(".plot__picture")).to_have_count(2)


@pytest.mark.axe
def test_axe_finds_nothing(window, live_server, busy, subtests):
    page = window()
    for name, address in addresses(busy).items():
        page.goto(f"{live_server.url}{address}")
        look(page, subtests, name)
