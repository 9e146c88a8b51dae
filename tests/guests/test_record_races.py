"""Two people at the same guest, or after the same telephone, in the very same moment."""

import datetime
import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.models import Change
from guests.models import Card, Category, Guest, GuestCategory
from guests.services.bulk import prepare_categories
from guests.services.bulk_changes import delete_category
from guests.services.records import (
    ChangedMeanwhile,
    Draft,
    Taken,
    create_guest,
    update_guest,
)
from imports.pipeline.decisions import Additions, Update
from imports.pipeline.prepare import prepare_people
from tests.guests.cast import ANN, ANNA, card, guest
from tests.torture.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)


def saving(anna, expected, **draft):
    """Return an act that saves the guest as somebody who has seen version `expected`."""
    return lambda: update_guest(
        company=anna.company,
        guest=anna,
        expected=expected,
        draft=Draft(**draft),
        actor=None,
        source="web",
        now=NOW,
    )


def creating(company, **draft):
    return lambda: create_guest(
        company=company, draft=Draft(**draft), actor=None, source="web", now=NOW
    )


@pytest.mark.parametrize("_round", range(5))
def test_of_two_saves_at_once_one_wins_and_the_other_is_told(bella, _round):
    anna = guest(bella, first_name="Anna")
    raised = at_once(
        saving(anna, 1, fields={"first_name": "Anya"}),
        saving(anna, 1, fields={"last_name": "Petrova"}),
    )
    (error,) = raised
    assert isinstance(error, ChangedMeanwhile)
    now = Guest.objects.get()
    assert (now.first_name, now.last_name) in {("Anya", ""), ("Anna", "Petrova")}
    assert now.version == error.guest.version == 2
    assert Change.objects.about(anna).count() == 1


def test_without_the_version_both_saves_would_go_through(bella):
    """The race itself: what the version keeps from happening unseen."""
    anna = guest(bella, first_name="Anna")
    raised = at_once(
        saving(anna, None, fields={"first_name": "Anya", "last_name": ""}),
        saving(anna, None, fields={"first_name": "Anna", "last_name": "Petrova"}),
    )
    assert raised == []
    now = Guest.objects.get()
    assert (now.first_name, now.last_name) in {("Anya", ""), ("Anna", "Petrova")}
    assert now.version == 3


@pytest.mark.parametrize("_round", range(3))
def test_two_who_create_a_guest_with_the_same_telephone_make_one(bella, _round):
    raised = at_once(
        creating(bella, fields={"phone": ANNA, "first_name": "Anna"}),
        creating(bella, fields={"phone": ANNA, "first_name": "Anya"}),
    )
    made = Guest.objects.get()
    (error,) = raised
    assert isinstance(error, Taken)
    assert [(c.field, c.value, c.guest.pk) for c in error.claims] == [("phone", ANNA, made.pk)]
    assert Change.objects.filter(action="create_guest").count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_two_guests_who_get_the_same_card_at_once(bella, _round):
    anna, ann = guest(bella), guest(bella, ANN)
    card(anna, "111")
    raised = at_once(
        saving(anna, 1, cards=[(None, "111"), (None, "222")]),
        saving(ann, 1, cards=[(None, "222")]),
    )
    (error,) = raised
    assert isinstance(error, Taken)
    has_it = Card.objects.get(number="222").guest
    assert [(c.field, c.value, c.guest) for c in error.claims] == [("number", "222", has_it)]
    # The one who came too late has lost nothing.
    assert Card.objects.filter(guest=anna, number="111").exists()


def test_who_is_put_into_no_category_waits_for_none(bella, django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(0):
        prepare_categories(bella.pk, []).write()
    vip = Category.objects.create(company=bella, name="VIP")
    anna, ann = guest(bella), guest(bella, ANN)
    places = prepare_categories(bella.pk, [(each.pk, vip.pk) for each in (anna, ann)])
    # One to hold the category, however many guests there are.
    with transaction.atomic(), CaptureQueriesContext(connection) as found:
        places.write()
    assert len([each for each in found if each["sql"].startswith("SELECT")]) == 1
    assert GuestCategory.objects.count() == 2


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("how", ["by a save", "by an import"])
def test_no_place_outlives_a_category_that_is_deleted_meanwhile(bella, is_first, how):
    """Whoever puts the guest into it and whoever deletes it wait for each other."""
    anna = guest(bella, first_name="Anna")
    vip = Category.objects.create(company=bella, name="VIP")
    put = saving(anna, 1, fields={"comment": "New"}, categories=[vip.pk])
    if how == "by an import":
        # As a chunk that was made ready while the one before it was written.
        values = {"phone": ANNA, "first_name": "Anna", "comment": "New"}
        into_it = Additions(cards=[], categories=[vip.pk], external_ids=[])
        update = Update(2, anna.pk, 1, {"comment": ("", "New")}, into_it, [], values)
        people = prepare_people(bella.pk, [update])

        def put():
            with transaction.atomic():
                people.write()

    def delete():
        delete_category(category=vip, actor=None, source="web", now=NOW)

    def in_a_thread():
        try:
            (delete if is_first else put)()
        finally:
            connection.close()

    other = threading.Thread(target=in_a_thread)
    with transaction.atomic():
        (put if is_first else delete)()
        other.start()
        # Long enough to get in between, if nothing keeps it from that; and longer than PostgreSQL
        # waits before it looks whether two wait for each other, so that the one here would lose.
        other.join(1.5)
    other.join()
    assert not Category.objects.exists()
    assert not GuestCategory.objects.exists()
    assert Guest.objects.get().comment == "New"
