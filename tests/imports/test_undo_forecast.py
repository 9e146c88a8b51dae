"""What is counted before an undo is what the undo does."""

import pytest
from django.utils import timezone

from guests.models import Card, Category, Guest, GuestCategory
from imports.services.runs import request_undo
from imports.services.undo_forecast import forecast
from tests.imports.web import imported, worked

pytestmark = pytest.mark.django_db

HEADER = "phone,name,email,number_1,categories\n"
PHONES = [f"+44207946000{number}" for number in range(6)]


@pytest.fixture
def job(bella, manager):
    """Three guests updated and three created, each with a card and a category."""
    Category.objects.create(company=bella, name="VIP")
    for phone in PHONES[:3]:
        Guest.objects.create(
            company=bella, phone=phone, first_name="Old", registered_at=timezone.now()
        )
    rows = [f"{phone},New,new{i}@example.com,C{i},VIP\n" for i, phone in enumerate(PHONES)]
    return imported(bella, manager, HEADER + "".join(rows))


def guest(number):
    return Guest.objects.get(phone=PHONES[number])


def test_an_import_nobody_touched_goes_as_a_whole(job):
    found = forecast(job)
    assert (found.removed, found.restored, found.guests) == (3, 3, 6)
    assert (found.fields, found.cards, found.categories) == (6, 3, 3)
    assert (found.kept, +found.reasons) == (0, {})
    assert undo_counts(job) == {"undone": 6}
    assert Guest.objects.filter(first_name="Old", email="").count() == 3
    assert not Card.objects.exists()
    assert not GuestCategory.objects.exists()


def test_what_was_touched_since_is_counted_as_it_will_be_left(job):
    Guest.objects.filter(pk=guest(0).pk).update(first_name="Newer", version=9)  # a field
    Guest.objects.filter(pk=guest(3).pk).update(version=2)  # a created guest
    Card.objects.filter(guest=guest(1)).delete()
    GuestCategory.objects.filter(guest=guest(2)).delete()
    found = forecast(job)
    assert (found.removed, found.restored) == (2, 3)
    assert (found.fields, found.cards, found.categories) == (5, 2, 2)
    assert found.kept == 2
    assert +found.reasons == {"field_changed": 1, "guest_changed": 1}
    assert undo_counts(job) == {"undone": 4, "in_part": 1, "kept": 1}


def test_counting_changes_nothing(job):
    before = list(Guest.objects.order_by("pk").values())
    forecast(job)
    assert list(Guest.objects.order_by("pk").values()) == before


def undo_counts(job):
    request_undo(job=job, actor=None, now=timezone.now())
    return worked(job).undo_counts
