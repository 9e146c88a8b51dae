"""Which guests an address means: filters, ticked rows, everybody, nobody."""

from datetime import date

import pytest
from django.utils import timezone

from guests.models import Category, Guest, GuestCategory
from guests.services.bulk import create_guests
from guests.web.selection import Selection

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


def selection(company, address):
    return Selection(address, company=company, today=TODAY, seen_by=None)


@pytest.fixture
def guests(bella, roma):
    """Three guests of Bella, of whom Max is deleted, and one of Roma: their ids by first name."""
    made = {}
    for company, name, active in (
        (bella, "Anna", True), (bella, "Ben", True), (bella, "Max", False), (roma, "Rita", True),
    ):  # fmt: skip
        (made[name],) = create_guests(
            company.pk,
            [
                {
                    "phone": f"+4420794600{len(made):02}",
                    "first_name": name,
                    "is_active": active,
                    "registered_at": timezone.now(),
                }
            ],
        )
    return made


def names(found):
    return sorted(found.guests.values_list("first_name", flat=True))


def test_without_a_filter_everybody_active_is_meant(bella, guests):
    found = selection(bella, "")
    assert names(found) == ["Anna", "Ben"]
    assert (found.is_everyone, found.is_ticked, found.words, found.query) == (True, False, [], "")


def test_deleted_ones_are_meant_where_the_list_shows_them(bella, guests):
    found = selection(bella, "inactive=on")
    assert names(found) == ["Anna", "Ben", "Max"]
    assert found.is_everyone
    assert found.words == ["Deleted guests too"]


def test_a_filter_narrows_and_is_said_in_words(bella, guests):
    found = selection(bella, "q=anna&sort=name&after=xyz&size=50&email=&category=")
    assert names(found) == ["Anna"]
    assert not found.is_everyone
    assert found.words == ["Search: “anna”"]
    assert found.query == "q=anna"


def test_a_filter_that_cannot_be_read_means_nobody(bella, guests):
    found = selection(bella, "age_from=old")
    assert (found.is_valid, found.is_everyone, names(found)) == (False, False, [])


def test_ticked_rows_count_alone_and_only_the_companys(bella, guests):
    ticked = [guests[name] for name in ("Max", "Anna", "Rita")]
    found = selection(bella, f"q=ben&guest={ticked[0]}&guest={ticked[1]}&guest={ticked[2]}")
    assert names(found) == ["Anna", "Max"]
    assert found.ids == ticked
    assert not found.is_everyone
    assert found.query == f"guest={ticked[0]}&guest={ticked[1]}&guest={ticked[2]}"
    assert selection(bella, found.query).ids == ticked


@pytest.mark.parametrize("value", ["", "x", "-1", "²", "9" * 30, "9223372036854775808"])
def test_a_tick_that_is_no_guest_means_nobody_and_not_everybody(bella, guests, value):
    found = selection(bella, f"guest={value}")
    assert names(found) == []
    assert not found.is_everyone
    assert names(selection(bella, found.query)) == []


def test_merged_guests_are_never_meant(bella, guests):
    Guest.objects.filter(pk=guests["Max"]).update(merged_into=guests["Anna"])
    assert names(selection(bella, "inactive=on")) == ["Anna", "Ben"]
    assert names(selection(bella, f"guest={guests['Max']}")) == []


def test_a_category_of_another_company_cannot_be_read(bella, roma, guests):
    category = Category.objects.create(company=roma, name="VIP")
    GuestCategory.objects.create(company=roma, guest_id=guests["Rita"], category=category)
    assert names(selection(bella, f"category={category.pk}")) == []
