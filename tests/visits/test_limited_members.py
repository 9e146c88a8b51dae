"""A member of some restaurants: all guests, but orders and takings only of these restaurants."""

import pytest
from django.urls import reverse

from core.models import Membership
from tests.visits.conftest import draft, record


@pytest.fixture
def visited(bella, anna):
    """Anna was in Soho once and in Camden twice."""
    record(
        bella,
        draft(bella, "S-1", anna, "20", place=0),
        draft(bella, "C-1", anna, "500", place=1),
        draft(bella, "C-2", anna, "700", place=1, days=1),
    )
    anna.refresh_from_db()
    return anna


@pytest.fixture
def soho_manager(bella, manager):
    soho = bella.restaurants.get(name="Bella Soho")
    Membership.objects.get(user=manager).restaurants.set([soho])
    return manager


def test_orders_are_those_of_the_own_restaurants(sign_in, soho_manager, owner, visited):
    url = reverse("visits:orders", args=["bella", visited.pk])
    page = sign_in(soho_manager).get(url).content.decode()
    assert "S-1" in page
    assert "C-1" not in page
    assert "Only orders of Bella Soho" in page
    assert "C-1" in (everything := sign_in(owner).get(url).content.decode())
    assert "Only orders of" not in everything


def test_the_record_counts_visits_of_the_own_restaurants_beside_the_whole(
    sign_in, soho_manager, visited
):
    page = sign_in(soho_manager).get(reverse("guests:record", args=["bella", visited.pk]))
    html = " ".join(page.content.decode().split())
    assert "only of Bella Soho" in html
    assert "Bella Camden" not in html


def test_takings_are_those_of_the_own_restaurants(sign_in, soho_manager, owner, visited):
    url = reverse("core:company", args=["bella"])
    own = sign_in(soho_manager).get(url).content.decode()
    assert "Only of Bella Soho" in own
    assert "Only of Bella Soho" not in sign_in(owner).get(url).content.decode()


def test_guests_are_narrowed_down_by_the_own_restaurants_only(
    bella, sign_in, soho_manager, owner, visited
):
    soho, camden = bella.restaurants.order_by("-name")
    url = reverse("guests:list", args=["bella"])
    page = sign_in(soho_manager).get(url, {"restaurant": soho.pk})
    assert [row.guest.pk for row in page.context["rows"]] == [visited.pk]
    assert "Bella Camden" not in page.content.decode()
    refused = sign_in(soho_manager).get(url, {"restaurant": camden.pk})
    assert refused.context["filter_form"].errors
    allowed = sign_in(owner).get(url, {"restaurant": camden.pk})
    assert [row.guest.pk for row in allowed.context["rows"]] == [visited.pk]


def test_every_guest_is_on_the_list_of_a_member_of_some_restaurants(
    sign_in, soho_manager, visited, boris
):
    page = sign_in(soho_manager).get(reverse("guests:list", args=["bella"]), {"sort": "name"})
    assert {row.guest.pk for row in page.context["rows"]} == {visited.pk, boris.pk}


def test_the_rule_stands_where_restaurants_are_chosen(sign_in, bella, owner, manager):
    member = Membership.objects.get(user=manager)
    page = sign_in(owner).get(reverse("core:settings_member", args=["bella", member.pk]))
    assert "Guests are the company’s" in page.content.decode()
