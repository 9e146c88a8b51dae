"""The pages of an erasure, and everything about a guest as one file."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.models import Change, Company, User
from core.services.jobs import run
from guests.models import Erasure, Guest
from guests.services.records import Draft, update_guest
from tests.guests.cast import ANN, ANNA, another_part, card, external_id, guest, merge, put_in

SignIn = Callable[[User], Client]


def address(person: Guest) -> str:
    return f"/c/bella/guests/{person.pk}/erase/"


def test_the_page_says_what_goes_and_what_stays(
    bella: Company, owner: User, sign_in: SignIn
) -> None:
    person = guest(bella, first_name="Anna", email="a@example.com")
    guest(bella, ANN, email="a@example.com")
    card(person, "C-1")
    page = sign_in(owner).get(address(person)).content.decode()
    for text in ("What goes", "What stays", "1 card", "Another guest has the same e-mail"):
        assert text in page


def test_erasing_asks_for_the_end_of_the_telephone_and_shows_how_far_it_is(
    bella: Company, owner: User, sign_in: SignIn
) -> None:
    person = guest(bella, first_name="Anna")
    client = sign_in(owner)
    wrong = client.post(address(person), {"version": person.version, "typed": "0959"})
    assert "not the last four digits" in wrong.content.decode()
    person.refresh_from_db()
    assert person.phone == ANNA

    done = client.post(address(person), {"version": person.version, "typed": " 0958 "})

    assert (done.status_code, done["Location"]) == (302, address(person))
    person.refresh_from_db()
    assert (person.phone, person.first_name) == (None, "")
    assert "are being cleaned" in client.get(address(person)).content.decode()
    record = client.get(f"/c/bella/guests/{person.pk}/").content.decode()
    assert "still being cleaned" in record
    run(Erasure, Erasure.objects.get().pk)
    assert "Nothing that names this guest is kept" in client.get(address(person)).content.decode()
    record = client.get(f"/c/bella/guests/{person.pk}/").content.decode()
    assert "still being cleaned" not in record
    assert "Anna" not in record


def test_a_guest_who_changed_meanwhile_is_looked_at_again(
    bella: Company, owner: User, sign_in: SignIn
) -> None:
    person = guest(bella)
    Guest.objects.filter(pk=person.pk).update(version=5)
    answer = sign_in(owner).post(address(person), {"version": 1, "typed": "0958"})
    assert "was changed since you looked" in answer.content.decode()
    person.refresh_from_db()
    assert person.phone == ANNA


def test_a_cleaning_that_broke_off_can_be_tried_again(
    bella: Company, owner: User, sign_in: SignIn
) -> None:
    person = guest(bella)
    client = sign_in(owner)
    client.post(address(person), {"version": person.version, "typed": "0958"})
    Erasure.objects.update(state="failed", error="The storage is away.")
    page = client.get(address(person)).content.decode()
    assert "The storage is away." in page
    assert "the cleaning broke off" in page
    client.post(address(person))
    erasure = Erasure.objects.get()
    assert erasure.state == "queued"
    run(Erasure, erasure.pk)
    erasure.refresh_from_db()
    assert (erasure.state, erasure.traces) == ("done", {})


@pytest.mark.parametrize("role", ["manager", "operator", "host"])
def test_only_an_owner_erases(
    bella: Company, role: str, request: pytest.FixtureRequest, sign_in: SignIn
) -> None:
    person = guest(bella)
    client = sign_in(request.getfixturevalue(role))
    assert client.get(address(person)).status_code == 403
    data = {"version": person.version, "typed": "0958"}
    assert client.post(address(person), data).status_code == 403
    person.refresh_from_db()
    assert person.phone == ANNA


def test_a_stranger_finds_nothing(bella: Company, outsider: User, sign_in: SignIn) -> None:
    person = guest(bella)
    client = sign_in(outsider)
    assert client.get(address(person)).status_code == 404
    assert client.get(f"/c/bella/guests/{person.pk}/everything.json").status_code == 404


# -- Everything ---------------------------------------------------------------------------------


def everything(client: Client, person: Guest) -> dict[str, Any]:
    answer = client.get(f"/c/bella/guests/{person.pk}/everything.json")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Type"] == "application/json"
    assert f'filename="guest-{person.pk}.json"' in answer["Content-Disposition"]
    return json.loads(answer.content)


def test_everything_about_a_guest_is_one_file(
    bella: Company, manager: User, sign_in: SignIn
) -> None:
    person = guest(
        bella,
        first_name="Анна",
        birthday=date(1990, 5, 6),
        opening_total=Decimal("12.5"),
        consent="given",
    )
    other = guest(bella, ANN, first_name="Ann")
    card(person, "C-1", "T-1")
    external_id(person, "till-1")
    put_in(person, "VIP")
    update_guest(
        company=bella,
        guest=person,
        expected=None,
        draft=Draft({"comment": "Window"}),
        actor=manager,
        source=Change.Source.WEB,
        now=timezone.now(),
    )
    person.refresh_from_db()
    merge(person, other, first_name="kept")
    with another_part() as stamps:
        stamps.notes = {person.pk: ["free coffee"]}
        told = everything(sign_in(manager), person)
    assert told["guest"]["first_name"] == "Анна"
    assert told["guest"]["birthday"] == "1990-05-06"
    assert told["guest"]["opening_total"] == "12.5000"
    assert told["cards"] == [{"track": "T-1", "number": "C-1"}]
    assert told["external_ids"] == ["till-1"]
    assert told["categories"] == ["VIP"]
    assert told["stamps"] == ["free coffee"]
    assert told["imports"] == []
    assert told["history"][0]["values"] == {"comment": ["", "Window"]}
    assert told["history"][0]["by"] == "Maria"
    (merged,) = told["merged_guests"]
    assert merged["guest"]["phone"] == ANN
    done = Change.objects.for_company(bella).about(person).order_by("pk").last()
    assert done is not None
    assert (done.action, done.actor) == ("download_guest", manager)


def test_whoever_was_merged_on_the_way_is_told_too(
    bella: Company, owner: User, sign_in: SignIn
) -> None:
    first, second = guest(bella), guest(bella, ANN)
    last = guest(bella, "+442079460977")
    merge(second, first)
    second.refresh_from_db()
    merge(last, second)
    client = sign_in(owner)
    told = everything(client, last)
    assert {each["guest"]["phone"] for each in told["merged_guests"]} == {ANNA, ANN}
    page = client.get(address(last))
    assert b"The guests who were merged into this one: 2" in page.content


@pytest.mark.parametrize("role", ["operator", "host"])
def test_only_who_may_export_downloads(
    bella: Company, role: str, request: pytest.FixtureRequest, sign_in: SignIn
) -> None:
    person = guest(bella)
    client = sign_in(request.getfixturevalue(role))
    assert client.get(f"/c/bella/guests/{person.pk}/everything.json").status_code == 403
    assert not Change.objects.filter(action="download_guest").exists()
