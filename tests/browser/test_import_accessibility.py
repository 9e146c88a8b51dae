"""The import's pages by axe-core (WCAG 2.2 AA and best practice), light and dark, wide and narrow.

Needs axe-core under var/axe: `npm install --prefix var/axe axe-core@4`.
"""

import pytest
from django.conf import settings

from loyalty.models import Program
from tests.browser.axe import DESK, look
from tests.imports.web import (
    MIXED,
    checked,
    draft,
    imported,
    page as address_of,
    under_way,
    undone,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.axe,
]

CREDITS = "phone,Bonus points,credit currency\n+442079460958,99999999999.99,GBP\n"
BIRTHDAYS = "phone,birthday\n+442079460958,05/06/1990\n"


@pytest.fixture
def addresses(bella, manager):
    """Every page of the import, each in a state that shows much of it."""
    base = f"/c/{bella.slug}/imports/"
    Program.objects.create(company=bella, name="Points", code="points", currency="GBP",
                           is_default=True)  # fmt: skip
    return {
        "nothing": f"/c/{bella.slug}/imports/?q=nothing",
        "upload": f"{base}new/",
        "columns": address_of(draft(bella, manager, MIXED), "columns"),
        "columns with a problem": address_of(draft(bella, manager, "name\nJohn\n"), "columns"),
        "check": address_of(checked(bella, manager, MIXED), "check"),
        "check of unclear dates": address_of(checked(bella, manager, BIRTHDAYS), "check"),
        "check of credits": address_of(checked(bella, manager, CREDITS), "check"),
        "undone": address_of(undone(bella, manager), "undo"),
        "undo": address_of(imported(bella, manager), "undo"),
        "result": address_of(imported(bella, manager, MIXED, partial=True), "result"),
        "progress": address_of(under_way(draft(bella, manager)), "progress"),
        "list": base,
    }


def test_axe_finds_nothing(browser, live_server, sign_in, manager, addresses, subtests):
    context = browser.new_context(viewport=DESK)
    session = sign_in(manager).cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    page = context.new_page()
    for name, address in addresses.items():
        page.goto(f"{live_server.url}{address}")
        assert page.url == f"{live_server.url}{address}"
        look(page, subtests, name)
    context.close()
