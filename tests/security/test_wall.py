"""The wall between companies, where ids come in forms and behind question marks, not in paths."""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from core.models import Membership
from guests.models import BulkChange, Category, Guest, GuestExport, MemberTier, SavedView
from imports.models import ImportJob
from loyalty.models import Account, Adjustment, BulkAdjustment, LedgerEntry, Program

pytestmark = pytest.mark.django_db

HUGE = "9" * 30


def fill(company, number):
    now = timezone.now()
    guest = Guest.objects.create(
        company=company, phone=f"+44794600000{number}", first_name="Guest", registered_at=now
    )
    return SimpleNamespace(
        guest=guest,
        category=Category.objects.create(company=company, name="VIP"),
        tier=MemberTier.objects.create(company=company, name="Gold"),
        program=Program.objects.create(company=company, name="P", code="p", currency="GBP"),
        restaurant=company.restaurants.create(name="One"),
    )


@pytest.fixture
def ours(bella):
    return fill(bella, 1)


@pytest.fixture
def theirs(roma, outsider):
    found = fill(roma, 2)
    found.member = Membership.objects.get(user=outsider)
    return found


@pytest.fixture
def client(sign_in, owner):
    return sign_in(owner)


@pytest.mark.parametrize("action", ["delete", "restore", "categorise", "export", "credit", "debit"])
def test_a_ticked_guest_of_another_company_is_nobody(client, ours, theirs, action):
    """What the page would confirm is confirmed: the mark of nobody, and of that one guest."""
    query = f"?guest={theirs.guest.pk}&do=add"
    address = f"/c/bella/guests/{action}/{query}"
    shown = client.get(address)
    assert theirs.guest.phone not in shown.content.decode()
    pk = theirs.guest.pk
    mark = f"1-{pk % 65_521}-{(pk % 65_519) * (pk % 32_749)}"
    for seen in ("0-0-0", mark):
        client.post(
            address,
            {
                "seen": seen,
                "typed": "1",
                "category": ours.category.pk,
                "program": ours.program.pk,
                "restaurant": ours.restaurant.pk,
                "reason": "apology",
                "amount": "5",
                "confirm": "1",
                "shape": "list",
                "format": "csv",
            },
        )
    theirs.guest.refresh_from_db()
    assert theirs.guest.is_active
    assert not theirs.guest.categories.exists()
    assert not BulkChange.objects.exists()
    assert not BulkAdjustment.objects.exists()
    assert not GuestExport.objects.exists()


def test_nobody_is_credited_in_another_companys_program_or_restaurant(client, ours, theirs):
    address = f"/c/bella/guests/{ours.guest.pk}/credit/"
    ref = client.get(address).context["form"]["ref"].value()
    good = {
        "program": ours.program.pk,
        "restaurant": ours.restaurant.pk,
        "reason": "apology",
        "amount": "5",
        "ref": ref,
        "confirm": "1",
    }
    for wrong in ({"program": theirs.program.pk}, {"restaurant": theirs.restaurant.pk}):
        client.post(address, good | wrong)
    assert not LedgerEntry.objects.exists()
    assert not Account.objects.exists()
    assert not Adjustment.objects.exists()
    client.post(address, good)
    assert LedgerEntry.objects.count() == 1


def test_a_record_takes_no_rows_of_another_company(client, ours, theirs):
    address = f"/c/bella/guests/{ours.guest.pk}/"
    client.post(
        address,
        {
            "phone": ours.guest.phone,
            "consent": "unknown",
            "categories": theirs.category.pk,
            "referrer": theirs.guest.phone,
            "is_active": "on",
        },
    )
    client.post(
        address,
        {
            "phone": ours.guest.phone,
            "consent": "unknown",
            "member_tier": theirs.tier.pk,
            "is_active": "on",
        },
    )
    guest = Guest.objects.get(pk=ours.guest.pk)
    assert guest.member_tier is None
    assert guest.referrer is None
    assert not guest.categories.exists()


def test_nobody_is_merged_across_the_wall(client, ours, theirs):
    address = f"/c/bella/guests/{ours.guest.pk}/merge/?with={theirs.guest.pk}"
    assert client.get(address).status_code == 404
    assert client.post(address, {"kept_version": 1, "merged_version": 1}).status_code == 404


def test_members_are_of_this_companys_restaurants(client, ours, theirs):
    data = {"email": "new@bella.example", "role": "host", "restaurants": theirs.restaurant.pk}
    assert client.post("/c/bella/settings/staff/invite/", data).status_code == 200
    assert not Membership.objects.filter(user__email="new@bella.example").exists()
    assert client.get(f"/c/bella/settings/staff/{theirs.member.pk}/").status_code == 404


def test_a_program_is_for_this_companys_categories(client, ours, theirs):
    data = {
        "name": "New",
        "code": "new",
        "kind": "points",
        "currency": "GBP",
        "expiry": "never",
        "audience": "categories",
        "categories": theirs.category.pk,
    }
    assert client.post("/c/bella/programs/new/", data).status_code == 200
    assert not Program.objects.filter(code="new").exists()


def test_filters_know_no_rows_of_another_company(client, ours, theirs):
    for name, row in (
        ("category", theirs.category),
        ("tier", theirs.tier),
        ("program", theirs.program),
        ("restaurant", theirs.restaurant),
    ):
        shown = client.get(f"/c/bella/guests/?{name}={row.pk}&sort=name")
        assert shown.status_code == 200
        assert ours.guest.phone[-8:] not in shown.content.decode().replace(" ", ""), name
    view = SavedView.objects.create(company=theirs.guest.company, name="V", query="")
    assert client.post(f"/c/bella/guests/views/{view.pk}/delete/").status_code == 404


def test_an_upload_corrects_no_import_of_another_company(client, ours, theirs, outsider):
    job = ImportJob.objects.create(
        company=theirs.guest.company, actor=outsider, number=7, key="0" * 32, filename="x.csv",
        file_size=1, file_hash="0" * 64,
    )  # fmt: skip
    assert client.get(f"/c/bella/imports/new/?corrects={job.number}").status_code == 404


@pytest.mark.parametrize("number", [HUGE, "9" * 5000, "-1", "1e3", "\u0663", "0x1", "1\x00"])
def test_a_number_that_is_none_breaks_no_page(client, ours, number):
    """Whatever stands for an id: the page says that it is none."""
    guest = f"/c/bella/guests/{ours.guest.pk}/"
    gets = [
        "guests/?category={}&sort=name", "guests/?program={}&sort=name",
        "guests/?page={}&sort=name",
        "guests/?from_import={}&sort=name", "guests/delete/?guest={}", "guests/export/?tier={}",
        "guests/categorise/?do=remove&category={}", "activity/?actor={}", "activity/?subject_id={}",
        "activity/?before=2026-01-01T00:00:00%2B00:00~{}", "imports/?page={}",
        "imports/new/?corrects={}", f"guests/{ours.guest.pk}/merge/?with={{}}",
        f"guests/{ours.guest.pk}/ledger/?new={{}}", f"guests/{ours.guest.pk}/ledger/?program={{}}",
        f"guests/{ours.guest.pk}/credit/?program={{}}", "guests/referrers/?referrer=a&own={}",
        f"guests/{ours.guest.pk}/history/?after=2026-01-01T00:00:00%2B00:00~1~{{}}~1",
        f"guests/{ours.guest.pk}/orders/?page={{}}", "guests/search/?q={}", "approvals/?page={}",
    ]  # fmt: skip
    from urllib.parse import quote

    for each in gets:
        answer = client.get("/c/bella/" + each.format(quote(number)))
        assert answer.status_code < 500, each
    posts = {
        guest: {"phone": ours.guest.phone, "consent": "unknown", "member_tier": number,
                "categories": number},
        guest + "?remove": {"remove": f"card-{number}"},
        guest + "credit/": {"program": number, "restaurant": number, "amount": number},
        "/c/bella/guests/credit/?sort=name": {"program": number, "restaurant": number},
        f"/c/bella/guests/categorise/?do=add&guest={ours.guest.pk}": {"category": number},
        "/c/bella/settings/staff/invite/": {"email": "a@b.example", "role": "host",
                                            "restaurants": number},
        "/c/bella/programs/new/": {"categories": number, "name": "x", "code": "x",
                                   "expiry_days": number, "percentage": number},
        "/c/bella/settings/balances/": {"grace_days": number, "adjustment_limit": number},
        "/c/bella/settings/tiers/new/": {"name": "T", "rank": number},
        "/c/bella/guests/columns/": {"page_size": number, "columns": number},
        "/c/bella/imports/new/": {"corrects": number},
    }  # fmt: skip
    for address, data in posts.items():
        assert client.post(address, data).status_code < 500, address
