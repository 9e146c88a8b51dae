"""Pages that nobody opens on a good day: locked out, forgotten, refused; and absurd values."""

from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import mail as outbox
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from core.models import Company, OutgoingMail
from core.services import mail as mails, passwords
from guests.unsubscribe_links import link_of
from loyalty.models import Program, Terms
from loyalty.services.adjusting import adjust_balance
from tests.browser.axe import DESK, look, sideways, telephone
from tests.guests.cast import ANN, ANNA, card, guest
from tests.imports.web import MIXED, checked, imported, page as address_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "Bella Ristorante e Trattoria Internazionale di Napoli, Soho & Camden (Europe) Limited"


@pytest.fixture
def open_page(browser, live_server):
    """Call it with a width, and perhaps a session: a page of such a browser."""
    contexts = []

    def opened(width, session=None):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, has_touch=width < 400
        )
        contexts.append(context)
        if session is not None:
            cookie = {"name": session.key, "value": session.value, "url": live_server.url}
            context.add_cookies([cookie])
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def session_of(client):
    return client.cookies[settings.SESSION_COOKIE_NAME]


@pytest.mark.axe
def test_outside_the_frame(open_page, live_server, bella, owner, subtests):
    page = open_page(DESK["width"])
    Company.objects.filter(pk=bella.pk).update(name=LONG)
    anna = guest(bella, email="anna@example.com", subscribed=True)

    def press(button: str, **fields: str) -> None:
        for label, value in fields.items():
            page.get_by_label(label.replace("_", " "), exact=True).fill(value)
        page.get_by_role("button", name=button).click()

    page.goto(f"{live_server.url}/login/")
    for _try in range(settings.AXES_FAILURE_LIMIT):
        press("Sign in", Password="wrong", **{"E-mail": "nobody@example.com"})
    page.get_by_role("heading", name="Sign-in is locked for a while").wait_for()
    look(page, subtests, "locked out")
    page.goto(f"{live_server.url}/password/")
    look(page, subtests, "forgotten")
    page.goto(f"{live_server.url}/password/x/y/")
    page.get_by_role("link", name="Ask for a new link").wait_for()
    look(page, subtests, "a link that is too old")
    key = urlsafe_base64_encode(force_bytes(owner.pk))
    page.goto(f"{live_server.url}/password/{key}/{passwords.tokens.make_token(owner)}/")
    press("Save the password", New_password="a good long one", New_password_again="another")
    page.get_by_text("It is not the same as above.").first.wait_for()
    page.get_by_text(f"For {owner.email}").wait_for()
    look(page, subtests, "a new password")
    page.goto(f"{live_server.url}{urlsplit(link_of(anna)).path}")
    look(page, subtests, "unsubscribe")
    press("Unsubscribe")
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    look(page, subtests, "unsubscribed")
    page.goto(f"{live_server.url}/nowhere/")
    look(page, subtests, "404")
    for name in ("400", "403", "403_csrf", "405", "500"):
        page.goto(f"{live_server.url}/login/")
        page.evaluate(
            "html => { document.open(); document.write(html); document.close(); }",
            render_to_string(f"{name}.html"),
        )
        page.wait_for_load_state()
        look(page, subtests, name)


@pytest.mark.axe
def test_what_belongs_to_others_and_what_waits(
    open_page, live_server, sign_in, bella, owner, manager, subtests
):
    Company.objects.filter(pk=bella.pk).update(name=LONG)
    bella.refresh_from_db()
    page = open_page(DESK["width"], session_of(sign_in(owner)))
    anna = guest(bella, first_name="א" * 90, last_name="W" * 90, is_active=False)
    other = guest(bella, ANN, first_name="Ann")
    card(anna, "111")
    points = Program.objects.create(company=bella, name="Points", code="points", currency="GBP")
    Terms.objects.create(company=bella, adjustment_limit=Decimal(100))
    adjust_balance(
        company=bella, guest=other, program=points, amount=Decimal("99999999999999.99"),
        restaurant=None, reason="apology", comment="", ref="ask", actor=manager, source="web",
        now=timezone.now(),
    )  # fmt: skip
    base = f"{live_server.url}/c/bella"

    for name, address in (("new", "new/"), ("record", f"{other.pk}/")):
        page.goto(f"{base}/guests/{address}")
        page.get_by_label("Telephone", exact=True).fill(ANNA)
        page.get_by_label("Card number", exact=True).fill("111")
        page.get_by_role("button", name="Save guest").last.click()
        page.get_by_role("heading", name="There is a problem").wait_for()
        look(page, subtests, f"taken: {name}")
    page.goto(f"{base}/approvals/")
    page.get_by_text("Decline…").click()
    page.get_by_role("button", name="Decline in").click()
    page.locator(".field__error").first.wait_for()
    look(page, subtests, "decline without a reason")
    page.goto(f"{base}/approvals/")
    page.get_by_role("button", name="Approve in").click()
    page.goto(f"{base}/guests/{other.pk}/ledger/")
    look(page, subtests, "ledger of a large amount")
    with subtests.test("no amount is broken"):
        assert lines_of_amounts(page) == {1}
    with telephone(page), subtests.test("nor on a telephone"):
        assert lines_of_amounts(page) == {1}


def lines_of_amounts(page) -> set[int]:
    """Return over how many lines amounts go."""
    cells = page.locator("td.num[data-label=Amount], td.num[data-label=Balance]")
    return set(
        cells.evaluate_all(
            """cells => cells.map(cell => {
                const range = document.createRange();
                range.selectNodeContents(cell);
                return range.getClientRects().length;
            })"""
        )
    )


@pytest.mark.parametrize("width", [360, 1440])
def test_a_long_company_leaves_buttons_two_lines_at_most(
    open_page, live_server, sign_in, bella, owner, width, subtests
):
    Company.objects.filter(pk=bella.pk).update(name=LONG)
    bella.refresh_from_db()
    anna = guest(
        bella, first_name="Maximilian-Alexander", last_name="von Hohenlohe-Schillingsfürst"
    )
    ann = guest(bella, ANN, first_name="Ann")
    page = open_page(width, session_of(sign_in(owner)))
    addresses = [
        address_of(checked(bella, owner, MIXED, partial=True), "check"),
        address_of(imported(bella, owner, MIXED, partial=True), "result"),
        f"/c/bella/guests/{anna.pk}/erase/",
        "/c/bella/guests/delete/?q=",
        "/c/bella/guests/export/?q=",
        "/c/bella/settings/profile/",
    ]
    for address in addresses:
        page.goto(f"{live_server.url}{address}")
        high = page.locator("button.button").evaluate_all(
            "buttons => Math.max(...buttons.map(each => each.offsetHeight))"
        )
        with subtests.test(address=address):
            assert high <= 56, "two lines of 20 px, and the room around them"
    page.goto(f"{live_server.url}/c/bella/guests/{anna.pk}/merge/?with={ann.pk}")
    button = page.get_by_role("button", name="Merge Ann into")
    assert button.evaluate("each => each.offsetHeight") <= 76


def test_the_mail_with_the_result_in_a_narrow_and_a_wide_client(
    browser, bella, owner, tmp_path, subtests
):
    Company.objects.filter(pk=bella.pk).update(name=f"{LONG} {'x' * 60}")
    bella.refresh_from_db()
    imported(bella, owner, MIXED, partial=True)
    for each in OutgoingMail.objects.filter(state="waiting"):
        mails.send(each.pk)
    html = outbox.outbox[-1].alternatives[0][0]
    path = tmp_path / "mail.html"
    path.write_text(html)
    for width in (320, 1440):
        page = browser.new_page(viewport={"width": width, "height": 700})
        page.goto(path.as_uri())
        with subtests.test(width=width):
            assert sideways(page) <= 0
            assert page.locator("main").bounding_box()["width"] <= 560
        page.close()
