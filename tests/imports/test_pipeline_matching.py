"""Whose row it is: phones, external ids, cards, categories, and lines that meet in one file."""

import pytest

from core.models import Change
from guests.models import Card, Category, ExternalId, Guest
from imports.services import importing
from tests.imports.trips import (
    ANNA,
    JOHN,
    MAX,
    cards,
    categories,
    external_ids,
    guest,
    imported,
    notes,
    outcomes,
    reasons,
    sentences,
)

pytestmark = pytest.mark.usefixtures("inline")


def bring(company, *lines, **options):
    return imported(company, "\n".join(lines), **options)


def give(owner, *, track=None, number=None, external_id=None):
    if track or number:
        Card.objects.create(company=owner.company, guest=owner, track=track, number=number)
    if external_id:
        ExternalId.objects.create(company=owner.company, guest=owner, value=external_id)
    return owner


# -- The wall -----------------------------------------------------------------------------------


def test_guests_of_the_company_next_door_are_never_met(bella, roma):
    other = give(guest(roma, ANNA, first_name="Enza"), track="t1", number="n1", external_id="x1")
    job = bring(bella, "phone,external_id,track_1,number_1,name", f"{ANNA},x1,t1,n1,Anna")
    assert outcomes(job) == {2: "created"}
    other.refresh_from_db()
    assert (other.first_name, other.version) == ("Enza", 1)
    assert cards(bella, ANNA) == [("t1", "n1")]


# -- External ids -------------------------------------------------------------------------------


def test_the_external_id_finds_the_guest_before_the_phone_does(bella):
    known = give(guest(bella), external_id="x1")
    job = bring(bella, "phone,external_id,name", f"{ANNA},x1,Anna")
    assert outcomes(job) == {2: "updated"}
    known.refresh_from_db()
    assert known.first_name == "Anna"


def test_without_that_column_the_phone_finds_the_guest(bella):
    give(guest(bella), external_id="x1")
    assert outcomes(bring(bella, "phone,name", f"{ANNA},Anna")) == {2: "updated"}


def test_a_new_external_id_is_added_to_the_guest_the_phone_finds(bella):
    give(guest(bella), external_id="x1")
    job = bring(bella, "phone,external_id,external_id_2", f"{ANNA},x2,x3", f"{JOHN},x4,")
    assert outcomes(job) == {2: "updated", 3: "created"}
    assert external_ids(bella, ANNA) == {"x1", "x2", "x3"}
    assert external_ids(bella, JOHN) == {"x4"}


def test_keys_that_lead_to_two_guests_are_an_error_never_a_merge(bella):
    give(guest(bella, ANNA, first_name="Anna"), external_id="x1")
    guest(bella, JOHN, first_name="John")
    job = bring(bella, "phone,external_id,name", f"{JOHN},x1,Max")
    assert reasons(job) == {2: [("two_guests", "external_id")]}
    assert set(Guest.objects.values_list("first_name", flat=True)) == {"Anna", "John"}


def test_a_known_external_id_with_a_new_phone_is_an_error(bella):
    give(guest(bella, ANNA), external_id="x1")
    job = bring(bella, "phone,external_id", f"{JOHN},x1")
    assert reasons(job) == {2: [("phone_of_id_differs", "phone")]}
    known = f"The guest with this external id has the telephone {ANNA}."
    assert sentences(job) == [f"{known} An import never changes a telephone."]
    assert list(Guest.objects.values_list("phone", flat=True)) == [ANNA]


def test_a_second_external_id_of_another_guest_is_an_error(bella):
    give(guest(bella, ANNA), external_id="x1")
    give(guest(bella, JOHN), external_id="x2")
    job = bring(bella, "phone,external_id,external_id_2", f"{ANNA},x1,x2")
    assert [code for code, _column in reasons(job)[2]] == ["external_id_taken"]


def test_an_external_id_has_45_characters(bella):
    job = bring(bella, "phone,external_id", f"{ANNA},{'x' * 45}", f"{JOHN},{'y' * 46}")
    assert outcomes(job) == {2: "created", 3: "failed"}


# -- Phones -------------------------------------------------------------------------------------


def test_however_a_phone_is_written_it_is_the_same_guest(bella):
    guest(bella)
    for written in ("020 7946 0958", "+44 (20) 7946-0958", "00442079460958", "442079460958.0"):
        job = bring(bella, "phone,comment", f"{written},{written}")
        assert outcomes(job) == {2: "updated"}, written
    assert Guest.objects.count() == 1


def test_numbers_without_a_country_are_the_companys_or_the_regions_that_was_chosen(bella, roma):
    bring(bella, "phone", "020 7946 0958")
    bring(roma, "phone", "06 6982 1234")
    bring(bella, "phone", "06 6982 1235", region="IT")
    bring(bella, "phone", "370 612 34567")
    assert set(Guest.objects.values_list("company__slug", "phone")) == {
        ("bella", ANNA),
        ("roma", "+390669821234"),
        ("bella", "+390669821235"),
        ("bella", "+37061234567"),
    }


def test_the_company_may_ask_for_valid_or_mobile_numbers(bella):
    lines = ("phone", "+442079460958", "+447400123456", "+44202128506")
    for check, accepted in (("mobile", 1), ("valid", 1), ("possible", 1)):
        bella.phone_check = check
        bella.save()
        before = Guest.objects.count()
        bring(bella, *lines)
        assert Guest.objects.count() == before + accepted, check


def test_digits_that_a_spreadsheet_lost_are_an_error_that_says_so(bella):
    job = bring(bella, "phone,number_1", "4.42E+11,1", "+442079460958,1.23457E+15")
    assert [[code for code, _c in found] for found in reasons(job).values()] == [
        ["lost_digits"],
        ["lost_digits"],
    ]


# -- Cards --------------------------------------------------------------------------------------


def test_a_free_card_is_added_and_ones_own_is_fine(bella):
    give(guest(bella), track="t1", number="n1")
    header = "phone,track_1,number_1,track_2,number_2"
    job = bring(bella, header, f"{ANNA},t1,n1,t2,n2", f"{JOHN},,n3,t4,")
    assert outcomes(job) == {2: "updated", 3: "created"}
    assert cards(bella, ANNA) == [("t1", "n1"), ("t2", "n2")]
    assert cards(bella, JOHN) == [(None, "n3"), ("t4", None)]
    job = bring(bella, header, f"{ANNA},t1,n1,t2,n2", f"{JOHN},,n3,t4,")
    assert outcomes(job) == {2: "unchanged", 3: "unchanged"}


def test_a_card_that_lacks_its_number_or_its_track_is_completed(bella):
    give(guest(bella, ANNA), track="t1")
    give(guest(bella, JOHN), number="n2")
    lines = ("phone,track_1,number_1", f"{ANNA},t1,n1", f"{JOHN},t2,n2")
    assert bring(bella, *lines).counts == {"updated": 2}
    assert cards(bella, ANNA) == [("t1", "n1")]
    assert cards(bella, JOHN) == [("t2", "n2")]
    assert bring(bella, *lines).counts == {"unchanged": 2}


def test_a_whole_card_keeps_its_number_and_the_new_one_is_a_card_of_its_own(bella):
    give(guest(bella, ANNA), track="t1", number="n1")
    bring(bella, "phone,track_1,number_1", f"{ANNA},t1,n2")
    assert cards(bella, ANNA) == [("t1", "n1"), (None, "n2")]


def test_two_halves_that_are_cards_of_one_guest_stay_two(bella):
    give(give(guest(bella, ANNA), track="t1"), number="n1")
    job = bring(bella, "phone,track_1,number_1", f"{ANNA},t1,n1")
    assert (job.counts, cards(bella, ANNA)) == ({"unchanged": 1}, [("t1", None), (None, "n1")])


def test_another_guests_half_card_is_an_error_and_completes_nothing(bella):
    give(guest(bella, ANNA), track="t1")
    give(guest(bella, JOHN), number="n2")
    number, track = [("number_taken", "number_1")], [("track_taken", "track_1")]
    for line, wrong in ((f"{ANNA},t1,n2", number), (f"{MAX},t1,n3", track)):
        assert reasons(bring(bella, "phone,track_1,number_1", line)) == {2: wrong}
    assert (cards(bella, ANNA), cards(bella, JOHN)) == ([("t1", None)], [(None, "n2")])


def test_a_card_that_was_completed_meanwhile_is_matched_again(bella, monkeypatch):
    """The guest is saved with another number between the look and the writing."""
    owner = give(guest(bella, ANNA), track="t1")
    land, planned = importing._land, []

    def someone_first(attempt, trip, chunk, *, strict):
        planned.extend(chunk.decisions[0].additions.completed)
        Card.objects.update(number="n9")
        Guest.objects.filter(pk=owner.pk).update(version=2)
        land(attempt, trip, chunk, strict=strict)

    monkeypatch.setattr(importing, "_land", someone_first)
    job = bring(bella, "phone,track_1,number_1", f"{ANNA},t1,n1")
    assert ([each.value for each in planned], job.counts) == (["n1"], {"updated": 1})
    assert cards(bella, ANNA) == [("t1", "n9"), (None, "n1")]


def test_blank_never_takes_a_card_away(bella):
    give(guest(bella), number="n1")
    assert outcomes(bring(bella, "phone,number_1", f"{ANNA},")) == {2: "unchanged"}
    assert cards(bella, ANNA) == [(None, "n1")]


def test_another_guests_card_is_an_error_that_names_its_column(bella):
    give(guest(bella, ANNA), track="t1", number="n1")
    header = "phone,track_1,number_1,track_2,number_2"
    job = bring(bella, header, f"{JOHN},,,t1,", f"{MAX},,n2,,n1")
    assert reasons(job) == {2: [("track_taken", "track_2")], 3: [("number_taken", "number_2")]}
    assert cards(bella, JOHN) == []
    assert not Guest.objects.filter(phone__in=[JOHN, MAX]).exists()


def test_the_same_new_card_on_two_lines_is_an_error_on_the_later(bella):
    header = "phone,number_1,track_2,number_3"
    job = bring(bella, header, f"{ANNA},n1,t2,", f"{JOHN},,t2,n1", f"{MAX},n3,,")
    assert outcomes(job) == {2: "created", 3: "failed", 4: "created"}
    assert reasons(job) == {3: [("track_again", "track_2"), ("number_again", "number_3")]}
    assert sentences(job) == [
        "The track “t2” stands in line 2 already.",
        "The card “n1” stands in line 2 already.",
    ]


def test_a_number_may_be_what_another_card_has_as_its_track(bella):
    job = bring(bella, "phone,track_1,number_1", f"{ANNA},7,8", f"{JOHN},8,7")
    assert outcomes(job) == {2: "created", 3: "created"}


# -- The same guest twice in a file -------------------------------------------------------------


def test_an_identical_line_is_skipped_and_any_other_is_an_error_that_names_the_first(bella):
    job = bring(bella, "phone,name", f"{ANNA},Anna", f"{ANNA},Anna", "020 7946 0958,Hanna")
    assert outcomes(job) == {2: "created", 3: "skipped", 4: "failed"}
    assert notes(job) == {3: ["same_as_line"]}
    assert sentences(job) == ["The telephone stands in line 2 already, with other values."]
    assert job.state == "done_with_errors"


def test_identical_lines_alone_are_no_error_of_a_strict_import(bella):
    lines = ("phone,name,number_1", f"{ANNA},Anna,1", f"{ANNA},Anna,1")
    job = bring(bella, *lines, partial=False)
    assert (job.state, outcomes(job)) == ("done", {2: "created", 3: "skipped"})


def test_empty_cells_beyond_the_table_do_not_make_a_line_another(bella):
    job = bring(bella, "phone,name", f"{ANNA},Anna", f"{ANNA},Anna,,", f"{JOHN},John,")
    assert outcomes(job) == {2: "created", 3: "skipped", 4: "created"}


def test_external_id_and_member_number_stand_in_a_file_once(bella):
    header = "phone,external_id,member_number"
    job = bring(bella, header, f"{ANNA},x1,m1", f"{JOHN},x1,m2", f"{MAX},x2,m1")
    assert reasons(job) == {
        3: [("external_id_again", "external_id")],
        4: [("member_number_again", "member_number")],
    }


def test_another_guests_member_number_is_an_error(bella):
    guest(bella, ANNA, member_number="m1")
    job = bring(bella, "phone,member_number", f"{JOHN},m1", f"{ANNA},m1")
    assert outcomes(job) == {2: "failed", 3: "failed"}
    assert reasons(job)[2] == [("member_number_taken", "member_number")]


def test_a_line_with_errors_does_not_take_the_phone_from_a_later_one(bella):
    job = bring(bella, "phone,email", f"{ANNA},nobody", f"{ANNA},anna@example.com")
    assert outcomes(job) == {2: "failed", 3: "created"}


def test_a_row_is_imported_whole_or_not_at_all(bella):
    give(guest(bella, JOHN), number="n1")
    Category.objects.create(company=bella, name="VIP")
    header = "phone,name,number_1,number_2,categories,external_id"
    job = bring(bella, header, f"{ANNA},Anna,n2,n1,VIP,x1")
    assert outcomes(job) == {2: "failed"}
    assert not Guest.objects.filter(phone=ANNA).exists()
    assert (Card.objects.count(), ExternalId.objects.count()) == (1, 0)


def test_every_reason_of_a_row_is_given_those_of_the_database_too(bella):
    give(guest(bella, JOHN), track="t1", number="n1")
    guest(bella, MAX, member_number="m1")
    header = "phone,track_1,number_1,member_number,member_tier,categories"
    job = bring(bella, header, f"{ANNA},t1,n1,m1,Gold,VIP")
    assert {code for code, _column in reasons(job)[2]} == {
        "track_taken",
        "number_taken",
        "member_number_taken",
        "tier_unknown",
        "category_unknown",
    }


# -- Categories ---------------------------------------------------------------------------------


@pytest.fixture
def vip(bella):
    return Category.objects.create(company=bella, name="VIP")


def test_default_categories_are_chosen_unless_somebody_says_otherwise(bella, vip):
    Category.objects.create(company=bella, name="Guests", is_default=True)
    guest(bella, JOHN)
    bring(bella, "phone", ANNA, JOHN)
    assert categories(bella, ANNA) == categories(bella, JOHN) == {"Guests"}
    bring(bella, "phone", MAX, categories=[vip.pk])
    assert categories(bella, MAX) == {"VIP"}


def test_a_column_adds_to_the_chosen_ones_and_takes_none_away(bella, vip):
    for name in ("Lunch club", "Friends, old and new"):
        Category.objects.create(company=bella, name=name)
    header = "phone;categories"
    chosen = {"categories": [vip.pk]}
    bring(bella, header, f'{ANNA};"lunch CLUB, ""Friends, old and new"""', f"{JOHN};", **chosen)
    assert categories(bella, ANNA) == {"VIP", "Lunch club", "Friends, old and new"}
    assert categories(bella, JOHN) == {"VIP"}
    job = bring(bella, header, f"{ANNA};VIP", f"{JOHN};VIP")
    assert outcomes(job) == {2: "unchanged", 3: "unchanged"}
    assert categories(bella, ANNA) == {"VIP", "Lunch club", "Friends, old and new"}


def test_an_unknown_category_is_an_error_unless_it_may_be_created(bella, roma, vip):
    Category.objects.create(company=roma, name="Amici")
    lines = ("phone,categories", f"{ANNA},Amici; vip", f"{JOHN},AMICI", f"{MAX},")
    job = bring(bella, *lines)
    assert reasons(job) == {
        2: [("category_unknown", "categories")],
        3: [("category_unknown", "categories")],
    }
    job = bring(bella, *lines, create_categories=True)
    assert outcomes(job) == {2: "created", 3: "created", 4: "unchanged"}
    (name,) = Category.objects.filter(company=bella).exclude(pk=vip.pk).values_list("name")
    assert categories(bella, ANNA) == {"VIP", *name}
    assert categories(bella, JOHN) == {*name}
    assert Change.objects.filter(company=bella, action="create_category").count() == 1
    assert outcomes(bring(bella, *lines, create_categories=True)) == dict.fromkeys(
        (2, 3, 4), "unchanged"
    )


def test_a_category_that_was_chosen_and_deleted_since_is_left_out(bella, roma, vip):
    foreign = Category.objects.create(company=roma, name="Amici")
    bring(bella, "phone", ANNA, categories=[vip.pk, foreign.pk, 10**9])
    assert categories(bella, ANNA) == {"VIP"}
