"""The board of unusual credits: who credited themselves, by telephone, by e-mail or by name."""

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest
from django.utils import timezone

from core.fields import LARGEST
from core.models import Company, Membership, User
from core.services import jobs
from guests.models import Guest
from guests.services.bulk_changes_sets import mark_of
from loyalty.models import BulkAdjustment, Program
from loyalty.services import bulk_adjusting
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move
from loyalty.unusual import ENOUGH, FEW, Unusual, unusual_credits
from tests.guests.cast import guest
from tests.guests.records import text_of

PHONE = "+447700900123"


@pytest.fixture
def board(bella: Company, manager: User, points: Program) -> Callable[[Guest], list[Unusual]]:
    """Call it with a guest whom the manager credits: what the board shows then."""

    def shown(credited: Guest) -> list[Unusual]:
        move = Move(
            guest_id=credited.pk,
            program_id=points.pk,
            amount=Decimal(10),
            source="manual",
            source_ref=f"click {credited.pk}",
        )
        post_entries(company=bella, postings=[move], actor=manager, now=timezone.now())
        return unusual_credits(bella, now=timezone.now())

    return shown


def why(found: list[Unusual]) -> list[tuple[bool, bool, bool]]:
    return [(each.own_phone, each.own_email, each.own_name) for each in found]


def named(user: User, name: str) -> None:
    user.name = name
    user.save(update_fields=["name"])


def test_a_guest_with_the_telephone_of_the_user_s_account(board, bella, manager):
    User.objects.filter(pk=manager.pk).update(phone=PHONE)
    assert why(board(guest(bella, PHONE))) == [(True, False, False)]


def test_a_guest_with_the_telephone_by_which_the_company_knows_the_member(board, bella, manager):
    Membership.objects.filter(user=manager, company=bella).update(phone=PHONE)
    assert why(board(guest(bella, PHONE))) == [(True, False, False)]


def test_what_another_company_knows_is_not_used(board, bella, roma, manager):
    Membership.objects.create(company=roma, user=manager, role="manager", phone=PHONE)
    assert board(guest(bella, PHONE)) == []


@pytest.mark.parametrize(("others", "is_shown"), [(0, True), (FEW - 1, True), (FEW, False)])
def test_a_bulk_credit_of_a_few_who_were_ticked_is_as_good_as_by_hand(
    bella, manager, points, others, is_shown
):
    User.objects.filter(pk=manager.pk).update(phone=PHONE)
    ticked = [guest(bella, PHONE), *(guest(bella, f"+4477009002{n:02}") for n in range(others))]
    guests = Guest.objects.filter(pk__in=[each.pk for each in ticked])
    change = bulk_adjusting.confirm_bulk(
        company=bella, guests=guests, seen=str(mark_of(bulk_adjusting.guests_of(guests))),
        program=points, amount=Decimal(10), restaurant=None, reason="promotion", comment="",
        query="", words=[], ref="", actor=manager, source="web", now=timezone.now(),
    )  # fmt: skip
    jobs.run(BulkAdjustment, change.pk)
    found = unusual_credits(bella, now=timezone.now())
    assert why(found) == ([(True, False, False)] if is_shown else [])


def test_no_telephone_is_nobody_s(board, bella, manager):
    erased = guest(bella)
    Guest.objects.filter(pk=erased.pk).update(phone=None)
    assert board(erased) == []


def test_a_guest_with_the_e_mail_in_any_case(board, bella, manager):
    assert why(board(guest(bella, email="MARIA@Bella.example"))) == [(False, True, False)]


@pytest.mark.parametrize(
    ("name", "of_guest"),
    [
        ("Zoë Müller", {"first_name": "zoe", "last_name": "MULLER"}),
        ("Müller Zoë", {"first_name": "Zoë", "last_name": "Müller"}),
        ("Алёна Петрова", {"first_name": "алена", "last_name": "ПЕТРОВА"}),
        ("Maria Garcia Lopez", {"first_name": "María", "last_name": "García López"}),
        ("Anna Petrova", {"first_name": "Anna", "middle_name": "Ivanovna", "last_name": "Petrova"}),
    ],
)
def test_a_guest_with_the_name_however_it_is_written(board, bella, manager, name, of_guest):
    named(manager, name)
    assert why(board(guest(bella, **of_guest))) == [(False, False, True)]


@pytest.mark.parametrize(
    ("name", "of_guest"),
    [
        ("Maria", {"first_name": "Maria"}),
        ("Maria", {"first_name": "Maria", "last_name": "Rossi"}),
        ("Maria Ross", {"first_name": "Maria", "last_name": "Rossi"}),
        ("Anna Petrova", {"first_name": "Anna Maria", "last_name": "Petrova"}),
        ("", {}),
    ],
)
def test_a_name_that_is_many_people_s_or_another_is_none(board, bella, manager, name, of_guest):
    named(manager, name)
    assert board(guest(bella, **of_guest)) == []


def test_the_board_says_which_it_was(board, bella, manager, sign_in):
    named(manager, "Maria Rossi")
    User.objects.filter(pk=manager.pk).update(phone=PHONE)
    own = {"email": manager.email, "first_name": "Maria", "last_name": "Rossi"}
    board(guest(bella, PHONE, **own))
    said: Any = text_of(sign_in(manager).get("/c/bella/programs/unusual/"))
    for part in ("telephone", "e-mail", "name"):
        assert f"The guest has the {part} of the person who credited" in said


def test_the_largest_amount_there_can_be_is_on_the_board_too(bella, manager, points):
    """What it is times the number of the others' is more than a bigint holds."""
    people = [guest(bella, f"+4420794609{n:02}") for n in range(ENOUGH + 1)]
    amounts = [LARGEST.quantize(Decimal("0.01"), rounding=ROUND_DOWN), *[Decimal(10)] * ENOUGH]
    moves = [
        Move(
            guest_id=each.pk,
            program_id=points.pk,
            amount=amount,
            source="manual",
            source_ref=f"click {each.pk}",
        )
        for each, amount in zip(people, amounts, strict=True)
    ]
    post_entries(company=bella, postings=moves, actor=manager, now=timezone.now())
    (found,) = unusual_credits(bella, now=timezone.now())
    assert found.is_far
    assert (found.guest_id, found.amount) == (people[0].pk, amounts[0])
