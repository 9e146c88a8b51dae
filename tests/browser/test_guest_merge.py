"""Merging and erasing in a real browser: by keyboard, by a telephone, without JavaScript."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.services.jobs import run
from guests.models import DuplicateSearch, Guest, GuestMerge, MemberTier
from guests.services.duplicates import request_search
from tests.browser.axe import DESK, THEMES, look, telephone
from tests.guests.cast import ANN, ANNA, card, external_id, guest, put_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def opened(
    browser: Browser, live_server: Any, session: Any, *, script: bool = True, **options: Any
) -> BrowserContext:
    """Return a browser in which somebody is signed in."""
    context = browser.new_context(java_script_enabled=script, **options)
    context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
    context.set_default_timeout(60_000)
    return context


@pytest.fixture
def session(sign_in: Any, owner: Any) -> Any:
    return sign_in(owner).cookies[settings.SESSION_COOKIE_NAME]


@pytest.fixture
def two(bella: Any) -> tuple[Guest, Guest]:
    """Two guests as they are in life: one kept well, and one typed in a hurry, names and all."""
    now = timezone.now()
    tier = MemberTier.objects.create(company=bella, name="Gold", rank=2)
    kept = guest(
        bella,
        first_name="Maria Magdalena Wilhelmina Theodora",
        last_name="van der Westhuizen-Featherstonehaugh",
        birthday=date(1985, 2, 28),
        email="maria.magdalena.wilhelmina.featherstonehaugh@a-very-long-domain.example.com",
        comment="Window table\nAllergic to nuts",
        member_tier_id=tier.pk,
        subscribed=False,
        consent="revoked",
        registered_at=now - timedelta(days=900),
        last_visit_at=now - timedelta(days=3),
    )
    merged = guest(
        bella,
        ANN,
        first_name="مريم",
        last_name="الفارسي",
        birthday=date(1985, 2, 28),
        email="m@example.com",
        comment="Comes with her dog",
        member_number="M-77",
        registered_at=now - timedelta(days=30),
    )
    card(merged, "400012")
    external_id(merged, "till-77")
    put_in(merged, "VIP", "Wine")
    put_in(kept, "Lunch")
    return kept, merged


def alike_by_name(company: Any, n: int = 0) -> tuple[Guest, Guest]:
    """Make two guests with one name and birthday."""
    same = {"first_name": "Anna", "last_name": f"Petrova{n or ''}", "birthday": date(1990, 5, 6)}
    one, other = (guest(company, f"+4420794609{70 + 2 * n + each}", **same) for each in (0, 1))
    return one, other


@pytest.fixture
def alike(bella: Any) -> tuple[Guest, Guest]:
    """Two guests whom a search has found."""
    one, other = alike_by_name(bella)
    search = request_search(company=bella, actor=None, now=timezone.now())
    run(DuplicateSearch, search.pk)
    return one, other


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_two_are_found_compared_merged_and_parted_again(
    browser: Browser, live_server: Any, session: Any, two: Any, script: bool
) -> None:
    kept, _merged = two
    context = opened(browser, live_server, session, script=script)
    page = context.new_page()
    page.goto(f"{live_server.url}/c/bella/guests/{kept.pk}/merge/")
    page.get_by_label("Telephone, name, e-mail or card").fill("0959")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_text("1 card")).to_be_visible()
    group = page.get_by_role("group", name="Comment")
    expect(group.get_by_label("Both, one under the other")).to_be_checked()
    # By keyboard: the choice of the e-mail goes to the other side.
    email = page.get_by_role("group", name="E-mail")
    email.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    expect(email.get_by_label("m@example.com")).to_be_checked()
    page.get_by_role("button", name="Merge").press("Enter")
    expect(page.get_by_role("heading", name="Merged", exact=True)).to_be_visible()
    kept.refresh_from_db()
    assert (kept.email, kept.member_number) == ("m@example.com", "M-77")
    page.get_by_role("button", name="Undo the merge").click()
    expect(page.get_by_text("both guests are as they were")).to_be_visible()
    assert GuestMerge.objects.get().undone_at
    context.close()


def test_what_was_done_far_down_the_list_of_pairs_is_told_there(
    browser: Browser, live_server: Any, session: Any, bella: Any
) -> None:
    for n in range(8):
        alike_by_name(bella, n)
    run(DuplicateSearch, request_search(company=bella, actor=None, now=timezone.now()).pk)
    context = opened(browser, live_server, session, viewport=DESK)
    page = context.new_page()
    page.goto(f"{live_server.url}/c/bella/guests/duplicates/")
    page.get_by_role("button", name="Not the same").nth(6).click()
    told = page.get_by_role("status").locator(".notice")
    expect(told).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollY") > 300
    keep(page, "duplicates-judged", full_page=False)
    with telephone(page):
        expect(told).to_be_in_viewport(ratio=1)
        keep(page, "duplicates-judged-telephone", full_page=False)
    context.close()


def test_a_guest_is_erased_only_when_the_telephone_was_looked_at(
    browser: Browser, live_server: Any, session: Any, bella: Any, worker: Any
) -> None:
    person = guest(bella, ANNA, first_name="Zlata", last_name="Unikatova")
    context = opened(browser, live_server, session)
    page = context.new_page()
    page.goto(f"{live_server.url}/c/bella/guests/{person.pk}/")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Erase…").click()
    button = page.get_by_role("button", name="Erase this guest in Bella")
    expect(button).to_be_disabled()
    page.get_by_label("Last four digits of the telephone").fill("0958")
    button.click()
    # The worker cleans, and the page says so by itself.
    expect(page.get_by_text("Nothing that names this guest is kept any more")).to_be_visible()
    person.refresh_from_db()
    assert (person.phone, person.first_name) == (None, "")
    context.close()


def addresses(two: tuple[Guest, Guest], alike: tuple[Guest, Guest]) -> dict[str, str]:
    kept, merged = two
    base = "/c/bella/guests"
    return {
        "merge": f"{base}/{kept.pk}/merge/?with={merged.pk}",
        "merge-swapped": f"{base}/{merged.pk}/merge/?with={kept.pk}",
        "merge-find": f"{base}/{kept.pk}/merge/?q=079460",
        "merge-alike": f"{base}/{alike[0].pk}/merge/",
        "duplicates": f"{base}/duplicates/",
        "duplicates-none": f"{base}/duplicates/?dismissed=1",
        "erase": f"{base}/{kept.pk}/erase/",
    }


@pytest.mark.axe
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    browser: Browser,
    live_server: Any,
    session: Any,
    two: Any,
    alike: Any,
    subtests: Any,
) -> None:
    context = opened(browser, live_server, session, viewport=DESK)
    page = context.new_page()
    for name, address in addresses(two, alike).items():
        page.goto(f"{live_server.url}{address}")
        keep(page, f"{name}-desk")
        with telephone(page):
            keep(page, f"{name}-telephone")
        look(page, subtests, name)
    context.close()


def keep(page: Page, name: str, *, full_page: bool = True) -> None:
    """Take a picture in each theme, where somebody wants them (SHOTS names the folder)."""
    import os

    if folder := os.environ.get("SHOTS"):
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            page.screenshot(path=f"{folder}/{name}-{theme}.png", full_page=full_page)
