"""Programs, ledgers and approvals in a real browser: axe-core finds nothing, a double click pays
once, and no page is wider than a telephone."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from loyalty.models import Account, LedgerEntry, Program, Terms
from loyalty.services import asking
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move
from tests.browser.axe import DESK, look
from tests.loyalty.conftest import new_guest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def points(bella):
    return Program.objects.create(
        company=bella, name="Bella points", code="points", currency="GBP", audience="everyone"
    )


@pytest.fixture
def anna(bella, manager, points):
    """A guest with credits that expire, debits, and an adjustment that waits."""
    guest = new_guest(bella, 1)
    today = timezone.localdate()
    postings = [
        Move(
            guest_id=guest.pk,
            program_id=points.pk,
            amount=Decimal(amount),
            expires_on=today + timedelta(days=days),
            source="manual",
            source_ref=f"{amount}",
            reason="apology",
            comment="A long comment " * 8,
        )
        for amount, days in ((270, 20), (50, 300))
    ]
    postings.append(
        Move(
            guest_id=guest.pk,
            program_id=points.pk,
            amount=Decimal(-100),
            source="api",
            source_ref="spent",
        )
    )
    post_entries(company=bella, postings=postings, actor=manager, now=timezone.now())
    asking.ask(
        company=bella, guest=guest, bulk=None, program=points, amount=Decimal(900),
        restaurant=bella.restaurants.first(), reason="other", comment="", ref="waits",
        actor=manager, source="web", now=timezone.now(),
    )  # fmt: skip
    return guest


def opened(browser: Any, live_server: Any, client: Any, **options: Any) -> Any:
    context = browser.new_context(**options)
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    return context.new_page()


@pytest.mark.axe
def test_axe_finds_nothing(browser, live_server, sign_in, owner, anna, points, bella, subtests):
    Terms.objects.create(company=bella, adjustment_limit=Decimal(100))
    entry = LedgerEntry.objects.earliest("pk")
    base, record = "/c/bella/programs/", f"/c/bella/guests/{anna.pk}/"
    page = opened(browser, live_server, sign_in(owner), viewport=DESK)
    for address in (
        base,
        f"{base}{points.pk}/",
        f"{base}new/",
        f"{base}unusual/",
        f"{base}changes/",
        f"{record}ledger/?new={entry.pk}",
        f"{record}credit/",
        f"{record}ledger/{entry.pk}/reverse/",
        "/c/bella/approvals/",
        "/c/bella/settings/balances/",
        f"/c/bella/guests/debit/?guest={anna.pk}",
    ):
        page.goto(f"{live_server.url}{address}")
        look(page, subtests, address)


def test_a_double_click_pays_once(browser, live_server, sign_in, manager, anna):
    page = opened(browser, live_server, sign_in(manager))
    page.goto(f"{live_server.url}/c/bella/guests/{anna.pk}/credit/")
    page.get_by_label("Amount").fill("50")
    page.get_by_label("Restaurant").select_option(index=1)
    page.get_by_label("Reason").select_option(index=1)
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("270 points").wait_for()
    page.get_by_role("button", name="Credit 50 points in Bella").dblclick()
    page.get_by_text("New balance 270 points.").wait_for()
    assert Account.objects.get().balance == 270
    page.get_by_role("link", name="Reverse", exact=True).click()
    page.get_by_role("button", name="Take it back").click()
    page.get_by_text("New balance 220 points.").wait_for()
    assert Account.objects.get().balance == 220


def test_without_script_it_is_the_same(browser, live_server, sign_in, manager, anna):
    page = opened(browser, live_server, sign_in(manager), java_script_enabled=False)
    page.goto(f"{live_server.url}/c/bella/guests/{anna.pk}/debit/")
    page.get_by_label("Amount").fill("20")
    page.get_by_label("Restaurant").select_option(index=1)
    page.get_by_label("Reason").select_option(index=1)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Debit 20 points in Bella").click()
    page.get_by_text("New balance 200 points.").wait_for()
    assert Account.objects.get().balance == 200


def test_the_balance_that_was_asked_for_is_in_sight(
    browser, live_server, sign_in, manager, anna, points
):
    page = opened(browser, live_server, sign_in(manager), viewport={"width": 1000, "height": 800})
    page.goto(f"{live_server.url}/c/bella/guests/?program={points.pk}")
    box = page.locator("td.cell-balance").bounding_box()
    table = page.locator(".guest-list__scroll").bounding_box()
    assert page.locator("td.cell-balance").inner_text() == "220"
    assert box["x"] + box["width"] <= table["x"] + table["width"] <= 1000


def test_a_long_program_stays_in_its_column(browser, live_server, sign_in, owner, anna, points):
    points.name = "A program with a name of some length, " * 2
    points.save(update_fields=["name"])
    postings = [
        Move(
            guest_id=anna.pk,
            program_id=points.pk,
            amount=Decimal(1),
            source="manual",
            source_ref=f"again {n}",
        )
        for n in range(5)
    ]
    post_entries(company=anna.company, postings=postings, actor=owner, now=timezone.now())
    page = opened(browser, live_server, sign_in(owner), viewport={"width": 1100, "height": 800})
    page.goto(f"{live_server.url}/c/bella/programs/unusual/")
    cell = page.locator("td.num").first
    cell.wait_for()
    assert cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth")
