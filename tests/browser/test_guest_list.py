"""The list of guests in a real browser: filters, ticks, pages, columns, the search in the bar."""

import re
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from guests.models import Category, Guest, GuestCategory, GuestListChoice, SavedView
from guests.services.recent import note_opened
from tests.browser.axe import DESK, look
from tests.guests.cast import card, guest
from tests.guests.crowds import crowd

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Cholmondeley"


@pytest.fixture
def people(bella, manager):
    """Sixty guests, of whom one has a name without end, one writes from right to left, one is
    deleted."""
    crowd(bella, 57)
    visit = datetime(2026, 11, 20, 19, tzinfo=UTC)
    long = guest(bella, "+447700900001", first_name=LONG, last_name=LONG, last_visit_at=visit,
                 email=f"{LONG.lower()}@subdomain.example.com")  # fmt: skip
    guest(bella, "+447700900002", first_name="محمد", last_name="عبد الرحمن", last_visit_at=visit)
    guest(bella, "+447700900003", first_name="Gone", is_active=False, last_visit_at=visit)
    category = Category.objects.create(company=bella, name=LONG, colour="violet")
    GuestCategory.objects.create(company=bella, guest=long, category=category)
    card(long, "A-7001")
    note_opened(manager, long, timezone.now())
    SavedView.objects.create(company=bella, name=LONG[:60], query="q=guest&sort=name")


@pytest.fixture
def context(browser: Browser, request, live_server, sign_in, manager) -> BrowserContext:
    """A browser in which the manager is signed in; the parameter False turns JavaScript off."""
    context = browser.new_context(java_script_enabled=getattr(request, "param", True))
    session = sign_in(manager).cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, live_server, people) -> Page:
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.goto(f"{live_server.url}/c/bella/guests/")
    yield page
    assert complaints == []


def test_from_blank_to_a_filtered_list_and_back(page):
    expect(page.get_by_text("Search, or press Update to see everyone")).to_be_visible()
    page.get_by_role("button", name="Update").first.click()
    expect(page.get_by_text("59 guests")).to_be_visible()
    assert page.url.endswith("/guests/?sort=-last_visit")
    expect(page.get_by_role("link", name="Delete 59…")).to_be_visible()

    page.locator("#id_q").fill("Guest 5")
    page.locator("#id_q").press("Enter")
    expect(page.get_by_role("link", name=re.compile("Search: “Guest 5”"))).to_be_visible()
    assert page.url.endswith("?sort=-last_visit&q=Guest+5")
    expect(page.locator("tbody tr")).to_have_count(8)

    page.get_by_role("link", name=re.compile("Remove filter")).click()
    expect(page.get_by_text("59 guests")).to_be_visible()
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(8)


def test_ticks_are_counted_and_sent_to_what_is_done_with_them(page):
    page.get_by_role("button", name="Update").first.click()
    ticks = page.locator("tbody .tick")
    ticks.nth(0).click()
    ticks.nth(3).click(modifiers=["Shift"])
    tools = page.get_by_role("group", name="Ticked guests")
    expect(tools).to_contain_text("4 selected")
    expect(tools.get_by_role("link", name="Select all 59")).to_be_visible()
    tools.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("4")
    assert len(re.findall(r"guest=\d", page.url)) == 4
    page.go_back()

    page.get_by_label("Tick all on this page").click()
    expect(page.get_by_role("group", name="Ticked guests")).to_contain_text("50 selected")
    page.get_by_role("button", name="Select none").click()
    expect(page.get_by_text("59 guests")).to_be_visible()


def test_columns_pages_and_orders(page):
    page.get_by_role("button", name="Update").first.click()
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Comment").check()
    page.get_by_label("Birthday", exact=True).last.uncheck()
    page.get_by_label("Guests a page").select_option("25")
    page.get_by_role("button", name="Save columns").click()
    expect(page.get_by_role("columnheader", name="Comment")).to_be_visible()
    assert GuestListChoice.objects.get().page_size == 25
    expect(page.locator("tbody tr")).to_have_count(25)
    page.get_by_role("link", name="Last", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(25)
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute(
        "aria-sort", "ascending"
    )


def test_the_words_beside_a_tick_box_in_a_menu_tick_it(page):
    menu = page.locator("details.menu", has_text="Category")
    menu.locator("summary").click()
    menu.get_by_text("No category").click()
    expect(menu.get_by_label("No category")).to_be_checked()
    expect(menu).to_have_attribute("open", "")
    page.get_by_role("heading", name="Guests", exact=True).click()
    expect(menu).not_to_have_attribute("open", "")


def test_back_brings_the_filters_of_that_list_back_with_it(page):
    menu = page.locator("details.menu", has_text="Category")
    page.get_by_role("button", name="Update").first.click()
    page.locator("#id_q").fill("Guest 5")
    menu.locator("summary").click()
    menu.get_by_text("No category").click()
    page.get_by_role("button", name="Update").first.click()
    expect(page.locator("tbody tr")).to_have_count(8)
    expect(menu.get_by_label("No category")).to_be_checked()
    page.go_back()
    expect(page.get_by_text("59 guests")).to_be_visible()
    expect(page.locator("#id_q")).to_have_value("")
    expect(menu.get_by_label("No category")).not_to_be_checked()
    page.go_forward()
    expect(page.locator("#id_q")).to_have_value("Guest 5")
    expect(menu.get_by_label("No category")).to_be_checked()


def test_the_bar_finds_a_guest_by_keyboard(page):
    page.keyboard.press("/")
    page.keyboard.type("0001")
    hit = page.locator(".hit").first
    expect(hit).to_contain_text(LONG)
    page.keyboard.press("ArrowDown")
    assert hit.evaluate("element => element === document.activeElement")
    page.keyboard.press("Escape")
    expect(page.locator(".hit")).to_have_count(0)
    page.locator("#bar-search").fill("A-7001")
    expect(page.locator(".hit")).to_have_count(1)
    page.keyboard.press("Enter")
    pk = Guest.objects.get(phone="+447700900001").pk
    expect(page).to_have_url(re.compile(f"/guests/{pk}/$"))


@pytest.mark.parametrize("context", [False], indirect=True, ids=["no script"])
def test_all_of_it_works_without_javascript(page):
    page.get_by_role("button", name="Update").first.click()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Count them").click()
    expect(page.get_by_text("59 guests")).to_be_visible()
    page.locator("tbody .tick").first.click()
    page.get_by_role("link", name="Select all").click()
    expect(page.get_by_text("Select none")).to_be_visible()
    page.get_by_role("link", name="Remove category").click()
    expect(page).to_have_url(re.compile("do=remove"))
    page.goto(page.url.split("/guests/")[0] + "/guests/search/?q=gone")
    assert re.search(r"/guests/\d+/$", page.url)


@pytest.mark.axe
def test_axe_finds_nothing(browser, live_server, sign_in, manager, people, subtests):
    context = browser.new_context(viewport=DESK)
    session = sign_in(manager).cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    page = context.new_page()
    for query in ("", "?sort=-last_visit&inactive=on", "?q=guest&sort=name", "?sort=name&all=1",
                  "?q=07700900555", "?age_from=x&sort=name", "views/new/?q=a", "columns/",
                  "search/?q=guest"):  # fmt: skip
        page.goto(f"{live_server.url}/c/bella/guests/{query}")
        expect(page.locator("[hx-trigger=load]")).to_have_count(0)
        look(page, subtests, query)
    context.close()
