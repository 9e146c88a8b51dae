"""The settings of a company: profile, restaurants, categories, tiers, column mappings."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.models import Change, Company, Membership, Restaurant, Role, User
from core.services import restaurants, settings as services
from guests.models import BulkChange, Category, Guest, GuestCategory, MemberTier
from guests.services import bulk_changes, categories, tiers
from guests.services.merging import undo_merge
from imports.models import ColumnMapping, ImportJob
from loyalty.models import Program, ProgramCategory
from tests.conftest import PASSWORD
from tests.guests import cast
from visits.models import Order

PROFILE = {
    "name": "Bella",
    "timezone": "Europe/London",
    "currency": "GBP",
    "region": "GB",
    "phone_check": "possible",
    "default_consent": "unknown",
    "default_subscribed": "on",
    "import_preset": "update",
}


def page(company: Company, name: str, *args: Any) -> str:
    return reverse(name, args=[company.slug, *args])


def by(actor: User | None = None) -> dict[str, Any]:
    return {"actor": actor, "source": "web", "now": timezone.now()}


def actions(company: Company) -> list[str]:
    found = Change.objects.for_company(company).exclude(action__in=["created", "sign_in"])
    return list(found.order_by("pk").values_list("action", flat=True))


# -- The list of pages ----------------------------------------------------------------------------


def test_everybody_sees_the_pages_they_may_open(
    bella: Company, owner: User, manager: User, operator: User, sign_in: Callable[[User], Client]
) -> None:
    own = sign_in(owner).get(page(bella, "core:settings"), follow=True)
    every = [str(each.label) for each in own.context["settings_nav"]]
    assert every[:5] == ["Profile", "Restaurants", "Categories", "Member tiers", "Staff"]
    assert {"Column mappings", "Security"} <= set(every)
    theirs = sign_in(manager).get(page(bella, "core:settings"), follow=True)
    labels = [str(each.label) for each in theirs.context["settings_nav"]]
    assert "Profile" not in labels
    assert "Security" not in labels
    assert [each.label for each in theirs.context["settings_nav"] if each.current] == [
        "Restaurants"
    ]
    nav = sign_in(operator).get(page(bella, "imports:list")).context["nav"]
    assert "Settings" not in [str(item.label) for item in nav]


# -- Profile --------------------------------------------------------------------------------------


def test_the_profile_is_saved_and_written_down(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    values = {**PROFILE, "timezone": "Europe/Rome", "region": "IT", "currency": "EUR"}
    values.pop("default_subscribed")
    answer = sign_in(owner).post(page(bella, "core:settings_profile"), values)
    assert answer.status_code == 302
    bella.refresh_from_db()
    assert (bella.timezone, bella.region, bella.currency, bella.default_subscribed) == (
        "Europe/Rome",
        "IT",
        "EUR",
        False,
    )
    change = Change.objects.for_company(bella).get(action="change_company")
    assert change.actor == owner
    assert change.values == {
        "timezone": ["Europe/London", "Europe/Rome"],
        "currency": ["GBP", "EUR"],
        "region": ["GB", "IT"],
        "default_subscribed": [True, False],
    }


def test_the_many_options_of_a_profile_are_written_without_a_template_each(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    shown: Any = sign_in(owner).get(page(bella, "core:settings_profile"))
    text = shown.content.decode()
    assert text.count("<option") > 500
    assert '<option value="Europe/London" selected>London</option>' in text
    assert len(shown.templates) < 100


def test_an_unchanged_profile_writes_nothing(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    sign_in(owner).post(page(bella, "core:settings_profile"), PROFILE)
    assert actions(bella) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("timezone", "Mars/Base"), ("currency", "XXQ"), ("region", "UK"), ("name", " ")],
)
def test_what_a_profile_cannot_be(
    bella: Company, owner: User, field: str, value: str, sign_in: Callable[[User], Client]
) -> None:
    answer = sign_in(owner).post(page(bella, "core:settings_profile"), {**PROFILE, field: value})
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    with pytest.raises(ValidationError):
        services.change_company(company=bella, values={field: value.strip()}, **by())
    assert actions(bella) == []


def opening_total(company: Company) -> None:
    cast.guest(company, opening_total=Decimal(5))


def an_order(company: Company) -> None:
    Order.objects.create(
        company=company,
        restaurant=company.restaurants.first(),
        guest=cast.guest(company),
        external_id="1",
        total=5,
        closed_at=timezone.now(),
    )


@pytest.mark.parametrize("keep", [opening_total, an_order])
def test_the_currency_stays_while_amounts_are_kept_in_it(
    bella: Company, owner: User, keep: Callable[[Company], None], sign_in: Callable[[User], Client]
) -> None:
    keep(bella)
    with pytest.raises(services.CurrencyInUse, match="stays GBP"):
        services.change_company(company=bella, values={"currency": "EUR"}, **by(owner))
    client = sign_in(owner)
    shown = client.get(page(bella, "core:settings_profile"))
    assert b"It stays GBP" in shown.content
    client.post(page(bella, "core:settings_profile"), {**PROFILE, "currency": "EUR"})
    bella.refresh_from_db()
    assert bella.currency == "GBP"


def test_money_next_door_does_not_matter(bella: Company, roma: Company) -> None:
    opening_total(roma)
    changed = services.change_company(company=bella, values={"currency": "EUR"}, **by())
    assert changed.currency == "EUR"


# -- Restaurants ----------------------------------------------------------------------------------


def test_restaurants_are_added_renamed_and_closed(
    bella: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(manager)
    client.post(page(bella, "core:settings_restaurants"), {"name": " Bella Kew "})
    kew = bella.restaurants.get(name="Bella Kew")
    client.post(page(bella, "core:settings_restaurant", kew.pk), {"name": "Bella Richmond"})
    kew.refresh_from_db()
    assert (kew.name, kew.is_active) == ("Bella Richmond", False)
    assert actions(bella) == ["add_restaurant", "change_restaurant"]
    assert b"Closed" in client.get(page(bella, "core:settings_restaurants")).content


def test_a_restaurants_name_is_given_once_whatever_its_capitals(
    bella: Company, roma: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(manager)
    answer = client.post(page(bella, "core:settings_restaurants"), {"name": "bella SOHO"})
    assert "There is a restaurant “Bella Soho” already" in answer.content.decode()
    soho = bella.restaurants.get(name="Bella Soho")
    restaurants.change_restaurant(restaurant=soho, name="BELLA SOHO", is_active=True, **by())
    camden = bella.restaurants.get(name="Bella Camden")
    with pytest.raises(restaurants.NameTaken):
        restaurants.change_restaurant(restaurant=camden, name="Bella Soho", is_active=True, **by())
    with pytest.raises(restaurants.NameTaken, match="“BELLA SOHO”"):
        restaurants.change_restaurant(restaurant=camden, name="béllä soho", is_active=True, **by())
    restaurants.add_restaurant(company=roma, name="Bella Soho", **by())
    assert Restaurant.objects.filter(name__iexact="bella soho").count() == 2


# -- Categories -----------------------------------------------------------------------------------


def test_a_category_is_created_and_changed(
    bella: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(manager)
    client.post(page(bella, "guests:new_category"), {"name": "Wine", "colour": "red"})
    wine = Category.objects.get(company=bella)
    client.post(
        page(bella, "guests:category", wine.pk),
        {"name": "Wine club", "colour": "violet", "is_default": "on"},
    )
    wine.refresh_from_db()
    assert (wine.name, wine.colour, wine.is_default) == ("Wine club", "violet", True)
    assert actions(bella) == ["create_category", "change_category"]


def test_a_category_of_the_same_name_in_capitals_is_the_same(
    bella: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    Category.objects.create(company=bella, name="VIP")
    answer = sign_in(manager).post(
        page(bella, "guests:new_category"), {"name": "vip", "colour": "red"}
    )
    assert "There is a category “VIP” already" in answer.content.decode()
    assert Category.objects.filter(company=bella).count() == 1


def test_deleting_a_category_keeps_its_guests(
    bella: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    anna, ann = cast.guest(bella), cast.guest(bella, cast.ANN)
    for other in range(10):
        cast.guest(bella, f"+4420794601{other:02}")
    cast.put_in(anna, "Wine", "Lunch")
    cast.put_in(ann, "Wine")
    wine = Category.objects.get(name="Wine")
    versions = set(Guest.objects.values_list("pk", "version"))
    client = sign_in(manager)
    shown = client.get(page(bella, "guests:delete_category", wine.pk)).content.decode()
    assert "2 guests leave it" in shown
    assert "No guest is deleted" in shown
    answer = client.post(page(bella, "guests:delete_category", wine.pk), follow=True)
    assert not Category.objects.filter(name="Wine").exists()
    assert "“Wine” is deleted: 2 guests left it." in answer.content.decode()
    assert set(Guest.objects.values_list("pk", "version")) == versions
    assert not GuestCategory.objects.filter(category_id=wine.pk).exists()
    assert cast.names_of_categories(anna) == {"Lunch"}
    change = Change.objects.for_company(bella).get(action="delete_category")
    assert change.values == {"guests": [2, 0]}
    assert change.subject == "guests.bulkchange"


def test_a_category_that_many_are_in_is_deleted_by_typing_how_many(
    bella: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    cast.put_in(cast.guest(bella), "Wine")  # everybody there is
    wine = Category.objects.get(name="Wine")
    client = sign_in(manager)
    url = page(bella, "guests:delete_category", wine.pk)
    assert "Type 1 to go on" in client.get(url).content.decode()
    for typed in ("", "2"):
        assert client.post(url, {"typed": typed}).status_code == 200
        assert Category.objects.filter(pk=wine.pk).exists()
    client.post(url, {"typed": "1"})
    assert not Category.objects.filter(pk=wine.pk).exists()


def of_a_program(company: Company, category: Category) -> None:
    program = Program.objects.create(company=company, name="Bonus", code="B", currency="GBP")
    ProgramCategory.objects.create(company=company, program=program, category=category)


def of_a_bulk_change(company: Company, category: Category) -> None:
    BulkChange.objects.create(
        company=company, number=1, action="add_category", category=category, state="running"
    )


def of_an_import(company: Company, category: Category) -> None:
    ImportJob.objects.create(
        company=company,
        number=7,
        key="0b4bd5a8-3d2d-4a0c-9a1c-000000000000",
        filename="a.csv",
        file_size=1,
        file_hash="0" * 64,
        state="queued",
        step="import",
    )


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (of_a_program, "The program “Bonus” is for this category"),
        (of_a_bulk_change, "put in or taken out just now"),
        (of_an_import, "Import 7 is under way"),
    ],
)
def test_a_category_that_something_needs_stays(
    bella: Company,
    manager: User,
    use: Callable[[Company, Category], None],
    said: str,
    sign_in: Callable[[User], Client],
) -> None:
    wine = Category.objects.create(company=bella, name="Wine")
    use(bella, wine)
    client = sign_in(manager)
    assert said in client.get(page(bella, "guests:delete_category", wine.pk)).content.decode()
    client.post(page(bella, "guests:delete_category", wine.pk))
    assert Category.objects.filter(pk=wine.pk).exists()
    with pytest.raises(categories.InUse):
        bulk_changes.delete_category(category=wine, **by())


def test_categories_and_their_guests_are_counted_in_a_fixed_number_of_queries(
    bella: Company,
    roma: Company,
    manager: User,
    sign_in: Callable[[User], Client],
    django_assert_num_queries: Any,
) -> None:
    anna = cast.guest(bella)
    cast.put_in(anna, "Wine")
    client = sign_in(manager)
    with CaptureQueriesContext(connection) as few:
        client.get(page(bella, "guests:categories"))
    cast.put_in(anna, *(f"Club {number}" for number in range(20)))
    cast.put_in(cast.guest(bella, cast.ANN), "Wine")
    with django_assert_num_queries(len(few)):
        shown = client.get(page(bella, "guests:categories"))
    counts = {each.name: each.guests_count for each in shown.context["categories"]}
    assert (counts["Wine"], counts["Club 3"]) == (2, 1)


# -- Tiers ----------------------------------------------------------------------------------------


def test_a_tier_is_created_changed_and_deleted(
    bella: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(manager)
    soho = bella.restaurants.get(name="Bella Soho")
    client.post(
        page(bella, "guests:new_tier"), {"name": "Gold", "rank": "2", "priority_minutes": "10"}
    )
    gold = MemberTier.objects.get(company=bella)
    client.post(
        page(bella, "guests:tier", gold.pk),
        {
            "name": "Black",
            "rank": "3",
            "priority_minutes": "30",
            "is_vip": "on",
            "restaurants": [soho.pk],
        },
    )
    gold.refresh_from_db()
    assert (gold.name, gold.rank, gold.is_vip, gold.priority_minutes) == ("Black", 3, True, 30)
    assert list(gold.restaurants.all()) == [soho]
    client.post(page(bella, "guests:delete_tier", gold.pk))
    assert not MemberTier.objects.exists()
    assert actions(bella) == ["create_tier", "change_tier", "delete_tier"]


def test_a_tier_that_a_guest_holds_stays(
    bella: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    gold = MemberTier.objects.create(company=bella, name="Gold")
    cast.guest(bella, member_tier_id=gold.pk)
    answer = sign_in(manager).post(page(bella, "guests:delete_tier", gold.pk))
    assert b"Guests hold this tier" in answer.content
    assert MemberTier.objects.filter(pk=gold.pk).exists()


def test_who_holds_a_tier_is_counted_with_a_link_before_anybody_tries(
    bella: Company, roma: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    gold = MemberTier.objects.create(company=bella, name="Gold")
    MemberTier.objects.create(company=bella, name="Silver")
    MemberTier.objects.create(company=roma, name="Oro")
    cast.guest(bella, member_tier_id=gold.pk)
    cast.guest(bella, cast.ANN, member_tier_id=gold.pk, is_active=False)
    client = sign_in(manager)
    shown = client.get(page(bella, "guests:tiers"))
    counts = {tier.name: tier.guests_count for tier in shown.context["tiers"]}
    assert counts == {"Gold": 2, "Silver": 0}
    link = f"/c/bella/guests/?tier={gold.pk}&amp;inactive=on"
    assert link in shown.content.decode()
    asked = client.get(page(bella, "guests:delete_tier", gold.pk)).content.decode()
    assert "Guests hold this tier" in asked
    assert f'href="{link}">Show 2 guests</a>' in asked
    assert "<button" not in asked[asked.index("Guests hold this tier") :]


def test_who_was_merged_is_not_counted_in_a_tier(bella: Company, roma: Company) -> None:
    gold = MemberTier.objects.create(company=bella, name="Gold")
    kept = cast.guest(bella, member_tier_id=gold.pk)
    merged = cast.guest(bella, cast.ANN, member_tier_id=gold.pk)
    counted = MemberTier.objects.for_company(bella).with_guest_counts()
    assert [tier.guests_count for tier in counted] == [2]
    cast.merge(kept, merged, member_tier="kept")
    assert [tier.guests_count for tier in counted.all()] == [1]


def test_a_tier_that_only_merged_guests_hold_can_be_deleted_and_the_merge_undone(
    bella: Company, manager: User
) -> None:
    gold = MemberTier.objects.create(company=bella, name="Gold")
    silver = MemberTier.objects.create(company=bella, name="Silver")
    kept = cast.guest(bella, member_tier_id=silver.pk)
    merged = cast.guest(bella, cast.ANN, member_tier_id=gold.pk)
    done = cast.merge(kept, merged, member_tier="merged")
    with pytest.raises(tiers.InUse):
        tiers.delete_tier(tier=gold, **by())
    tiers.delete_tier(tier=silver, **by())
    undo_merge(company=bella, merge=done, **by())
    kept.refresh_from_db()
    assert kept.member_tier_id is None

    kept.refresh_from_db()
    merged.refresh_from_db()
    done = cast.merge(kept, merged, member_tier="kept")
    tiers.delete_tier(tier=gold, **by())
    undo_merge(company=bella, merge=done, **by())
    merged.refresh_from_db()
    assert (merged.merged_into_id, merged.member_tier_id) == (None, None)


def test_a_tier_is_offered_open_restaurants_and_keeps_closed_ones(
    bella: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    gold = MemberTier.objects.create(company=bella, name="Gold", rank=1)
    soho = bella.restaurants.get(name="Bella Soho")
    gold.restaurants.set([soho])
    bella.restaurants.filter(pk=soho.pk).update(is_active=False)
    client = sign_in(manager)
    assert b"Bella Soho" not in client.get(page(bella, "guests:new_tier")).content
    assert b"Bella Soho" in client.get(page(bella, "guests:tier", gold.pk)).content
    sent = {"name": "Gold", "rank": "2", "priority_minutes": "0", "restaurants": [soho.pk]}
    client.post(page(bella, "guests:tier", gold.pk), sent)
    gold.refresh_from_db()
    assert (gold.rank, list(gold.restaurants.all())) == (2, [soho])


def test_a_tiers_name_is_given_once(bella: Company) -> None:
    MemberTier.objects.create(company=bella, name="Gold")
    values = {"name": "GOLD", "rank": 1, "is_vip": False, "priority_minutes": 0}
    with pytest.raises(tiers.NameTaken):
        tiers.save_tier(company=bella, tier=None, values=values, restaurants=[], **by())


# -- Column mappings ------------------------------------------------------------------------------


def test_a_mapping_is_renamed_and_deleted(
    bella: Company, manager: User, sign_in: Callable[[User], Client]
) -> None:
    till = ColumnMapping.objects.create(
        company=bella, name="Till", signature="x", mapping=["phone", None, "last_name"]
    )
    saved = timezone.now() - timedelta(days=3)
    ColumnMapping.objects.filter(pk=till.pk).update(updated_at=saved)
    ColumnMapping.objects.create(company=bella, name="Other", signature="y")
    client = sign_in(manager)
    assert "2 columns" in client.get(page(bella, "mappings:list")).content.decode()
    taken = client.post(page(bella, "mappings:edit", till.pk), {"name": "Other"})
    assert b"already" in taken.content
    client.post(page(bella, "mappings:edit", till.pk), {"name": "Old till"})
    till.refresh_from_db()
    assert (till.name, till.updated_at) == ("Old till", saved)
    client.post(page(bella, "mappings:delete", till.pk))
    assert list(ColumnMapping.objects.values_list("name", flat=True)) == ["Other"]
    assert actions(bella) == ["rename_mapping", "delete_mapping"]


# -- One's own account ----------------------------------------------------------------------------


def test_name_and_look_are_remembered(
    bella: Company, host: User, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(host)
    assert "data-theme" not in client.get("/account/").content.decode()
    client.post("/account/", {"name": " Hana Sato ", "theme": "dark"})
    host.refresh_from_db()
    assert (host.name, host.theme) == ("Hana Sato", "dark")
    assert 'data-theme="dark"' in client.get("/account/").content.decode()
    change = Change.objects.for_company(bella).get(action="change_account")
    assert change.values == {"name": ["Hana", "Hana Sato"]}
    client.post("/account/", {"name": "Hana Sato", "theme": ""})
    assert "data-theme" not in client.get("/account/").content.decode()


def test_a_telephone_is_read_in_the_company_s_country(
    bella: Company, host: User, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(host)
    client.post("/account/", {"name": "Hana", "phone": "07700 900 123"})
    host.refresh_from_db()
    assert host.phone == "+447700900123"
    assert 'value="+44 7700 900123"' in client.get("/account/").content.decode()
    change = Change.objects.for_company(bella).get(action="change_account")
    assert change.values == {"phone": ["", "+447700900123"]}
    refused = client.post("/account/", {"name": "Hana", "phone": "call me"})
    assert "“call me” is not a phone number: it has letters." in refused.content.decode()
    client.post("/account/", {"name": "Hana", "phone": ""})
    host.refresh_from_db()
    assert host.phone == ""


def test_with_companies_in_two_countries_a_telephone_needs_its_country(
    bella: Company, roma: Company, host: User, sign_in: Callable[[User], Client]
) -> None:
    Membership.objects.create(company=roma, user=host, role=Role.HOST)
    client = sign_in(host)
    refused = client.post("/account/", {"name": "Hana", "phone": "07700 900 123"})
    assert "Write it with “+” and the code of the country." in refused.content.decode()
    for typed in ("+44 7700 900123", "0044 7700 900123"):
        client.post("/account/", {"name": "Hana", "phone": ""})
        client.post("/account/", {"name": "Hana", "phone": typed})
        host.refresh_from_db()
        assert host.phone == "+447700900123"


def test_a_changed_password_signs_out_everywhere_else(
    bella: Company, host: User, sign_in: Callable[[User], Client]
) -> None:
    here, elsewhere = sign_in(host), sign_in(host)
    word = "trattoria-on-the-corner"
    new = {"new_password1": word, "new_password2": word}
    refused = here.post("/account/password/", {"password": "guess", **new})
    assert b"not your password" in refused.content
    assert here.post("/account/password/", {"password": PASSWORD, **new}).status_code == 302
    host.refresh_from_db()
    assert host.check_password(word)
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert "change_password" in actions(bella)
