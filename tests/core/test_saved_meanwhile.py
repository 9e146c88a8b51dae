"""Two people save the same settings: the second is told what the first changed."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.models import Change, Company, Membership, Restaurant, Role, User
from core.services import restaurants, settings as services, staff
from core.services.changes import ChangedMeanwhile, state_of
from guests.models import Category, MemberTier
from imports.models import ColumnMapping
from loyalty.models import Program, Terms
from tests.guests.records import text_of, typed as typed_in

typed = partial(typed_in, begins='prose"')


@pytest.fixture
def second(bella: Company) -> User:
    """Another owner."""
    user = User.objects.create(email="otto@bella.example", name="Otto")
    Membership.objects.create(company=bella, user=user, role=Role.OWNER)
    return user


def page(company: Company, name: str, *args: Any) -> str:
    return reverse(name, args=[company.slug, *args])


def by(actor: User | None = None) -> dict[str, Any]:
    return {"actor": actor, "source": "web", "now": timezone.now()}


def profile(company: Company) -> str:
    return page(company, "core:settings_profile")


def a_restaurant(company: Company) -> str:
    return page(company, "core:settings_restaurant", company.restaurants.get(name="Bella Soho").pk)


def a_category(company: Company) -> str:
    made = Category.objects.create(company=company, name="Wine")
    return page(company, "guests:category", made.pk)


def a_tier(company: Company) -> str:
    made = MemberTier.objects.create(company=company, name="Gold")
    return page(company, "guests:tier", made.pk)


def a_program(company: Company) -> str:
    made = Program.objects.create(
        company=company, name="Bonus", code="bonus", currency="GBP", adjustment_limit=Decimal(5)
    )
    return page(company, "loyalty:change_program", made.pk)


def a_mapping(company: Company) -> str:
    made = ColumnMapping.objects.create(company=company, name="Till", signature="x")
    return page(company, "mappings:edit", made.pk)


def rules(company: Company) -> str:
    return page(company, "loyalty:terms")


@pytest.mark.parametrize(
    ("address", "first", "mine", "told"),
    [
        (profile, {"name": "Bella & Co"}, {"name": "La Bella"}, "Name Bella Bella & Co La Bella"),
        (a_restaurant, {"name": "Soho"}, {"name": "Mayfair"}, "Name Bella Soho Soho Mayfair"),
        (a_category, {"colour": "red"}, {"name": "Wines"}, "Colour Grey Red not touched"),
        (a_tier, {"rank": "2"}, {"rank": "3"}, "Rank 0 2 3"),
        (a_program, {"code": "b"}, {"code": "c"}, "Code bonus b c"),
        (a_mapping, {"name": "Old till"}, {"name": "New till"}, "Name Till Old till New till"),
        (rules, {"grace_days": "10"}, {"grace_days": "20"}, "Days of grace 30 10 20"),
    ],
)
def test_the_second_is_told_what_the_first_changed_and_keeps_what_was_typed(
    bella: Company,
    owner: User,
    second: User,
    sign_in: Callable[[User], Client],
    address: Callable[[Company], str],
    first: dict[str, str],
    mine: dict[str, str],
    told: str,
) -> None:
    url, theirs = address(bella), sign_in(second)
    opened = theirs.get(url)
    client = sign_in(owner)
    assert client.post(url, typed(client.get(url), **first)).status_code == 302
    written = Change.objects.count()

    answer = theirs.post(url, typed(opened, **mine))
    said = text_of(answer)
    assert "meanwhile" in said
    assert f"{told} Olivia ," in said
    assert Change.objects.count() == written
    assert "Changed meanwhile:" in said

    # What was typed stands, what was not touched is as the first saved it; and it can be saved.
    form = typed(answer)
    assert {name: form[name] for name in mine} == {name: [text] for name, text in mine.items()}
    untouched = first.keys() - mine.keys()
    assert all(form[name] == [first[name]] for name in untouched)
    assert theirs.post(url, form).status_code == 302
    assert Change.objects.count() == written + 1
    assert Change.objects.order_by("-pk")[0].actor == second


def test_two_owners_who_change_a_member(
    bella: Company,
    owner: User,
    second: User,
    operator: User,
    sign_in: Callable[[User], Client],
) -> None:
    oscar = Membership.objects.get(user=operator)
    url, theirs = page(bella, "core:settings_member", oscar.pk), sign_in(second)
    opened = theirs.get(url)
    staff.change_member(
        membership=oscar,
        role=Role.HOST,
        restaurants=list(Restaurant.objects.filter(name="Bella Soho")),
        phone="+442079460958",
        is_active=True,
        **by(owner),
    )
    answer = theirs.post(url, typed(opened, role="manager"))
    said = text_of(answer)
    assert "Role Operator Host Manager Olivia" in said
    assert "Only these restaurants – Bella Soho not touched Olivia" in said
    assert "Telephone – +44 20 7946 0958 not touched Olivia" in said
    form = typed(answer)
    assert (form["role"], form["phone"]) == (["manager"], ["+44 20 7946 0958"])
    theirs.post(url, form)
    oscar.refresh_from_db()
    assert (oscar.role, oscar.phone, oscar.restaurants.count()) == ("manager", "+442079460958", 1)


def test_what_is_demanded_of_all_is_not_taken_back_unseen(bella: Company, second: User) -> None:
    Company.objects.filter(pk=bella.pk).update(requires_second_factor=True)
    seen = {"requires_second_factor": False, "name": "Bella"}
    with pytest.raises(ChangedMeanwhile):
        services.demand_second_factor(company=bella, demanded=False, expected=seen, **by(second))


def test_a_form_that_is_sent_twice_is_saved_once_and_answered_alike(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    client, url = sign_in(owner), profile(bella)
    form = typed(client.get(url), name="La Bella")
    assert [client.post(url, form).status_code for _twice in range(2)] == [302, 302]
    assert Change.objects.for_company(bella).filter(action="change_company").count() == 1


def test_whoever_saved_it_in_another_window_is_told_so_and_not_of_somebody_else(
    bella: Company, owner: User, second: User, sign_in: Callable[[User], Client]
) -> None:
    client, url = sign_in(owner), a_restaurant(bella)
    opened = client.get(url)
    client.post(url, typed(client.get(url), name="Soho"))
    said = text_of(client.post(url, typed(opened, name="Mayfair")))
    assert "You saved this in another window meanwhile" in said
    assert "Somebody else" not in said
    assert "Name Bella Soho Soho Mayfair Olivia ," in said

    # One field of another's making, and it is not one's own any more.
    soho = bella.restaurants.get(name="Soho")
    restaurants.change_restaurant(restaurant=soho, name="Soho", is_active=False, **by(second))
    said = text_of(client.post(url, typed(opened, name="Mayfair")))
    assert "Somebody else saved these settings meanwhile" in said
    assert "in another window" not in said


def test_a_form_with_errors_still_knows_what_was_seen(
    bella: Company, owner: User, second: User, sign_in: Callable[[User], Client]
) -> None:
    client, url = sign_in(owner), a_restaurant(bella)
    wrong = client.post(url, typed(client.get(url), name=""))
    soho = bella.restaurants.get(name="Bella Soho")
    restaurants.change_restaurant(restaurant=soho, name="Soho", is_active=False, **by(second))
    said = text_of(client.post(url, typed(wrong, name="Mayfair")))
    assert "Name Bella Soho Soho Mayfair Otto" in said
    assert "Active Yes No not touched Otto" in said


def test_a_form_from_before_an_update_is_saved_as_it_is(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    client, url = sign_in(owner), a_restaurant(bella)
    form = typed(client.get(url), name="Soho", seen="forged")
    assert client.post(url, form).status_code == 302
    assert bella.restaurants.filter(name="Soho").exists()


@pytest.mark.parametrize("other", [a_tier, profile])
def test_what_was_seen_of_another_row_says_nothing_of_this_one(
    bella: Company,
    owner: User,
    sign_in: Callable[[User], Client],
    other: Callable[[Company], str],
) -> None:
    client, url = sign_in(owner), a_category(bella)
    seen = typed(client.get(other(bella)))["seen"]
    assert client.post(url, typed(client.get(url), name="Wines", seen=seen)).status_code == 302
    assert Category.objects.get().name == "Wines"


def test_amounts_and_rows_are_compared_as_what_they_are(bella: Company) -> None:
    Terms.objects.create(company=bella, adjustment_limit=Decimal("5.00"))
    terms = Terms.objects.get()
    assert state_of(terms, ["grace_days", "adjustment_limit"]) == {
        "grace_days": 30,
        "adjustment_limit": "5",
    }


def test_whoever_changed_for_which_categories_a_program_is_is_named(
    bella: Company, owner: User, second: User, sign_in: Callable[[User], Client]
) -> None:
    wine = Category.objects.create(company=bella, name="Wine")
    Category.objects.create(company=bella, name="Lunch")
    url, theirs = a_program(bella), sign_in(second)
    opened = theirs.get(url)
    client = sign_in(owner)
    client.post(url, typed(client.get(url), audience="categories", categories=[str(wine.pk)]))
    said = text_of(theirs.post(url, typed(opened, code="b")))
    assert "Categories – Wine not touched Olivia" in said
    told = text_of(client.get(page(bella, "core:activity")))
    assert "Categories Wine" in told
