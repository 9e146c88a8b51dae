"""Every page that links lead to, in both themes and widths: that it opens, fits, and is accessible.

The pages are found as a person finds them: by following links from the first one.
"""

import gzip
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve

from tests.browser.axe import DESK, faults, look, sideways, telephone
from tests.living import fill

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: What is taken along and not looked at.
DOWNLOADS = re.compile(r"\.(csv|xlsx|json|txt)$|/errors/$|/mail/$|/download/$")
#: Script and style that a page may send, compressed.
MOST_BYTES = 60 * 1024
#: The window of a page that is zoomed as far as it must bear.
ZOOMED = {"width": 320, "height": 900}
_links = re.compile(r'<a\b[^>]*?\shref="([^"#]*)').findall
_assets = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"').findall


@pytest.fixture
def living(bella, owner):
    return fill(bella, owner)


def pages(client: Client, *starts: str) -> Iterator[tuple[str, str]]:
    """Yield name and address of every page, one for each view, as links lead to them."""
    waiting, seen = list(starts), set()
    while waiting:
        address = waiting.pop(0)
        parts = urlsplit(address)
        if not parts.path.startswith(("/c/", "/account")) or DOWNLOADS.search(parts.path):
            continue
        name = resolve(parts.path).view_name
        # The list blank and with guests are two pages.
        key = (name, bool(parts.query))
        if key in seen:
            continue
        seen.add(key)
        answer = client.get(address)
        assert answer.status_code in (200, 302), f"{address}: {answer.status_code}"
        if answer.status_code == 302:
            waiting.insert(0, answer.url)
            continue
        if answer.get("Content-Disposition") or not answer["Content-Type"].startswith("text/html"):
            continue
        found = [unescape(link) for link in _links(answer.content.decode())]
        waiting += [link for link in found if link.startswith("/")]
        waiting += [parts.path + link for link in found if link.startswith("?")]
        yield name, address


def starts(guest) -> list[str]:
    base = f"/c/{guest.company.slug}/"
    return [base, f"{base}guests/?q=", f"{base}guests/{guest.pk}/", f"{base}imports/"]


def test_links_lead_somewhere_and_no_page_is_heavy(living, sign_in, owner):
    client = sign_in(owner)
    found = dict(pages(client, *starts(living)))
    assert len(found) > 40
    for address in found.values():
        content = client.get(address).content.decode()
        sent = set(_assets(content))
        weight = sum(len(gzip.compress(_static(each).read_bytes())) for each in sent)
        assert weight < MOST_BYTES, f"{address}: {weight} bytes"
        outside = re.findall(r'(?:src|href|action)="(https?://[^"]+)"', content)
        assert [each for each in outside if "example.com" not in each] == [], address


def _static(address: str) -> Path:
    from django.contrib.staticfiles import finders

    found = finders.find(address.removeprefix("/static/"))
    assert found, address
    return Path(found)


@pytest.mark.slow
@pytest.mark.axe
def test_axe_finds_nothing_and_nothing_sticks_out(
    browser, live_server, sign_in, owner, living, subtests
):
    client = sign_in(owner)
    context = browser.new_context(viewport=DESK)
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    for name, address in pages(client, *starts(living)):
        page.goto(f"{live_server.url}{address}")
        page.set_viewport_size(ZOOMED)
        with subtests.test(page=name, address=address, width="zoomed"):
            assert sideways(page) <= 0
        page.set_viewport_size(DESK)
        look(page, subtests, f"{name}: {address}")
        with subtests.test(page=name, address=address):
            assert complaints == []
        complaints.clear()
    page.goto(f"{live_server.url}/c/bella/guests/{living.pk}/")
    for number in range(page.locator("details.menu").count()):
        page.locator("details.menu > summary").nth(number).click()
        with subtests.test(menu=number, width="desk"):
            assert faults(page) == []
        with telephone(page), subtests.test(menu=number, width="telephone"):
            assert faults(page) == []
        # An open menu lies over the next one's button.
        page.keyboard.press("Escape")
    context.close()
