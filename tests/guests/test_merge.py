"""Two guests who are one: what the kept one gets, what moves, and the way back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from core.models import Change, Company, User
from guests import dependents
from guests.models import Card, ExternalId, Guest, GuestMerge
from guests.services import merge_choices
from guests.services.merging import NotUndoable, kept_ids, undo_merge
from guests.services.records import ChangedMeanwhile, Closed, Draft, update_guest
from guests.unsubscribe_links import link_of
from tests.guests import cast
from tests.guests.cast import (
    ANN,
    ANNA,
    Stamps,
    another_part,
    card,
    external_id,
    guest,
    names_of_categories,
    put_in,
)
from tests.processes import eventually
from tests.torture.at_once import somebody_waits

NOW = datetime(2026, 11, 24, 19, tzinfo=UTC)

merge = partial(cast.merge, now=NOW)


@pytest.fixture
def stamps() -> Iterator[Stamps]:
    with another_part() as part:
        yield part


def undo(done: GuestMerge, actor: User | None = None) -> None:
    undo_merge(
        company=Company.objects.get(pk=done.company_id),
        merge=done,
        actor=actor,
        source=Change.Source.WEB,
        now=NOW,
    )


def state(*guests: Guest) -> list[Any]:
    """Return all there is of guests, but for the version, which only counts up."""
    rows = []
    for each in guests:
        row = Guest.objects.filter(pk=each.pk).values().get()
        row.pop("version")
        cards = Card.objects.filter(guest=each).order_by("pk")
        ids = ExternalId.objects.filter(guest=each).order_by("pk")
        referred = Guest.objects.filter(referrer=each).order_by("pk")
        rows.append(
            [
                row,
                list(cards.values_list("number", flat=True)),
                list(ids.values_list("value", flat=True)),
                list(referred.values_list("pk", flat=True)),
                names_of_categories(each),
            ]
        )
    return rows


def two(company: Company) -> tuple[Guest, Guest]:
    """Two guests who have something of everything."""
    kept = guest(
        company,
        first_name="Anna",
        last_name="Petrova",
        comment="Window table",
        opening_total=Decimal("100.50"),
        registered_at=NOW - timedelta(days=10),
    )
    merged = guest(
        company,
        ANN,
        first_name="Ann",
        email="anna@example.com",
        birthday=date(1990, 5, 6),
        comment="No nuts",
        member_number="M-7",
        opening_total=Decimal("20.25"),
        registered_at=NOW - timedelta(days=100),
        last_promo_sms_at=NOW - timedelta(days=1),
    )
    card(kept, "K1")
    card(merged, "M1")
    external_id(merged, "till-7")
    put_in(kept, "Lunch", "VIP")
    put_in(merged, "VIP", "Wine")
    guest(company, "+442079460970", referrer_id=merged.pk)
    return kept, merged


# -- What comes of it ---------------------------------------------------------------------------


def test_the_kept_guest_gets_what_only_the_other_had(bella: Company, stamps: Stamps) -> None:
    kept, merged = two(bella)
    stamps.notes = {kept.pk: ["a"], merged.pk: ["b", "c"]}

    merge(kept, merged)

    kept.refresh_from_db()
    assert (kept.phone, kept.email, kept.member_number) == (ANNA, "anna@example.com", "M-7")
    assert kept.birthday == date(1990, 5, 6)
    assert kept.comment == "Window table\nNo nuts"
    assert kept.opening_total == Decimal("120.75")
    assert kept.registered_at == NOW - timedelta(days=100)
    assert kept.last_promo_sms_at == NOW - timedelta(days=1)
    assert set(Card.objects.filter(guest=kept).values_list("number", flat=True)) == {"K1", "M1"}
    assert names_of_categories(kept) == {"Lunch", "VIP", "Wine"}
    assert stamps.notes[kept.pk] == ["a", "b", "c"]
    assert Guest.objects.get(phone="+442079460970").referrer_id == kept.pk
    assert Guest.objects.for_company(bella).search("anna@example.com", bella).active().get() == kept


def test_the_merged_guest_stays_as_a_way_to_the_kept_one(bella: Company) -> None:
    kept, merged = two(bella)
    merge(kept, merged)
    merged.refresh_from_db()
    assert merged.merged_into_id == kept.pk
    assert not merged.is_active
    assert merged.phone == ANN
    assert (merged.opening_total, merged.member_number) == (0, None)
    assert not Guest.objects.for_company(bella).listed(inactive=True).filter(pk=merged.pk)
    assert ExternalId.objects.get(value="till-7").guest_id == kept.pk


def test_the_telephones_change_hands_when_the_other_one_is_chosen(bella: Company) -> None:
    kept, merged = two(bella)
    done = merge(kept, merged, phone="merged")
    kept.refresh_from_db()
    merged.refresh_from_db()
    assert (kept.phone, merged.phone) == (ANN, ANNA)
    assert Guest.objects.for_company(bella).search("0959", bella).get() == kept
    undo(done)
    kept.refresh_from_db()
    merged.refresh_from_db()
    assert (kept.phone, merged.phone) == (ANNA, ANN)


def test_fields_come_from_the_side_that_was_chosen(bella: Company) -> None:
    kept, merged = two(bella)
    merge(kept, merged, first_name="merged", email="kept", comment="merged")
    kept.refresh_from_db()
    assert (kept.first_name, kept.email, kept.comment) == ("Ann", "", "No nuts")


@pytest.mark.parametrize("asked", ["kept", "merged"])
@pytest.mark.parametrize("no_is_on", ["kept", "merged"])
def test_a_no_wins_whatever_was_chosen(bella: Company, asked: str, no_is_on: str) -> None:
    no = {"subscribed": False, "consent": "revoked", "consent_details": "by phone"}
    yes = {"subscribed": True, "consent": "given", "consent_date": date(2026, 1, 1)}
    kept = guest(bella, ANNA, **(no if no_is_on == "kept" else yes))
    merged = guest(bella, ANN, **(yes if no_is_on == "kept" else no))
    merge(kept, merged, consent=asked, subscribed=asked)
    kept.refresh_from_db()
    assert (kept.subscribed, kept.consent, kept.consent_details) == (False, "revoked", "by phone")
    assert kept.consent_date is None


def test_who_was_brought_along_by_the_other_is_brought_along_by_nobody(bella: Company) -> None:
    kept = guest(bella, ANNA)
    merged = guest(bella, ANN, referrer_id=kept.pk)
    before = state(kept, merged)
    done = merge(kept, merged, referrer="merged")
    kept.refresh_from_db()
    assert kept.referrer_id is None
    undo(done)
    assert state(kept, merged) == before


def test_the_field_of_whoever_was_seen_later_is_taken_by_default(bella: Company) -> None:
    kept = guest(bella, ANNA, last_name="Petrova", last_visit_at=NOW - timedelta(days=9))
    merged = guest(bella, ANN, last_name="Orlova", last_visit_at=NOW)
    assert merge_choices.default(kept, merged, "last_name") == "merged"
    assert merge_choices.default(merged, kept, "last_name") == "kept"


def test_an_old_way_out_of_all_mails_is_the_kept_guests(bella: Company, client: Client) -> None:
    kept, merged = guest(bella), guest(bella, ANN, email="ann@example.com")
    link = link_of(merged).removeprefix(settings.BASE_URL)
    done = merge(kept, merged, email="merged")
    assert b"You are unsubscribed" in client.post(link).content
    kept.refresh_from_db()
    merged.refresh_from_db()
    assert (kept.email, kept.subscribed) == ("ann@example.com", False)
    assert merged.version == done.merged_version


def test_both_histories_tell_of_it(bella: Company, owner: User) -> None:
    kept, merged = two(bella)
    merge(kept, merged, actor=owner)
    told = Change.objects.for_company(bella).about(kept).get()
    assert (told.action, told.actor, told.at) == ("merge_guest", owner, NOW)
    assert told.values["email"] == ["", "anna@example.com"]
    other = Change.objects.for_company(bella).about(merged).get()
    assert (other.action, other.values) == ("merge_into_guest", {"merged_into_id": [None, kept.pk]})


# -- What is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["kept", "merged"])
def test_a_guest_who_changed_meanwhile_is_not_merged(bella: Company, which: str) -> None:
    kept, merged = two(bella)
    changed = {"kept": kept, "merged": merged}[which]
    update_guest(
        company=bella,
        guest=changed,
        expected=None,
        draft=Draft({"first_name": "Anya"}),
        actor=None,
        source=Change.Source.WEB,
        now=NOW,
    )
    before = state(kept, merged)
    with pytest.raises(ChangedMeanwhile) as told:
        merge(kept, merged)
    assert told.value.guest.pk == changed.pk
    assert state(kept, merged) == before


def test_a_part_that_cannot_move_keeps_both_as_they_are(bella: Company, stamps: Stamps) -> None:
    kept, merged = two(bella)
    before = state(kept, merged)
    stamps.refuses = "An amount is held."
    with pytest.raises(dependents.Refused, match="An amount is held"):
        merge(kept, merged)
    assert state(kept, merged) == before
    assert not GuestMerge.objects.exists()


def test_a_merged_guest_is_not_merged_again(bella: Company) -> None:
    kept, merged = two(bella)
    merge(kept, merged)
    merged.refresh_from_db()
    with pytest.raises(Closed):
        merge(guest(bella, "+442079460980"), merged)


def test_a_guest_of_another_company_cannot_be_merged(bella: Company, roma: Company) -> None:
    kept, other = guest(bella), guest(roma, ANN)
    with pytest.raises(Guest.DoesNotExist):
        merge(kept, other)


# -- The way back -------------------------------------------------------------------------------


def test_undo_gives_both_back_everything(bella: Company, owner: User, stamps: Stamps) -> None:
    kept, merged = two(bella)
    stamps.notes = {kept.pk: ["a"], merged.pk: ["b"]}
    before = state(kept, merged)
    done = merge(kept, merged, phone="merged", member_number="merged", first_name="merged")
    assert state(kept, merged) != before

    undo(done, owner)

    assert state(kept, merged) == before
    assert stamps.notes == {kept.pk: ["a"], merged.pk: ["b"]}
    actions = Change.objects.for_company(bella).order_by("pk").values_list("action", flat=True)
    assert list(actions)[-2:] == ["undo_merge", "undo_merge_into"]
    with pytest.raises(NotUndoable):
        undo(done)


def test_undo_is_refused_once_the_kept_guest_changed(bella: Company) -> None:
    kept, merged = two(bella)
    done = merge(kept, merged)
    update_guest(
        company=bella,
        guest=kept,
        expected=None,
        draft=Draft({"comment": "Moved"}),
        actor=None,
        source=Change.Source.WEB,
        now=NOW,
    )
    before = state(kept, merged)
    with pytest.raises(NotUndoable):
        undo(done)
    assert state(kept, merged) == before


def test_undo_is_refused_where_a_part_cannot_go_back(bella: Company, stamps: Stamps) -> None:
    kept, merged = two(bella)
    done = merge(kept, merged)
    before = state(kept, merged)
    stamps.refuses = "The points were spent."
    with pytest.raises(dependents.Refused, match="spent"):
        undo(done)
    assert state(kept, merged) == before


def test_merges_in_a_row_lead_to_the_end_and_are_undone_from_there(bella: Company) -> None:
    first, second, third = guest(bella, ANNA), guest(bella, ANN), guest(bella, "+442079460960")
    before = state(first, second, third)
    one = merge(second, first)
    second.refresh_from_db()
    two_ = merge(third, second)
    assert kept_ids(bella, [first.pk, second.pk, third.pk]) == {
        first.pk: third.pk,
        second.pk: third.pk,
    }
    with pytest.raises(NotUndoable):
        undo(one)
    undo(two_)
    undo(GuestMerge.objects.get(pk=one.pk))
    assert state(first, second, third) == before


def test_a_merge_asks_the_same_number_of_questions_however_much_moves(
    bella: Company, django_assert_max_num_queries: Any
) -> None:
    kept, merged = guest(bella, ANNA), guest(bella, ANN)
    for number in range(30):
        card(merged, f"C{number}")
        external_id(merged, f"E{number}")
        guest(bella, f"+4420794610{number:02}", referrer_id=merged.pk)
    with django_assert_max_num_queries(45):
        merge(kept, merged)
    assert Card.objects.filter(guest=kept).count() == 30


@pytest.mark.postgres
def test_both_rows_are_locked_in_the_order_of_their_ids(
    bella: Company, django_assert_max_num_queries: Any
) -> None:
    kept, merged = guest(bella, ANNA), guest(bella, ANN)
    with django_assert_max_num_queries(100) as queries:
        merge(merged, kept)
    locks = [q["sql"] for q in queries.captured_queries if "FOR UPDATE" in q["sql"]]
    assert 'ORDER BY "guests_guest"."id" ASC' in locks[0]


# -- Two at once --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_crossed", [False, True], ids=["the same way", "each into the other"])
def test_of_two_merges_at_once_one_is_told_that_the_guest_is_merged(
    transactional_db: None, bella: Company, is_crossed: bool
) -> None:
    one, other = guest(bella, ANNA), guest(bella, ANN)
    card(one, "A"), card(other, "B")
    together = Barrier(2)

    def at_once(pair: tuple[Guest, Guest]) -> str:
        try:
            together.wait(10)
            merge(*pair)
        except (Closed, ChangedMeanwhile) as refused:
            return type(refused).__name__
        finally:
            connection.close()
        return "merged"

    pairs = [(one, other), (other, one) if is_crossed else (one, other)]
    with ThreadPoolExecutor(2) as threads:
        ended = sorted(threads.map(at_once, pairs))
    assert ended[1] == "merged"
    assert ended[0] in ("Closed", "ChangedMeanwhile")
    done = GuestMerge.objects.get()
    assert Card.objects.filter(guest=done.kept).count() == 2
    assert Guest.objects.filter(merged_into__isnull=True).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres  # Elsewhere one writes at a time.
def test_a_merge_that_lost_to_whom_it_waited_for_is_begun_anew(bella: Company) -> None:
    anna, ann = guest(bella), guest(bella, ANN)
    raised: list[BaseException] = []

    def merging() -> None:
        try:
            with connection.cursor() as cursor:
                # This one is broken off, not the other.
                cursor.execute("SET deadlock_timeout = '500ms'")
            merge(anna, ann)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            raised.append(error)
        finally:
            connection.close()

    other = Thread(target=merging)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '10s'")
        Guest.objects.select_for_update().get(pk=ann.pk)
        other.start()
        eventually(somebody_waits)
        Guest.objects.select_for_update().get(pk=anna.pk)
    other.join()
    assert raised == []
    assert Guest.objects.get(pk=ann.pk).merged_into_id == anna.pk
