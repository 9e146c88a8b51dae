"""Names that run from right to left turn nothing beside them, wherever a page shows them."""

import re
from html.parser import HTMLParser

import pytest

from core.models import Company, Restaurant, User
from guests.models import Category, Guest, MemberTier, SavedView
from imports.models import ImportJob
from loyalty.models import Program
from tests.browser.test_every_page import pages, starts
from tests.living import fill

pytestmark = pytest.mark.django_db

_isolated = re.compile("\u2068[^\u2068\u2069]*\u2069")
_from_right = re.compile("[\u0590-\u05ff]")
#: A name as people have them: letters from the right, and signs that have no direction at its end.
HEBREW = "כהן (בע״מ)"


class Page(HTMLParser):
    """Collects what runs from the right and stands neither in `<bdi>` nor between isolates."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.loose: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag not in ("input", "meta", "link", "br", "hr", "img", "use", "path"):
            self.open.append((tag, tag == "bdi" or ("dir" in values and tag != "html")))
        for name in ("aria-label", "data-label"):
            self._look(f"{name}={values.get(name) or ''}")

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tags = [tag for tag, _apart in self.open]
        # What the browser shows of a choice or a drawing is a line of its own.
        if {"script", "style", "option", "svg"} & set(tags):
            return
        if not any(apart for _tag, apart in self.open):
            self._look(data)

    def _look(self, text):
        if _from_right.search(_isolated.sub("", text)):
            self.loose.append(" ".join(text.split()))


def loose(html: str) -> list[str]:
    page = Page()
    page.feed(html)
    return page.loose


@pytest.fixture
def hebrew(bella, owner):
    """A company in which all that has a name has a Hebrew one."""
    anna = fill(bella, owner)
    for model in (Company, Restaurant, Category, MemberTier, Program, SavedView, User):
        for n, each in enumerate(model.objects.order_by("pk")):
            model.objects.filter(pk=each.pk).update(name=f"{HEBREW} {n}")
    Guest.objects.filter(company=bella).update(first_name=HEBREW, last_name="")
    ImportJob.objects.update(filename=f"{HEBREW}.csv")
    return anna


def test_the_looser_is_found() -> None:
    assert loose("<p>Open אנה (1)</p>") == ["Open אנה (1)"]
    assert loose("<p>Open <bdi>אנה</bdi> \u2068אנה (1)\u2069</p>") == []


def test_every_page_keeps_names_apart(hebrew, sign_in, owner, subtests):
    client = sign_in(User.objects.get(pk=owner.pk))
    for name, address in pages(client, *starts(hebrew)):
        with subtests.test(page=name, address=address):
            assert loose(client.get(address).content.decode()) == []
