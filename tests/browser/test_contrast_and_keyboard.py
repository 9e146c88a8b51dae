"""What forced colours leave of a state, and what the keyboard closes as it goes on."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.guests.cast import ANN, guest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def context(browser, live_server, sign_in, owner, request):
    context = browser.new_context(**getattr(request, "param", {}))
    session = sign_in(owner).cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    yield context
    context.close()


@pytest.mark.parametrize("context", [{"forced_colors": "active"}], indirect=True)
def test_where_one_is_and_what_is_ticked_is_seen_without_backgrounds(context, live_server, bella):
    guest(bella, ANN, first_name="Ann")
    page = context.new_page()
    page.goto(f"{live_server.url}/c/bella/guests/?q=")

    def style(selector: str, name: str, part: str = "") -> str:
        return page.locator(selector).first.evaluate(
            "(each, [name, part]) => getComputedStyle(each, part || null)[name]", [name, part]
        )

    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert style(".bar__nav [aria-current]", "backgroundColor", "::after") != ground
    cell = "tbody tr:first-child td.cell-name, tbody tr:first-child th.cell-name"
    before = style(cell, "borderTopWidth")
    page.locator("tbody .tick").first.check()
    assert style(cell, "borderTopWidth") != before
    page.locator(".bar details.menu > summary").click()
    assert style("details.menu[open] .menu__list", "borderTopWidth") == "1px"


def test_a_menu_closes_when_the_keyboard_leaves_it(context, live_server, bella):
    anna = guest(bella, first_name="Anna")
    page = context.new_page()
    page.goto(f"{live_server.url}/c/bella/guests/{anna.pk}/")
    menu = page.locator("details.menu", has_text="More")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("link").first).to_be_visible()
    for _link in range(menu.get_by_role("link").count()):
        page.keyboard.press("Tab")
        expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    expect(menu).not_to_have_attribute("open", "")
    # And back with Escape, to the button it came from.
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
