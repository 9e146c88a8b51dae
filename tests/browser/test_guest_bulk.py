"""Many guests at once in a real browser, with a real worker: deleted, undone, exported."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from guests.models import BulkChange, GuestExport
from guests.services.bulk_changes import LARGE
from tests.guests.crowds import active, crowd

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: A page waits for the worker, on machines that do much else.
PATIENCE = 60_000


@pytest.fixture
def page(browser, request, live_server, bella, manager, sign_in):
    """A window in which the manager is signed in; the parameter False turns JavaScript off."""
    context = browser.new_context(java_script_enabled=getattr(request, "param", True))
    context.set_default_timeout(PATIENCE)
    session = sign_in(manager).cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    yield page
    assert complaints == []
    context.close()


def button(page, name):
    return page.get_by_role("button", name=name)


def test_the_button_waits_for_the_right_number(page, live_server, bella):
    ids = crowd(bella, 30)
    page.goto(f"{live_server.url}/c/bella/guests/delete/")
    delete = button(page, "Delete 30 guests in Bella")
    expect(delete).to_be_disabled()
    page.get_by_label("Type 30 to go on").fill("3")
    expect(delete).to_be_disabled()
    page.get_by_label("Type 30 to go on").fill("30")
    expect(delete).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="30 guests were deleted.")).to_be_visible()
    assert active(bella) == set()
    button(page, "Undo for 30 guests").click()
    heading = "Undone: all 30 guests are as before."
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    assert active(bella) == set(ids)


@pytest.mark.parametrize("page", [False], indirect=True)
def test_without_javascript_the_server_looks_at_the_number(page, live_server, bella):
    ids = crowd(bella, 30)
    page.goto(f"{live_server.url}/c/bella/guests/delete/")
    page.get_by_label("Type 30 to go on").fill("3")
    button(page, "Delete 30 guests in Bella").click()
    expect(page.get_by_role("alert")).to_contain_text("Type 30 to confirm")
    expect(page.get_by_label("Type 30 to go on")).to_have_value("3")
    assert active(bella) == set(ids)
    page.get_by_label("Type 30 to go on").fill("30")
    button(page, "Delete 30 guests in Bella").click()
    expect(page.get_by_role("heading", name="30 guests were deleted.")).to_be_visible()


@pytest.mark.slow
def test_a_large_change_is_watched_until_its_receipt(page, live_server, bella, worker):
    crowd(bella, LARGE)
    page.goto(f"{live_server.url}/c/bella/guests/delete/")
    page.get_by_label("Type 10,000 to go on").fill("10,000")
    button(page, "Delete 10,000 guests in Bella").click()
    receipt = page.get_by_role("heading", name="10,000 guests were deleted.")
    expect(receipt).to_be_visible(timeout=PATIENCE)
    assert active(bella) == set()
    assert BulkChange.objects.get().state == "done"


def test_a_short_export_is_downloaded_at_once(page, live_server, bella, tmp_path):
    crowd(bella, 3)
    page.goto(f"{live_server.url}/c/bella/guests/export/")
    with page.expect_download() as coming:
        button(page, "Export 3 guests").click()
    download = coming.value
    assert re.fullmatch(r"bella-guests-[\d-]+-1\.csv", download.suggested_filename)
    download.save_as(tmp_path / "guests.csv")
    lines = (tmp_path / "guests.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("Telephone,Name")


@pytest.mark.slow
def test_a_long_export_is_watched_until_it_can_be_downloaded(page, live_server, bella, worker):
    crowd(bella, 2_000)
    page.goto(f"{live_server.url}/c/bella/guests/export/")
    page.get_by_label("Excel (.xlsx)").check()
    button(page, "Export 2,000 guests").click()
    expect(page.get_by_role("heading", name="2,000 guests exported")).to_be_visible()
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download").click()
    assert coming.value.suggested_filename.endswith(".xlsx")
    assert GuestExport.objects.get().results_to
