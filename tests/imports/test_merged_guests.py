"""A file that still knows a merged guest: telephone, card and ids lead to the one who was kept."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from guests.models import Category, Guest
from guests.services.merging import undo_merge
from imports.reports.undo import forecast_figures
from imports.services.undo_forecast import forecast
from loyalty.models import Account, Program
from tests.guests.cast import card, external_id, guest, merge
from tests.imports.trips import (
    ANNA,
    JOHN,
    MAX,
    cards,
    categories,
    imported,
    notes,
    outcomes,
    undone,
)

pytestmark = pytest.mark.usefixtures("inline")


@pytest.fixture
def two(bella: Any) -> tuple[Guest, Guest]:
    """Anna, into whom John was merged; both have something by which a file knows them."""
    kept = guest(bella, ANNA, first_name="Anna", member_number="M-1", email="")
    merged = guest(bella, JOHN, first_name="Ann", member_number="M-2")
    card(merged, "C-2")
    external_id(merged, "till-2")
    merge(kept, merged, first_name="kept")
    kept.refresh_from_db()
    return kept, merged


def untouched(merged: Guest) -> bool:
    now = Guest.objects.get(pk=merged.pk)
    return (now.merged_into_id is not None, now.first_name, now.email) == (True, "Ann", "")


def test_the_telephone_adds_to_the_kept_guest_and_replaces_nothing(bella, two):
    kept, merged = two
    job = imported(
        bella, f"phone,name,email,number_1,deleted\n{JOHN},Other,new@example.com,C-3,yes\n"
    )
    assert outcomes(job) == {2: "updated"}
    assert notes(job) == {2: ["merged"]}
    kept.refresh_from_db()
    assert (kept.first_name, kept.email, kept.is_active) == ("Anna", "new@example.com", True)
    assert cards(bella, ANNA) == [(None, "C-2"), (None, "C-3")]
    assert untouched(merged)


def test_a_no_is_heard_by_the_old_telephone_too(bella, two):
    kept, _merged = two
    imported(bella, f"phone,receive_promo,consent\n{JOHN},no,no\n")
    kept.refresh_from_db()
    assert (kept.subscribed, kept.consent) == (False, "revoked")


def test_card_and_external_id_of_the_merged_guest_are_the_kept_ones(bella, two):
    kept, merged = two
    job = imported(bella, f"phone,name,number_1,external_id\n{ANNA},Anya,C-2,till-2\n")
    assert outcomes(job) == {2: "updated"}
    kept.refresh_from_db()
    assert kept.first_name == "Anya"
    # The old telephone with the old id is the same guest as well.
    again = imported(bella, f"phone,number_1,external_id\n{JOHN},C-2,till-2\n")
    assert outcomes(again) == {2: "unchanged"}
    assert untouched(merged)


def test_the_old_member_number_is_not_somebody_elses(bella, two):
    kept, _merged = two
    job = imported(bella, f"phone,member_number,comment\n{ANNA},M-2,x\n")
    assert outcomes(job) == {2: "updated"}
    kept.refresh_from_db()
    assert (kept.member_number, kept.comment) == ("M-1", "x")
    other = imported(bella, f"phone,member_number\n{MAX},M-2\n")
    assert outcomes(other) == {2: "failed"}


def test_both_telephones_in_one_file_are_one_guest(bella, two):
    kept, merged = two
    Category.objects.create(company=bella, name="VIP")
    text = f"phone,name,email,comment,categories\n{JOHN},Jo,j@example.com,,VIP\n"
    text += f"{ANNA},Anya,,window,VIP\n"
    job = imported(bella, text)
    assert outcomes(job) == {2: "updated", 3: "updated"}
    version = kept.version
    kept.refresh_from_db()
    assert (kept.first_name, kept.email, kept.comment) == ("Anya", "j@example.com", "window")
    assert kept.version == version + 1
    assert categories(bella, ANNA) == {"VIP"}
    assert untouched(merged)

    undone(job)
    kept.refresh_from_db()
    assert (kept.first_name, kept.email, kept.comment) == ("Anna", "", "")
    job.refresh_from_db()
    assert job.undo_counts == {"undone": 2}


def test_a_telephone_leads_through_several_merges(bella, two):
    kept, _merged = two
    last = guest(bella, MAX, first_name="Max")
    merge(last, kept)
    job = imported(bella, f"phone,email\n{JOHN},a@example.com\n{ANNA},b@example.com\n")
    assert outcomes(job) == {2: "updated", 3: "unchanged"}
    last.refresh_from_db()
    assert last.email == "a@example.com"


def test_rows_of_whom_nobody_was_merged_ask_no_more_than_before(
    bella, two, django_assert_max_num_queries
):
    from imports.pipeline.match import match
    from imports.pipeline.met import KEY_FIELDS
    from imports.pipeline.rows import CleanRow

    rows = [CleanRow(2, [], {"phone": MAX}, [])]
    with django_assert_max_num_queries(2):
        match(bella, rows, fields=KEY_FIELDS, categories=False)


def test_an_undo_leaves_who_was_merged_since_as_the_way_to_the_kept_guest(bella):
    kept = guest(bella, ANNA, first_name="Anna")
    merged = guest(bella, JOHN, first_name="Ann")
    job = imported(bella, f"phone,name,deleted\n{JOHN},Anka,yes\n{ANNA},Anja,no\n")
    kept.refresh_from_db()
    merged.refresh_from_db()
    done = merge(kept, merged, first_name="kept")
    found = forecast(job)
    assert (found.kept, found.reasons["guest_merged"]) == (1, 1)
    undone(job)
    job.refresh_from_db()
    assert job.undo_counts == {"kept": 1, "undone": 1}
    kept.refresh_from_db()
    merged.refresh_from_db()
    assert (kept.first_name, merged.first_name) == ("Anna", "Anka")
    assert (merged.is_active, merged.version) == (False, done.merged_version)


def test_a_credit_that_a_merge_moved_goes_back_if_the_merge_is_undone_first(bella):
    Program.objects.create(
        company=bella, name="Points", code="points", currency="GBP", is_default=True
    )
    kept = guest(bella, ANNA, first_name="Anna")
    job = imported(bella, f"phone,name,credit_amount,credit_currency\n{JOHN},Ann,50,GBP\n")
    done = merge(kept, Guest.objects.get(phone=JOHN))
    found = forecast(job)
    assert (found.removed, +found.reasons) == (0, {"guest_merged": 1, "credit_would_stay": 1})
    shown = [each["reason"] for each in forecast_figures(job, found)["reasons"]]
    assert any("undo the merge before the import" in each for each in shown)
    with transaction.atomic():
        undone(job)
        row = job.rows.get()
        codes = [code for code, *_rest in row.undo_notes]
        assert (row.undo, codes) == (row.Undo.KEPT, ["guest_merged", "credit_moved"])
        assert Account.objects.get(guest=kept).balance == 50
        transaction.set_rollback(True)
    undo_merge(company=bella, merge=done, actor=None, source="web", now=timezone.now())
    assert +forecast(job).reasons == {"guest_changed": 1}
    undone(job)
    assert not Account.objects.exclude(balance=0).exists()
