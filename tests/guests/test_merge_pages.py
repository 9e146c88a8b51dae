"""The pages of a merge and of possible duplicates: who may, what they show, what they do."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import Company, User
from core.services.jobs import run
from guests.models import DuplicateSearch, Guest, GuestMerge, PossibleDuplicate
from guests.services.duplicates import request_search
from guests.web.merge_words import is_one_digit_apart
from tests.guests.cast import ANN, ANNA, another_part, card, guest, put_in

SignIn = Callable[[User], Client]


@pytest.fixture
def two(bella: Company) -> tuple[Guest, Guest]:
    kept = guest(bella, ANNA, first_name="Anna", comment="Window", subscribed=False)
    other = guest(bella, ANN, first_name="Anna", email="ann@example.com", comment="No nuts")
    card(other, "C-1")
    put_in(other, "VIP")
    return kept, other


def address(kept: Guest, other: Guest) -> str:
    return f"/c/bella/guests/{kept.pk}/merge/?with={other.pk}"


def versions(kept: Guest, other: Guest) -> dict[str, Any]:
    return {"kept_version": kept.version, "merged_version": other.version}


def chosen(kept: Guest, other: Guest, **fields: str) -> dict[str, Any]:
    sides = {"phone": "kept", "email": "merged", "comment": "both", "registered_at": "kept"}
    return {**versions(kept, other), **sides, **fields}


# -- Merging ------------------------------------------------------------------------------------


def test_the_page_shows_both_what_moves_and_what_nobody_may_choose(
    two: tuple[Guest, Guest], manager: User, sign_in: SignIn
) -> None:
    kept, other = two
    with another_part() as stamps:
        stamps.notes = {other.pk: ["a", "b"]}
        page = sign_in(manager).get(address(kept, other)).content.decode()
    for text in ("1 card", "1 category", "2 stamps", "+44 20 7946 0958", "ann@example.com"):
        assert text in page
    assert 'name="comment" value="both"' in page
    assert 'name="subscribed"' not in page
    assert "A no is kept" in page
    assert 'name="first_name"' not in page


def test_merging_and_undoing_it_by_the_pages(
    two: tuple[Guest, Guest], manager: User, sign_in: SignIn
) -> None:
    kept, other = two
    client = sign_in(manager)
    answer = client.post(address(kept, other), chosen(kept, other))
    merge = GuestMerge.objects.get()
    receipt = f"/c/bella/guests/{kept.pk}/merges/{merge.pk}/"
    assert (answer.status_code, answer["Location"]) == (302, receipt)
    kept.refresh_from_db()
    assert (kept.email, kept.comment) == ("ann@example.com", "Window\nNo nuts")
    assert merge.actor == manager
    assert "Undo the merge" in client.get(receipt).content.decode()
    # Whoever opens the merged guest's page finds the kept one's.
    led = client.get(f"/c/bella/guests/{other.pk}/merge/")
    assert led["Location"] == f"/c/bella/guests/{kept.pk}/merge/"
    assert receipt in client.get(f"/c/bella/guests/{kept.pk}/merge/").content.decode()

    client.post(receipt)

    kept.refresh_from_db()
    other.refresh_from_db()
    assert (kept.email, other.merged_into_id, other.is_active) == ("", None, True)
    page = client.get(receipt).content.decode()
    assert "Merge undone" in page
    assert "Undo the merge" not in page


def test_whoever_undoes_a_merge_twice_is_told_that_it_was_undone(
    two: tuple[Guest, Guest], manager: User, sign_in: SignIn
) -> None:
    kept, other = two
    client = sign_in(manager)
    receipt = client.post(address(kept, other), chosen(kept, other))["Location"]
    client.post(receipt)
    page = client.post(receipt, follow=True).content.decode()
    assert "This merge was undone before: nothing was changed." in page
    assert "cannot be undone" not in page


def test_one_of_the_two_is_not_offered_as_the_referrer(
    bella: Company, manager: User, sign_in: SignIn
) -> None:
    peter = guest(bella, "+442079460970", first_name="Peter")
    kept = guest(bella, ANNA, first_name="Anna")
    other = guest(bella, ANN, first_name="Ann", referrer_id=kept.pk)
    client = sign_in(manager)
    assert 'name="referrer"' not in client.get(address(kept, other)).content.decode()
    assert 'name="referrer"' not in client.get(address(other, kept)).content.decode()
    Guest.objects.filter(pk=kept.pk).update(referrer=peter)
    for pair, side in (((kept, other), "kept"), ((other, kept), "merged")):
        form = client.get(address(*pair)).context["form"]
        assert form["referrer"].initial == side
        assert sorted(label for _side, label in form.fields["referrer"].choices) == ["", "Peter"]


def test_whoever_changed_one_meanwhile_is_named_and_the_choices_stay(
    two: tuple[Guest, Guest], manager: User, sign_in: SignIn
) -> None:
    kept, other = two
    client = sign_in(manager)
    data = chosen(kept, other, comment="merged")
    Guest.objects.filter(pk=other.pk).update(version=7, email="new@example.com")
    answer = client.post(address(kept, other), data)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "was changed since you looked" in page
    assert "new@example.com" in page
    assert _is_checked(page, "comment")
    assert 'name="merged_version" value="7"' in page
    assert not GuestMerge.objects.exists()
    client.post(address(kept, other), {**data, "merged_version": 7})
    kept.refresh_from_db()
    assert (kept.email, kept.comment) == ("new@example.com", "No nuts")


def _is_checked(page: str, name: str) -> bool:
    import re

    inputs = re.findall(rf"<input[^>]*name=\"{name}\"[^>]*>", page)
    return any("checked" in each and 'value="merged"' in each for each in inputs)


def test_what_a_part_refuses_is_said_on_the_page(
    two: tuple[Guest, Guest], manager: User, sign_in: SignIn
) -> None:
    kept, other = two
    with another_part() as stamps:
        stamps.refuses = "An amount is held for this guest."
        page = sign_in(manager).post(address(kept, other), chosen(kept, other)).content.decode()
    assert "An amount is held for this guest." in page
    assert not GuestMerge.objects.exists()


def test_a_choice_that_is_missing_is_an_error_with_a_link(
    two: tuple[Guest, Guest], manager: User, sign_in: SignIn
) -> None:
    kept, other = two
    data = chosen(kept, other)
    del data["email"]
    page = sign_in(manager).post(address(kept, other), data).content.decode()
    assert "There is a problem" in page
    assert not GuestMerge.objects.exists()


def test_the_other_is_found_on_the_page(
    two: tuple[Guest, Guest], manager: User, sign_in: SignIn, bella: Company, roma: Company
) -> None:
    kept, other = two
    guest(roma, "+39061234567", first_name="Ann", email="ann@example.com")
    client = sign_in(manager)
    page = client.get(f"/c/bella/guests/{kept.pk}/merge/?q=ann@example").content.decode()
    assert page.count(">Compare<") == 1
    assert f"?with={other.pk}" in page
    none = client.get(f"/c/bella/guests/{kept.pk}/merge/?q=nobody").content.decode()
    assert "Nobody else matches" in none


def test_who_is_not_merged_is_told_why(
    bella: Company, two: tuple[Guest, Guest], manager: User, sign_in: SignIn
) -> None:
    kept, other = two
    third = guest(bella, "+442079460970", first_name="Max")
    gone = guest(bella, None, first_name="", is_active=False)

    def said(to: Guest) -> str:
        return sign_in(manager).get(address(kept, to), follow=True).content.decode()

    Guest.objects.filter(pk=other.pk).update(merged_into=third, is_active=False)
    assert "was merged already, into Max: choose that guest." in said(other)
    Guest.objects.filter(pk=other.pk).update(merged_into=kept)
    assert "was merged into this guest already." in said(other)
    assert "was erased: there is nothing to merge." in said(gone)
    assert "is this guest: choose another." in said(kept)


@pytest.mark.parametrize("role", ["operator", "host"])
def test_only_who_may_merge_opens_the_pages(
    two: tuple[Guest, Guest], role: str, request: Any, sign_in: SignIn
) -> None:
    kept, other = two
    client = sign_in(request.getfixturevalue(role))
    assert client.get(address(kept, other)).status_code == 403
    assert client.get("/c/bella/guests/duplicates/").status_code == 403
    assert client.post(address(kept, other), chosen(kept, other)).status_code == 403
    page = client.get(f"/c/bella/guests/{kept.pk}/").content.decode()
    assert "/merge/" not in page
    assert "/erase/" not in page


def test_a_stranger_and_a_guest_of_another_company_find_nothing(
    two: tuple[Guest, Guest], manager: User, outsider: User, roma: Company, sign_in: SignIn
) -> None:
    kept, other = two
    assert sign_in(outsider).get(address(kept, other)).status_code == 404
    foreign = guest(roma, "+39061234567")
    assert sign_in(manager).get(address(kept, foreign)).status_code == 404
    assert sign_in(manager).get(address(foreign, kept)).status_code == 404


# -- Possible duplicates ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "is_near"),
    [
        ("+442079460958", "+442079460959", True),
        ("+442079460958", "+44207946095", True),
        ("+442079460958", "+4420794609588", True),
        ("+442079460958", "+542079460958", True),
        ("+442079460958", "+442079460958", False),
        ("+442079460958", "+442079460849", False),
        ("+442079460958", "+442079469058", False),
        ("+442079460958", "", False),
    ],
)
def test_one_digit_apart(one: str, other: str, is_near: bool) -> None:
    assert is_one_digit_apart(one, other) is is_near


def found(company: Company) -> PossibleDuplicate:
    guest(company, ANNA, first_name="Anna", birthday=date(1990, 5, 6), email="a@example.com")
    guest(company, ANN, first_name="Anna", birthday=date(1990, 5, 6), email="A@example.com")
    search = request_search(company=company, actor=None, now=timezone.now())
    run(DuplicateSearch, search.pk)
    return PossibleDuplicate.objects.get()


def test_the_page_asks_to_look_first_and_says_when_it_does(
    bella: Company, manager: User, sign_in: SignIn
) -> None:
    client = sign_in(manager)
    assert "Nobody has looked yet" in client.get("/c/bella/guests/duplicates/").content.decode()
    client.post("/c/bella/guests/duplicates/search/")
    search = DuplicateSearch.objects.get()
    assert search.actor == manager
    assert "Looking…" in client.get("/c/bella/guests/duplicates/").content.decode()
    run(DuplicateSearch, search.pk)
    page = client.get("/c/bella/guests/duplicates/").content.decode()
    assert "No duplicates found" in page


def test_a_pair_is_listed_with_every_reason_and_can_be_said_to_be_two(
    bella: Company, manager: User, sign_in: SignIn
) -> None:
    pair = found(bella)
    client = sign_in(manager)
    page = client.get("/c/bella/guests/duplicates/").content.decode()
    for reason in ("Same name and birthday", "Same e-mail", "Same name, telephones one digit"):
        assert reason in page
    record = client.get(f"/c/bella/guests/{pair.first_id}/").content.decode()
    assert "May be the same as Anna" in record

    client.post(f"/c/bella/guests/duplicates/{pair.pk}/")

    assert "No duplicates found" in client.get("/c/bella/guests/duplicates/").content.decode()
    other = client.get("/c/bella/guests/duplicates/?dismissed=1").content.decode()
    assert "marked by Maria" in other
    client.post(f"/c/bella/guests/duplicates/{pair.pk}/", {"again": "1"})
    assert "Same e-mail" in client.get("/c/bella/guests/duplicates/").content.decode()


def test_a_merged_pair_is_listed_no_more(bella: Company, manager: User, sign_in: SignIn) -> None:
    pair = found(bella)
    client = sign_in(manager)
    sides = {"phone": "kept", "email": "kept", "registered_at": "kept"}
    client.post(address(pair.first, pair.second), versions(pair.first, pair.second) | sides)
    assert GuestMerge.objects.exists()
    assert "No duplicates found" in client.get("/c/bella/guests/duplicates/").content.decode()


def test_the_page_asks_the_same_number_of_questions_for_many_pairs(
    bella: Company, manager: User, sign_in: SignIn
) -> None:
    client = sign_in(manager)
    found(bella)
    counts = []
    for number in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/c/bella/guests/duplicates/")
        counts.append(len(queries))
        for each in range(20):
            guest(bella, f"+44770090{number}1{each:02}", email=f"{each // 2}@example.org")
        run(
            DuplicateSearch,
            request_search(company=bella, actor=None, now=timezone.now()).pk,
        )
    assert PossibleDuplicate.objects.count() > 10
    assert counts[0] == counts[1]


def test_a_pair_of_another_company_cannot_be_judged(
    bella: Company, roma: Company, manager: User, sign_in: SignIn
) -> None:
    pair = found(roma)
    assert sign_in(manager).post(f"/c/bella/guests/duplicates/{pair.pk}/").status_code == 404
