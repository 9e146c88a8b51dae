"""The whole import in a real browser, with a real worker: by keyboard, and without JavaScript."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from guests.models import Guest
from tests.browser.axe import THEMES
from tests.conftest import PASSWORD
from tests.imports.web import draft, page as address_of, under_way

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Half a minute: a page waits for the worker.
PATIENCE = 60_000
SCREENSHOTS = Path(settings.BASE_DIR) / "var" / "screenshots"

#: Line 3 has a wrong e-mail, line 5 no phone.
FILE = (
    "Mobile phone;First name;Surname;E-mail;Card number\n"
    "+442079460958;John;Smith;john@example.com;11111\n"
    "+442079460959;Анна;Петрова;anna-example.com;11112\n"
    "+442079460960;Max;Müller;max@example.com;\n"
    ";Nobody;At all;;\n"
)

Press = Callable[[Locator], None]


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> BrowserContext:
    """A browser, in which the parameter False turns JavaScript off."""
    context = browser.new_context(java_script_enabled=getattr(request, "param", True))
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, live_server, bella, manager, worker) -> Page:
    """A window in which the manager has signed in."""
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.goto(f"{live_server.url}/login/?next=/c/bella/imports/")
    page.get_by_label("E-mail").fill(manager.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Imports")).to_be_visible()
    yield page
    assert complaints == []


def by_keyboard(target: Locator) -> None:
    """Go to the element with the Tab key alone, as somebody without a mouse does, and press it."""
    target.wait_for()
    page = target.page
    for _step in range(150):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            kind = target.get_attribute("type") or ""
            page.keyboard.press("Space" if kind in ("checkbox", "radio") else "Enter")
            return
    raise AssertionError(f"the Tab key does not lead to {target}")


def by_click(target: Locator) -> None:
    target.click()


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=re.compile(name))


def link(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=re.compile(name))


def import_and_undo(page: Page, press: Press, shots: str) -> None:
    """Go the whole way: upload, columns, check, import, result, mend, undo."""
    press(link(page, "New import").first)
    page.get_by_label(re.compile("hoose")).set_input_files(
        {"name": "guests.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    )
    press(button(page, "Continue"))

    expect(page.get_by_text("5 of 5 columns are imported.")).to_be_visible()
    picture(page, shots, "columns")
    press(button(page, "Check the file"))

    expect(page.get_by_role("heading", name="2 rows have errors")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Nothing is imported until these are fixed.")).to_be_visible()
    expect(button(page, "Import 2 guests into Bella")).to_be_hidden()
    press(page.get_by_label("Allow partial import"))
    picture(page, shots, "check")
    press(button(page, "Import 2 guests into Bella, leave out 2"))

    done = page.get_by_role("heading", name="2 guests imported into Bella; 2 lines were left out.")
    expect(done).to_be_visible(timeout=PATIENCE)
    picture(page, shots, "result")
    page.get_by_label("Line 3, E-mail").fill("anna@example.com")
    page.get_by_label("Line 5, Mobile phone").fill("020 7946 0961")
    press(button(page, "Import 2 rows again into Bella"))

    done = page.get_by_role("heading", name="2 guests imported into Bella.")
    expect(done).to_be_visible(timeout=PATIENCE)
    assert Guest.objects.count() == 4
    press(link(page, "Undo import"))

    expect(page.get_by_text("Undo this import into Bella?")).to_be_visible()
    page.get_by_label("Type 2 to go on").fill("2")
    picture(page, shots, "undo")
    press(button(page, "Undo 2 guests in Bella"))

    done = page.get_by_role("heading", name="All 2 rows of this import are as they were before.")
    expect(done).to_be_visible(timeout=PATIENCE)
    assert Guest.objects.count() == 2


def picture(page: Page, folder: str, name: str) -> None:
    path = SCREENSHOTS / folder / f"{name}.png"
    page.screenshot(path=path, full_page=True, animations="disabled")


def picture_in_each_theme(page: Page, width: int, name: str) -> None:
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        picture(page, f"{width}-{theme}", name)


def test_the_whole_way_by_keyboard(page):
    import_and_undo(page, by_keyboard, "keyboard")


@pytest.mark.parametrize("context", [False], indirect=True, ids=["no script"])
def test_the_whole_way_without_javascript(page):
    import_and_undo(page, by_click, "no-script")


def test_choosing_columns_says_at_once_what_is_wrong(page, live_server):
    upload(page, live_server, FILE)
    page.get_by_label("First name").select_option(label="Telephone")
    expect(page.get_by_text("“Telephone” is chosen for more than one column")).to_be_visible()
    page.get_by_label("Mobile phone").select_option(label="Not imported")
    expect(page.get_by_text("is chosen for more than one column")).to_be_hidden()
    page.get_by_label("First name").select_option(label="First name")
    expect(page.get_by_text("No column is the telephone.")).to_be_visible()


def test_reading_it_otherwise_shows_the_preview_at_once(page, live_server):
    upload(page, live_server, FILE)
    page.get_by_label("Separator").select_option(label="Comma")
    expect(page.get_by_text("1 column", exact=True)).to_be_visible()
    page.get_by_label("Separator").select_option(label="Semicolon")
    expect(page.get_by_text("5 columns", exact=True)).to_be_visible()


def test_progress_moves_by_itself_and_can_be_stopped(page, live_server, bella, manager):
    job = under_way(draft(bella, manager), counts={"created": 4_900})
    page.goto(f"{live_server.url}{address_of(job, 'progress')}")
    expect(page.get_by_text("5,000 of 20,000 rows")).to_be_visible()

    under_way(job, done=10_000, counts={"created": 9_800})
    expect(page.get_by_text("10,000 of 20,000 rows")).to_be_visible()
    button(page, "Stop…").click()
    under_way(job, done=12_000, counts={"created": 11_800})
    # The dialog stays open while the page behind it moves, and so does the number in it.
    button(page, "Keep the 11,800 that are in").click()
    expect(page.get_by_role("heading", name="Stopping…")).to_be_visible()
    job.refresh_from_db()
    assert job.stop_request == "keep"

    under_way(job, state="stopped")
    expect(page.get_by_role("heading", name=re.compile("was stopped"))).to_be_visible()


@pytest.mark.parametrize("width", [1440, 360])
def test_the_main_pages_fit_the_window(page, live_server, width):
    page.set_viewport_size({"width": width, "height": 800})
    for name, address in (("list", ""), ("upload", "new/")):
        page.goto(f"{live_server.url}/c/bella/imports/{address}")
        picture_in_each_theme(page, width, name)
        assert_no_sideways(page)
    upload(page, live_server, FILE)
    picture_in_each_theme(page, width, "columns")
    assert_no_sideways(page)
    button(page, "Check the file").click()
    page.get_by_role("heading", name="2 rows have errors").wait_for()
    picture_in_each_theme(page, width, "check")
    assert_no_sideways(page)


def assert_no_sideways(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def upload(page: Page, live_server, content: str) -> None:
    page.goto(f"{live_server.url}/c/bella/imports/new/")
    page.get_by_label(re.compile("hoose")).set_input_files(
        {"name": "guests.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    button(page, "Continue").click()
    page.get_by_role("heading", name="Which column is what").wait_for()
