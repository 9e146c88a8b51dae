"""The second factor in a browser, from the set-up to the recovery code, and the pages by axe."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from core.models import User
from tests.browser.axe import DESK, look
from tests.conftest import PASSWORD
from tests.core.test_second_factor import code_of, turn_on

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def give_password(page, live_server, user: User, path: str = "/login/") -> None:
    page.goto(f"{live_server.url}{path}")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_it_is_set_up_and_signed_in_with(page, live_server, owner, bella):
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    give_password(page, live_server, owner, "/login/?next=/account/second-factor/")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    page.get_by_text("I cannot scan it").click()
    address = page.get_by_role("link", name="Open it in an app on this device").get_attribute(
        "href"
    )
    secret = parse_qs(urlsplit(address).query)["secret"][0]
    assert page.locator("code.secret").inner_text() == secret.lower()
    assert page.locator(".qr svg").bounding_box()["width"] > 150
    page.get_by_label("Code").fill(code_of(owner))
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator(".codes code")).to_have_count(10)
    codes = page.locator(".codes code").all_inner_texts()
    page.context.clear_cookies()
    give_password(page, live_server, owner)
    expect(page).to_have_url(re.compile("/login/code/$"))
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("You used a recovery code. 9 are left.").wait_for()
    assert re.search(r"/c/bella/", page.url)
    assert complaints == [], "the policy was not broken, by the picture least of all"


@pytest.mark.axe
def test_axe_finds_nothing_on_the_way(browser, live_server, owner, manager, bella, subtests):
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    give_password(page, live_server, manager, "/login/?next=/account/second-factor/")
    look(page, subtests, "off")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    look(page, subtests, "confirm")
    page.get_by_label("Code").fill("1")
    page.get_by_role("button", name="Turn on").click()
    look(page, subtests, "confirm with a wrong code")
    turn_on(owner)
    page.context.clear_cookies()
    give_password(page, live_server, owner)
    look(page, subtests, "code")
    page.get_by_label("Code").fill(code_of(owner))
    page.get_by_role("button", name="Sign in").click()
    for path in ("", "off/", "../recovery-codes/", "../password/"):
        page.goto(f"{live_server.url}/account/second-factor/{path}")
        look(page, subtests, path or "on")
    page.goto(f"{live_server.url}/account/recovery-codes/")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Make new codes").click()
    look(page, subtests, "codes")
    context.close()
