"""Guests who may be one person twice: what is found in a company, and what is remembered."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from core.models import Change, Company, User
from core.services.jobs import run
from guests.models import DuplicateSearch, Guest, PossibleDuplicate
from guests.querysets.duplicates import NEIGHBOURS
from guests.services.duplicates import dismiss, doubt_again, request_search, search_everywhere
from guests.services.records import set_active
from tests.guests.cast import guest

NOW = datetime(2026, 11, 24, 19, tzinfo=UTC)
BORN = date(1990, 5, 6)


def searched(company: Company) -> set[tuple[str, str]]:
    """Search the company, and return the pairs to judge, by the last four digits of each."""
    search = request_search(company=company, actor=None, now=timezone.now())
    run(DuplicateSearch, search.pk)
    return pairs(company)


def pairs(company: Company) -> set[tuple[str, str]]:
    found = PossibleDuplicate.objects.for_company(company).undecided().still_alike()
    return {tuple(sorted((str(p.first.phone)[-4:], str(p.second.phone)[-4:]))) for p in found}


def anna(company: Company, phone: str, **fields: object) -> Guest:
    return guest(company, phone, **{"first_name": "Anna", "last_name": "Petrova", **fields})


def test_the_same_name_and_birthday_however_the_name_is_written(bella: Company) -> None:
    anna(bella, "+442079460001", birthday=BORN)
    anna(bella, "+447700901002", first_name="ANNA", last_name="Pétrova", birthday=BORN)
    anna(bella, "+447700902003", birthday=date(1990, 5, 7))
    anna(bella, "+447700903004")
    assert searched(bella) == {("0001", "1002")}


def test_the_same_email_in_whatever_case(bella: Company) -> None:
    guest(bella, "+442079460001", email="Anna@example.com")
    guest(bella, "+447700901002", email="anna@example.com")
    guest(bella, "+447700902003", email="other@example.com")
    guest(bella, "+447700903004")
    guest(bella, "+447700904005")
    assert searched(bella) == {("0001", "1002")}


@pytest.mark.parametrize("place", range(1, 13))
def test_the_same_name_and_one_digit_different_wherever_it_is(bella: Company, place: int) -> None:
    phone = "+447946123058"
    other = phone[:place] + ("6" if phone[place] == "5" else "5") + phone[place + 1 :]
    anna(bella, phone)
    anna(bella, other)
    guest(bella, "+447946123999", first_name="Anna")
    assert len(searched(bella)) == 1


@pytest.mark.parametrize("place", range(1, 13))
@pytest.mark.parametrize("first_is_longer", [True, False])
def test_the_same_name_and_one_digit_missing(
    bella: Company, place: int, first_is_longer: bool
) -> None:
    phone = "+447946123058"
    shorter = phone[:place] + phone[place + 1 :]
    for each in (phone, shorter) if first_is_longer else (shorter, phone):
        anna(bella, each)
    assert len(searched(bella)) == 1


@pytest.mark.parametrize("phone", ["+3706123058", "+29020123", "+37061230589"])
def test_a_short_number_too(bella: Company, phone: str) -> None:
    for place in range(1, len(phone)):
        PossibleDuplicate.objects.all().delete()
        Guest.objects.all().delete()
        anna(bella, phone)
        anna(bella, phone[:place] + ("6" if phone[place] == "5" else "5") + phone[place + 1 :])
        assert len(searched(bella)) == 1, place


def test_two_digits_different_or_another_name_are_no_duplicate(bella: Company) -> None:
    anna(bella, "+442079460001")
    anna(bella, "+442079460012")
    guest(bella, "+442079460002", first_name="Boris")
    guest(bella, "+442079460003")
    guest(bella, "+442079460004")
    assert searched(bella) == set()


def test_deleted_merged_and_strange_guests_are_left_out(bella: Company, roma: Company) -> None:
    anna(bella, "+442079460001", birthday=BORN)
    anna(bella, "+447700901002", birthday=BORN, is_active=False)
    anna(roma, "+447700901003", birthday=BORN)
    assert searched(bella) == set()


def test_of_many_who_share_an_address_the_pairs_stay_few(bella: Company) -> None:
    for number in range(40):
        guest(bella, f"+4477009{number:05}", email="desk@example.com")
    assert len(searched(bella)) == sum(min(NEIGHBOURS, 39 - n) for n in range(40))


def test_that_two_are_not_the_same_is_remembered(bella: Company, owner: User) -> None:
    anna(bella, "+442079460001", birthday=BORN)
    anna(bella, "+447700901002", birthday=BORN)
    searched(bella)
    (pair,) = PossibleDuplicate.objects.all()
    told = {"company": bella, "pair": pair, "actor": owner, "source": "web", "now": NOW}

    dismiss(**told)

    assert searched(bella) == set()
    pair.refresh_from_db()
    assert (pair.dismissed_by, pair.dismissed_at) == (owner, NOW)
    assert Change.objects.get(action="dismiss_duplicate").subject_id == pair.pk
    doubt_again(**told)
    assert pairs(bella) == {("0001", "1002")}
    assert searched(bella) == {("0001", "1002")}


def test_a_pair_goes_when_one_of_them_is_deleted_or_no_longer_alike(bella: Company) -> None:
    first = anna(bella, "+442079460001", birthday=BORN)
    anna(bella, "+447700901002", birthday=BORN)
    assert searched(bella)
    set_active(
        company=bella, guest=first, is_active=False, actor=None, source="web", now=timezone.now()
    )
    assert pairs(bella) == set()
    Guest.objects.filter(pk=first.pk).update(is_active=True, name_key="orlova anna")
    assert pairs(bella) == set()


def test_a_pair_alike_in_several_ways_is_found_once(bella: Company) -> None:
    anna(bella, "+442079460001", birthday=BORN, email="a@example.com")
    anna(bella, "+442079460002", birthday=BORN, email="a@example.com")
    searched(bella)
    assert PossibleDuplicate.objects.count() == 1


def test_one_search_at_a_time_and_the_clock_repeats_it(bella: Company, owner: User) -> None:
    first = request_search(company=bella, actor=owner, now=timezone.now())
    again = request_search(company=bella, actor=owner, now=timezone.now())
    assert first.pk == again.pk
    run(DuplicateSearch, first.pk)
    first.refresh_from_db()
    assert first.state == "done"
    assert search_everywhere(now=timezone.now()) == 1
    assert search_everywhere(now=timezone.now()) == 0
