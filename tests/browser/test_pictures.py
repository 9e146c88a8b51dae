"""Pictures of the main pages, as the demo company shows them: under var/screenshots/demo."""

from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from core.models import Membership
from guests.models import Guest
from imports.models import ImportJob
from imports.services.demo import make_demo
from imports.services.demo_balances import give_demo_balances
from imports.services.demo_orders import import_demo_orders
from tests.browser.axe import THEMES
from tests.imports.web import worked

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

FOLDER = Path(settings.BASE_DIR) / "var" / "screenshots" / "demo"


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    now = timezone.now()
    company = make_demo(now=now)
    worked(ImportJob.objects.get())
    worked(import_demo_orders(now=now))
    give_demo_balances(now=now)
    return company


def test_the_main_pages_have_their_pictures_taken(browser, live_server, sign_in, demo):
    owner = Membership.objects.get(company=demo, role="owner").user
    often = Guest.objects.for_company(demo).order_by("-orders_count", "pk").first()
    job = ImportJob.objects.get(kind="guests")
    base = f"/c/{demo.slug}"
    pages = {
        "overview": f"{base}/",
        "guests": f"{base}/guests/?sort=-total",
        "record": f"{base}/guests/{often.pk}/",
        "ledger": f"{base}/guests/{often.pk}/ledger/",
        "programs": f"{base}/programs/",
        "import": f"{base}/imports/{job.number}/result/",
        "activity": f"{base}/activity/",
    }
    session = sign_in(owner).cookies[settings.SESSION_COOKIE_NAME]
    cookie = {"name": session.key, "value": session.value, "url": live_server.url}
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.add_cookies([cookie])
    page = context.new_page()
    for name, address in pages.items():
        answer = page.goto(f"{live_server.url}{address}")
        assert answer is not None
        assert answer.status == 200, name
        expect(page.locator("[hx-trigger=load]")).to_have_count(0)
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            path = FOLDER / f"{name}-{theme}.png"
            page.screenshot(path=path, animations="disabled")
            assert path.stat().st_size > 10_000, name
    context.close()
