"""A guest's record in a real browser: by keyboard, without JavaScript, and under axe-core."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from guests.models import Category, Guest, MemberTier
from guests.services.records import Draft, update_guest
from tests.browser.axe import DESK, look
from tests.guests.cast import ANN, card, external_id, guest, put_in
from tests.guests.test_history import at, change

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest, sign_in, manager, live_server):
    """A browser in which the manager is signed in; the parameter False turns JavaScript off."""
    context = browser.new_context(java_script_enabled=getattr(request, "param", True))
    _sign_in(context, sign_in, manager, live_server)
    yield context
    context.close()


def _sign_in(context: BrowserContext, sign_in, user, live_server) -> None:
    session = sign_in(user).cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])


@pytest.fixture
def page(context: BrowserContext) -> Page:
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    yield page
    assert complaints == []


def tab_to(target: Locator) -> None:
    """Go to the element with the Tab key alone."""
    target.wait_for()
    for _step in range(80):
        if target.evaluate("element => element === document.activeElement"):
            return
        target.page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {target}")


def type_into(page: Page, label: str, text: str) -> None:
    tab_to(page.get_by_label(label, exact=True))
    page.keyboard.type(text, delay=5)


def test_a_guest_is_created_by_keyboard(page, live_server, bella):
    peter = guest(bella, ANN, first_name="Peter", last_name="Collins")
    Category.objects.create(company=bella, name="Regulars", is_default=True)
    page.goto(f"{live_server.url}/c/bella/guests/new/")
    type_into(page, "Telephone", "020 7946 0958")
    type_into(page, "First name", "Anna")
    type_into(page, "Card number", "111")
    tab_to(page.get_by_role("button", name="Add a card"))
    page.keyboard.press("Enter")
    # The keyboard stands in the row that has come.
    page.keyboard.type("222")
    expect(page.get_by_label("Card number 2", exact=True)).to_have_value("222")
    type_into(page, "Referrer", "coll")
    expect(page.get_by_role("option", name="Peter Collins")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Referrer")).to_have_value("Peter Collins, +44 20 7946 0959")
    expect(page.get_by_role("listbox")).to_be_hidden()
    # The Enter key in a field saves; it adds no row.
    page.keyboard.press("Enter")
    expect(page.get_by_text("Anna is a guest now.")).to_be_visible()
    anna = Guest.objects.get(first_name="Anna")
    assert (anna.phone, anna.referrer_id) == ("+442079460958", peter.pk)
    assert set(anna.cards.values_list("number", flat=True)) == {"111", "222"}
    assert set(anna.categories.values_list("name", flat=True)) == {"Regulars"}


def test_escape_closes_the_list_of_guests(page, live_server, bella):
    guest(bella, ANN, first_name="Peter")
    anna = guest(bella)
    page.goto(f"{live_server.url}/c/bella/guests/{anna.pk}/")
    type_into(page, "Referrer", "pet")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(page.get_by_label("Referrer")).to_have_value("pet")


def test_rows_come_and_go_with_script(page, live_server, bella):
    anna = guest(bella)
    card(anna, "111")
    page.goto(f"{live_server.url}/c/bella/guests/{anna.pk}/")
    page.get_by_role("button", name="Add a card").click()
    page.get_by_label("Card number 2", exact=True).fill("222")
    page.get_by_role("button", name="Remove: Card number", exact=True).click()
    page.get_by_role("button", name="Save guest").last.click()
    expect(page.get_by_text("Done: Saved.")).to_be_visible()
    assert list(anna.cards.values_list("number", flat=True)) == ["222"]
    # The last row stays, to type into.
    page.get_by_role("button", name="Remove: Card number", exact=True).click()
    expect(page.get_by_label("Card number", exact=True)).to_have_value("")
    page.get_by_role("button", name="Save guest").last.click()
    expect(page.get_by_text("Done: Saved.")).to_be_visible()
    assert not anna.cards.exists()


@pytest.mark.parametrize("context", [False], indirect=True)
def test_without_javascript(page, live_server, bella):
    guest(bella, ANN, first_name="Peter", last_name="Collins")
    paul = guest(bella, "+442079460977", first_name="Paul", last_name="Collins")
    page.goto(f"{live_server.url}/c/bella/guests/new/")
    page.get_by_label("Telephone").fill("020 7946 0958")
    page.get_by_label("Card number", exact=True).fill("111")
    page.get_by_role("button", name="Add a card").click()
    page.get_by_label("Card number 2", exact=True).fill("222")
    page.get_by_label("Referrer").fill("Collins")
    page.get_by_label("Referrer").press("Enter")
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    page.get_by_label("Paul Collins").check()
    page.get_by_label("First name").fill("Anna")
    page.get_by_role("button", name="Save guest").last.click()
    expect(page.get_by_text("Anna is a guest now.")).to_be_visible()
    anna = Guest.objects.get(first_name="Anna")
    assert anna.referrer_id == paul.pk
    assert set(anna.cards.values_list("number", flat=True)) == {"111", "222"}


@pytest.mark.parametrize("context", [True, False], indirect=True)
def test_the_second_of_two_is_told_and_can_save_over_the_first(page, live_server, bella, operator):
    anna = guest(bella, first_name="Anna")
    page.goto(f"{live_server.url}/c/bella/guests/{anna.pk}/")
    page.get_by_label("First name").fill("Anya")
    change(anna, operator, 0, first_name="Annette", last_name="Petrova")
    page.get_by_role("button", name="Save guest").last.click()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("Somebody else saved this guest meanwhile")
    expect(told.get_by_role("row", name="First name")).to_contain_text("Oscar")
    expect(page.get_by_label("First name")).to_have_value("Anya")
    expect(page.get_by_label("Last name")).to_have_value("Petrova")
    page.get_by_role("button", name="Save guest").last.click()
    expect(page.get_by_text("Done: Saved.")).to_be_visible()


def test_the_field_with_the_focus_is_never_behind_the_line_that_sticks(page, live_server, bella):
    anna = guest(bella)
    page.set_viewport_size({"width": 1000, "height": 500})
    page.goto(f"{live_server.url}/c/bella/guests/{anna.pk}/")
    page.get_by_label("Telephone").focus()
    for _field in range(25):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """() => {
                const it = document.activeElement;
                const line = document.querySelector(".record-form__commit");
                if (!it.closest(".record-form") || line.contains(it)) return false;
                // Of a text of several lines the browser shows the one with the caret.
                const box = it.getBoundingClientRect();
                return Math.min(box.bottom, box.top + 32) > line.getBoundingClientRect().top + 1;
            }"""
        )
        assert not hidden, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


# -- Under axe


@pytest.fixture
def addresses(bella, manager):
    """Each page of a record, in a state that shows much of it; and what is sent to it, if any."""
    gold = MemberTier.objects.create(company=bella, name="Gold")
    peter = guest(bella, ANN, first_name="Peter")
    anna = guest(
        bella,
        first_name="Anna",
        last_name="Petrova",
        referrer_id=peter.pk,
        comment="Window table.",
        image_url="https://example.com/anna.jpg",
    )
    card(anna, "111", "t1")
    external_id(anna, "C-1")
    put_in(anna, "VIP", "Press")
    update_guest(
        company=bella, guest=anna, expected=None, draft=Draft({"member_tier_id": gold.pk}),
        actor=manager, source="web", now=at(0),
    )  # fmt: skip
    gone = guest(bella, "+442079460977", is_active=False)
    base = "/c/bella/guests/"
    return {
        "details": f"{base}{anna.pk}/",
        "history": f"{base}{anna.pk}/history/",
        "new": f"{base}new/?phone={gone.phone.replace('+', '%2B')}",
        "deleted": f"{base}{gone.pk}/",
    }


@pytest.mark.axe
def test_axe_finds_nothing(browser, live_server, sign_in, manager, host, addresses, subtests):
    context = browser.new_context(viewport=DESK)
    _sign_in(context, sign_in, manager, live_server)
    page = context.new_page()

    for name, address in addresses.items():
        page.goto(f"{live_server.url}{address}")
        look(page, subtests, name)
    page.goto(f"{live_server.url}{addresses['details']}")
    page.get_by_label("E-mail", exact=True).fill("nonsense")
    page.get_by_label("Card number", exact=True).fill("1" * 70)
    page.get_by_role("button", name="Save guest").last.click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    look(page, subtests, "errors")
    page.goto(f"{live_server.url}{addresses['details']}")
    page.get_by_label("First name").fill("Anya")
    page.get_by_label("Referrer").fill("Pet")
    anna = Guest.objects.get(last_name="Petrova")
    change(anna, manager, 0, first_name="Annette")
    look(page, subtests, "offers")
    page.get_by_role("button", name="Save guest").last.click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, subtests, "changed meanwhile")
    _sign_in(context, sign_in, host, live_server)
    page.goto(f"{live_server.url}{addresses['details']}")
    expect(page.get_by_role("button", name=re.compile("Save"))).to_have_count(0)
    look(page, subtests, "read only")
    context.close()


def test_whoever_was_signed_out_in_between_is_told_and_keeps_what_was_typed(
    context, live_server, bella
):
    page = context.new_page()
    page.goto(f"{live_server.url}/c/bella/guests/new/")
    page.get_by_label("First name").fill("Anna")
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_label("Referrer").press_sequentially("coll")
    expect(page.get_by_role("alert")).to_contain_text("You have to sign in again")
    expect(page.get_by_label("First name")).to_have_value("Anna")
    expect(page.get_by_label("Password")).to_have_count(0)
