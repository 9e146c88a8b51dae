"""Undo: what an import did is taken back, as far as nobody has touched it since."""

from collections import Counter
from datetime import date

import pytest
from django.utils import timezone

from guests.models import Card, Category, ExternalId, Guest, GuestCategory
from guests.services.bulk import update_guests
from imports.models import ImportRow
from imports.reports.undo import report
from imports.services import runs, undoing, uploads
from imports.services.undo_forecast import forecast
from tests.imports.trips import (
    ANNA,
    JOHN,
    MAX,
    cards,
    categories,
    everything,
    external_ids,
    guest,
    imported,
    undone,
)

pytestmark = pytest.mark.usefixtures("inline")

HEADER = "phone,name,birthday,number_1,external_id,categories,receive_promo,deleted,consent"
FILE = "\n".join(
    [
        HEADER,
        f"{ANNA},Hanna,1956-05-21,n1,x1,VIP,no,yes,revoked",
        f"{JOHN},John,,n2,x2,VIP,,,",
        f"{MAX},Max,,,,,,,",
        "12,Nobody,,,,,,,",
    ]
)


def touched(pk, **values):
    """Change a guest as the house does: through a service, which counts the version up."""
    one = Guest.objects.get(pk=pk)
    kept = {name: getattr(one, name) for name in ("phone", "last_name", "email", "middle_name")}
    update_guests([(pk, one.version, {**kept, "first_name": one.first_name, **values})])


def undo_of(job):
    rows = ImportRow.objects.filter(job_id=job.pk, undo__isnull=False).in_file_order()
    return {
        row.line: (
            ImportRow.Undo(row.undo).name,
            sorted(tuple(note[:2]) for note in row.undo_notes or ()),
        )
        for row in rows
    }


def reasons_shown(job):
    """Return what the page of the undo says of the lines that were not undone whole."""
    rows = list(job.rows.not_undone().in_file_order())
    return {row["line"]: row["reasons"] for row in report(job, rows, len(rows))["kept"]}


@pytest.fixture
def vip(bella):
    return Category.objects.create(company=bella, name="VIP")


@pytest.fixture
def anna(bella):
    return guest(bella, ANNA, first_name="Anna", search_text="x", name_key="x")


@pytest.fixture
def job(bella, vip, anna):
    """An import that updated Anna, created John and Max, and left out a row."""
    job = imported(bella, FILE)
    assert job.counts == {"created": 2, "updated": 1, "failed": 1, "deleted": 1}
    return job


def test_everything_is_as_it_was(bella, vip):
    guest(bella, ANNA)
    imported(bella, f"phone,name,number_1,external_id\n{ANNA},Anna,n0,x0\n")
    before = everything(bella)
    job = undone(imported(bella, FILE))
    assert everything(bella) == before
    assert job.state == "undone"
    assert job.undo_counts == {"undone": 3}
    assert undo_of(job) == {line: ("UNDONE", []) for line in (2, 3, 4)}
    # What became of the lines stays on record.
    assert job.counts == {"created": 2, "updated": 1, "failed": 1, "deleted": 1}


def test_the_forecast_counts_what_the_undo_then_does(bella, job, vip):
    found = forecast(job)
    assert (found.removed, found.restored, found.guests, found.kept) == (2, 1, 3, 0)
    assert (found.fields, found.cards, found.categories) == (5, 1, 1)


def test_a_restored_guest_is_found_by_the_old_name_again(bella, job, anna):
    undone(job)
    anna.refresh_from_db()
    assert (anna.first_name, anna.birthday, anna.is_active) == ("Anna", None, True)
    assert (anna.subscribed, anna.consent) == (True, "unknown")
    assert "anna" in anna.search_text
    assert "hanna" not in anna.search_text
    assert anna.name_key.strip() == "anna"


def test_created_guests_somebody_touched_stay(bella, job):
    john = Guest.objects.get(phone=JOHN)
    touched(john.pk, comment="x")
    assert forecast(job).reasons == Counter(guest_changed=1)
    job = undone(job)
    assert undo_of(job)[3] == ("KEPT", [("guest_changed", "")])
    assert cards(bella, JOHN) == [(None, "n2")]
    assert not Guest.objects.filter(phone=MAX).exists()
    assert job.undo_counts == {"undone": 2, "kept": 1}


def test_created_guests_who_ordered_or_referred_somebody_stay(bella, job):
    Guest.objects.filter(phone=JOHN).update(orders_count=1)
    Guest.objects.filter(phone=ANNA).update(referrer=Guest.objects.get(phone=MAX))
    found = undo_of(undone(job))
    assert found[3] == ("KEPT", [("guest_visited", "")])
    assert found[4] == ("KEPT", [("guest_is_referrer", "")])


def test_created_guests_who_are_gone_are_listed(bella, job):
    Guest.objects.get(phone=MAX).delete()
    assert undo_of(undone(job))[4] == ("KEPT", [("guest_gone", "")])


def test_fields_changed_since_stay_and_the_others_go_back(bella, job, anna):
    touched(anna.pk, first_name="Joanna", birthday=date(1980, 1, 1))
    assert forecast(job).reasons == Counter(field_changed=1)
    found = undo_of(undone(job))
    assert found[2] == ("IN_PART", [("field_changed", "birthday"), ("field_changed", "first_name")])
    anna.refresh_from_db()
    assert (anna.first_name, anna.birthday) == ("Joanna", date(1980, 1, 1))
    assert (anna.subscribed, anna.is_active, anna.consent) == (True, True, "unknown")
    assert (cards(bella, ANNA), external_ids(bella, ANNA)) == ([], set())


def test_what_a_later_import_brought_stays(bella, job):
    later = imported(bella, f"phone,name,number_1,comment\n{ANNA},Ann,n9,x\n{JOHN},,n8,\n")
    assert later.counts == {"updated": 2}
    found = undo_of(undone(job))
    assert found[2] == ("IN_PART", [("field_changed", "first_name")])
    assert found[3] == ("KEPT", [("guest_changed", "")])
    kept = Guest.objects.get(phone=ANNA)
    assert (kept.first_name, kept.comment) == ("Ann", "x")
    assert cards(bella, ANNA) == [(None, "n9")]


def test_added_cards_categories_and_ids_that_went_to_somebody_else_stay(bella, job, roma):
    other = guest(bella, "+442079460999")
    Card.objects.filter(number="n1").update(guest=other)
    ExternalId.objects.filter(value="x1").update(guest=other)
    found = forecast(job)
    assert +found.reasons == {"card_elsewhere": 1, "id_elsewhere": 1}
    job = undone(job)
    assert job.undo_counts == {"undone": 2, "in_part": 1}
    assert reasons_shown(job) == {
        2: [
            "Card n1 belongs to another guest by now, and stays theirs.",
            "External id x1 belongs to another guest by now, and stays theirs.",
        ]
    }
    assert cards(bella, other.phone) == [(None, "n1")]
    assert external_ids(bella, other.phone) == {"x1"}


def test_a_card_that_went_from_one_imported_guest_to_another_stays(bella, vip):
    guest(bella, ANNA)
    guest(bella, JOHN)
    lines = ("phone,number_1,external_id", f"{ANNA},n1,x1", f"{JOHN},n2,x2")
    job = imported(bella, "\n".join(lines))
    john = Guest.objects.get(phone=JOHN)
    Card.objects.filter(number="n1").update(guest=john)
    ExternalId.objects.filter(value="x1").update(guest=john)
    undone(job)
    assert cards(bella, JOHN) == [(None, "n1")]
    assert external_ids(bella, JOHN) == {"x1"}


def test_a_completed_card_loses_the_half_that_came(bella):
    imported(bella, f"phone,track_1,number_1\n{ANNA},t1,\n{JOHN},,n2\n")
    before = everything(bella)
    job = imported(bella, f"phone,track_1,number_1\n{ANNA},t1,n1\n{JOHN},t2,n2\n")
    assert everything(bella) != before
    found = forecast(job)
    assert (found.restored, found.fields, found.cards) == (2, 2, 0)
    assert undone(job).undo_counts == {"undone": 2}
    assert everything(bella) == before


def test_a_completed_card_that_was_changed_since_keeps_what_it_has(bella):
    owner = guest(bella, ANNA)
    for track in ("t1", "t2", "t3"):
        Card.objects.create(company=bella, guest=owner, track=track)
    line = f"{ANNA},t1,n1,t2,n2,t3,n3"
    job = imported(bella, f"phone,track_1,number_1,track_2,number_2,track_3,number_3\n{line}\n")
    Card.objects.filter(track="t1").update(number="n8")
    Card.objects.filter(track="t2").update(track=None)
    Card.objects.filter(track="t3").update(guest=guest(bella, JOHN))
    found = forecast(job)
    assert (found.fields, found.kept) == (0, 1)
    assert +found.reasons == {"card_changed": 2, "card_elsewhere": 1}
    job = undone(job)
    (row,) = ImportRow.objects.filter(job_id=job.pk)
    assert row.undo == ImportRow.Undo.KEPT
    assert reasons_shown(job) == {
        2: [
            "Card n8 was changed since, and stays as it is now.",
            "Card n2 was changed since, and stays as it is now.",
            "Card n3 belongs to another guest by now, and stays theirs.",
        ]
    }
    # Not by name, which would outlive an erasure.
    assert "n8" not in str(row.undo_notes)
    assert cards(bella, ANNA) == [("t1", "n8"), (None, "n2")]
    assert cards(bella, JOHN) == [("t3", "n3")]
    Card.objects.filter(number="n8").delete()
    assert "A card was changed since, and stays as it is now." in reasons_shown(job)[2]


def test_a_card_that_was_completed_and_is_gone_leaves_nothing_to_say(bella):
    Card.objects.create(company=bella, guest=guest(bella, ANNA), track="t1")
    job = imported(bella, f"phone,track_1,number_1\n{ANNA},t1,n1\n")
    Card.objects.all().delete()
    assert +forecast(job).reasons == {}
    assert undone(job).undo_counts == {"undone": 1}


def test_categories_the_guest_was_in_before_stay(bella, vip, anna):
    GuestCategory.objects.create(company=bella, guest=anna, category=vip)
    undone(imported(bella, FILE))
    assert categories(bella, ANNA) == {"VIP"}


def test_an_undo_is_asked_once(bella, job):
    job = undone(job)
    with pytest.raises(uploads.NotNow):
        runs.request_undo(job=job, actor=None, now=timezone.now())
    assert not runs.is_undoable(job)


@pytest.mark.parametrize("state", ["draft", "queued", "running", "refused", "undone"])
def test_only_what_has_ended_can_be_undone(bella, job, state):
    type(job).objects.filter(pk=job.pk).update(state=state)
    with pytest.raises(uploads.NotNow):
        runs.request_undo(job=job, actor=None, now=timezone.now())


def test_an_undo_that_broke_off_goes_on_and_does_nothing_twice(bella, job, monkeypatch):
    monkeypatch.setattr("imports.services.undoing.CHUNK_ROWS", 1)
    save, calls = undoing._save, []

    def breaks(*args):
        calls.append(args)
        if len(calls) == 2:
            raise RuntimeError("pulled the plug")
        save(*args)

    monkeypatch.setattr("imports.services.undoing._save", breaks)
    before = Guest.objects.get(phone=ANNA).version
    job = undone(job)
    assert (job.state, job.attempt) == ("undone", 3)
    assert job.undo_counts == {"undone": 3}
    assert Guest.objects.get(phone=ANNA).version == before + 1


def test_imported_again_after_an_undo_it_is_all_there(bella, job):
    undone(job)
    again = imported(bella, FILE)
    assert again.counts == job.counts


def test_an_erased_guests_row_is_not_in_the_way(bella, job, anna):
    Guest.objects.filter(pk=anna.pk).update(phone=None, first_name="", email="")
    found = undo_of(undone(job))
    assert found[2] == ("IN_PART", [("field_changed", "first_name")])


def test_a_deleted_tier_or_category_does_not_stop_an_undo(bella, job, vip):
    GuestCategory.objects.filter(category=vip).delete()
    vip.delete()
    assert undone(job).undo_counts == {"undone": 3}
