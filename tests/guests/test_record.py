"""A guest's record as a page: the head, what apps add to it, and who sees it."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from guests.models import Category, Guest, MemberTier, RecentGuest
from guests.web import record
from tests.guests.cast import ANN, card, external_id, guest, put_in
from tests.guests.records import text_of, typed

pytestmark = pytest.mark.django_db

PAGES = ["", "history/"]


def of(anna, page="", company="bella"):
    return f"/c/{company}/guests/{anna.pk}/{page}"


# -- The head


def test_the_head_says_who_the_guest_is_and_what_they_have_done(sign_in, bella, host):
    gold = MemberTier.objects.create(company=bella, name="Gold")
    anna = guest(bella, first_name="Anna", last_name="Petrova", member_tier_id=gold.pk)
    put_in(anna, "VIP")
    seen = timezone.now() - datetime.timedelta(days=23)
    Guest.objects.filter(pk=anna.pk).update(
        orders_count=3, orders_total=120, opening_total=1000, last_visit_at=seen
    )
    said = text_of(sign_in(host).get(of(anna)))
    assert "Anna Petrova Active +44 20 7946 0958 Member tier: Gold VIP" in said
    assert "Visits 3 Spent £1,120.00 Average bill £40.00" in said
    assert "23 days ago" in said


def test_a_guest_who_never_came_has_no_average(sign_in, bella, host):
    said = text_of(sign_in(host).get(of(guest(bella))))
    assert "Visits 0 Spent £0.00 Average bill – Last visit Never" in said


def test_a_tier_and_a_referrer_that_are_gone_are_none(sign_in, bella, operator, host):
    # Keys that an import fills have no constraint in the database.
    anna = guest(bella, first_name="Anna", member_tier_id=999_999, referrer_id=999_999)
    for user in (operator, host):
        said = text_of(sign_in(user).get(of(anna)))
        assert "Anna Active" in said
        assert "Member tier:" not in said


@pytest.mark.parametrize(
    ("seen", "today", "days"),
    [
        ("2026-11-23T23:59+00:00", "2026-11-24", 1),
        ("2026-11-24T00:01+00:00", "2026-11-24", 0),
        ("2026-11-25T10:00+00:00", "2026-11-24", 0),
    ],
)
def test_days_since_the_last_visit_are_days_of_the_calendar(seen, today, days):
    anna = Guest(last_visit_at=datetime.datetime.fromisoformat(seen))
    with timezone.override(datetime.UTC):
        assert record.days_since_visit(anna, datetime.date.fromisoformat(today)) == days


def test_a_deleted_guest_is_shown_as_such(sign_in, bella, host):
    said = text_of(sign_in(host).get(of(guest(bella, first_name="Anna", is_active=False))))
    assert "Anna Deleted" in said


def test_an_image_is_a_link_and_nothing_is_loaded_from_it(sign_in, bella, operator, host):
    anna = guest(bella, image_url="https://example.com/anna.jpg")
    for user in (operator, host):
        html = sign_in(user).get(of(anna)).content.decode()
        link = '<a href="https://example.com/anna.jpg" target="_blank" rel="noopener noreferrer">'
        assert link in html
        assert "anna.jpg" not in html.replace(link, "").replace(
            'value="https://example.com/anna.jpg"', ""
        ).replace("<bdi>https://example.com/anna.jpg</bdi>", "")


def test_opening_a_record_is_noted(sign_in, bella, host):
    anna = guest(bella)
    sign_in(host).get(of(anna))
    assert list(RecentGuest.objects.values_list("user", "guest")) == [(host.pk, anna.pk)]


# -- Who sees what


@pytest.mark.parametrize(
    ("role", "may_change"),
    [("owner", True), ("manager", True), ("operator", True), ("host", False)],
)
def test_who_may_not_change_a_guest_reads_the_record(request, sign_in, bella, role, may_change):
    anna = guest(bella, first_name="Anna", email="anna@example.com", consent_details="Form 12")
    card(anna, "111")
    client = sign_in(request.getfixturevalue(role))
    page = client.get(of(anna))
    html = page.content.decode()
    assert ("Save guest" in html) == may_change
    for value in ("anna@example.com", "Form 12", "111"):
        assert value in html
    form = typed(sign_in(request.getfixturevalue("manager")).get(of(anna)), first_name="Anya")
    assert client.post(of(anna), form).status_code == (302 if may_change else 403)
    assert Guest.objects.get().first_name == ("Anya" if may_change else "Anna")


@pytest.mark.parametrize("role", ["owner", "manager", "operator", "host"])
def test_everybody_may_create_a_guest(request, sign_in, bella, role):
    client = sign_in(request.getfixturevalue(role))
    assert client.get("/c/bella/guests/new/").status_code == 200


@pytest.mark.parametrize("page", [*PAGES, "restore/"])
def test_on_the_other_side_of_the_wall_there_is_no_guest(sign_in, bella, roma, outsider, page):
    anna, client = guest(bella), sign_in(outsider)
    assert client.get(of(anna, page)).status_code == 404
    assert client.get(of(anna, page, "roma")).status_code == 404
    assert client.post(of(anna, page, "roma"), {"phone": ANN}).status_code == 404
    assert client.get("/c/bella/guests/new/").status_code == 404
    assert client.get("/c/bella/guests/referrers/?referrer=a").status_code == 404


def test_a_guest_that_does_not_exist_is_not_found(sign_in, bella, host):
    for pk in (1, 2**70):
        assert sign_in(host).get(f"/c/bella/guests/{pk}/").status_code == 404


def test_whoever_is_not_signed_in_is_asked_to(client, bella):
    assert client.get(of(guest(bella))).headers["Location"].startswith("/login/")


@pytest.mark.parametrize("page", PAGES)
def test_a_merged_guest_leads_to_the_same_page_of_the_kept_one(sign_in, bella, host, page):
    kept, middle, merged = (
        guest(bella, f"+4420794609{n}", first_name=name)
        for n, name in ((58, "Kept"), (59, "Middle"), (60, "Merged"))
    )
    Guest.objects.filter(pk=middle.pk).update(merged_into=kept, is_active=False)
    Guest.objects.filter(pk=merged.pk).update(merged_into=middle, is_active=False)
    answer = sign_in(host).get(of(merged, page), follow=True)
    assert answer.redirect_chain == [(of(kept, page), 302)]
    assert "Merged was merged into Kept, whose record this is." in text_of(answer)


def test_an_erased_guest_can_only_be_looked_at(sign_in, bella, manager):
    anna = guest(bella, orders_count=2)
    client = sign_in(manager)
    form = typed(client.get(of(anna)), first_name="Anna")
    Guest.objects.filter(pk=anna.pk).update(phone=None, is_active=False)
    page = client.get(of(anna))
    assert "Erased" in text_of(page)
    assert "Save guest" not in page.content.decode()
    answer = client.post(of(anna), form, follow=True)
    assert "Nothing was saved: this record is closed by now." in text_of(answer)
    assert client.post(of(anna, "restore/")).status_code == 302
    assert not Guest.objects.get().is_active


# -- What apps add


@pytest.fixture
def added(monkeypatch):
    """The registries, which are as before afterwards."""
    for name in ("_tabs", "_actions", "_panels", "_notices"):
        monkeypatch.setattr(record, name, list(getattr(record, name)))


def test_apps_add_tabs_actions_panels_and_notices(sign_in, bella, manager, host, added):
    record.register_tab(
        record.Tab("stamps", "Stamps", 11, "guests:history", "guests.outlet_setup", lambda g: 1204)
    )
    record.register_action(record.Action(1, "Stamp", "guests:record", "guests.outlet_setup"))
    record.register_action(
        record.Action(1, "Frank", "guests:history", "guests.outlet_setup", menu=True)
    )
    record.register_panel(
        record.Panel(1, "components/notice.html", lambda *a: {}, "guests.outlet_setup")
    )
    record.register_notice(lambda request, company, g: [record.Banner(f"Mind {g}.", "warning")])
    anna = guest(bella, first_name="Anna")
    page = sign_in(manager).get(of(anna))
    said = text_of(page)
    assert "Details Stamps 1,204" in said
    assert "Active +44 20 7946 0958 Stamp" in said
    assert "More Frank" in said
    assert "Warning: Mind Anna." in said
    assert '<div class="notice notice--">' in page.content.decode()
    other = text_of(sign_in(host).get(of(anna)))
    assert "Stamp" not in other
    assert "Frank" not in other
    assert "Mind Anna." in other


def test_what_is_closed_offers_no_actions(sign_in, bella, manager, added):
    record.register_action(record.Action(1, "Stamp", "guests:record", "guests.view_guest"))
    record.register_action(
        record.Action(
            2, "Look up", "guests:history", "guests.view_guest", applies=lambda guest: True
        )
    )
    anna = guest(bella)
    Guest.objects.filter(pk=anna.pk).update(phone=None)
    said = text_of(sign_in(manager).get(of(anna)))
    assert "Stamp" not in said
    assert "Look up" in said


# -- Queries


def test_a_record_asks_the_database_a_fixed_number_of_times(sign_in, bella, operator):
    small = guest(bella)
    # In one category at least: programs may be for those of a category.
    put_in(small, "Category 0")
    large = guest(bella, ANN, referrer_id=small.pk)
    for number in range(40):
        card(large, f"{number}", f"t{number}")
        external_id(large, f"C-{number}")
        put_in(large, f"Category {number}")
        MemberTier.objects.create(company=bella, name=f"Tier {number}", rank=number)
    client = sign_in(operator)
    counts = []
    for each in (small, large):
        client.get(of(each))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(of(each)).status_code == 200
        counts.append(len(queries))
    # One more of whoever was referred: by whom.
    assert counts[0] + 1 == counts[1]
    # Session, user, company; the guest, the form (four), the head; what apps show beside it; that
    # it was opened.
    assert counts[0] <= 20
    assert Category.objects.count() == 40
