"""Amounts near the largest that can be kept: what is added up of them is exact all the same."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone

from core.fields import LARGEST
from guests.dependents import Refused as CannotMove
from loyalty.models import LedgerCheck, LedgerEntry, Program, ProgramTotals
from loyalty.services import totals
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move, Posted
from loyalty.unusual import unusual_credits
from tests.guests.cast import merge
from tests.loyalty.conftest import NOON, new_guest

#: Of two guests it is more than 64 bits hold.
MUCH = Decimal("922337203685477.58")

pytestmark = pytest.mark.usefixtures("books_agree")


@pytest.fixture
def rich(bella, manager, points):
    """Four guests who have as much as anybody can; one of them spent it and was given it again."""
    guests = [new_guest(bella, n) for n in range(4)]
    owners = [*guests, guests[0], *guests[:1] * 2]
    amounts = [MUCH] * 4 + [-MUCH, MUCH - 1, Decimal(1)]
    postings = [
        Move(
            guest_id=guest.pk,
            program_id=points.pk,
            amount=amount,
            source="manual",
            source_ref=str(place),
            expires_on=date(2098, 1, 1) + timedelta(days=place),
        )
        for place, (guest, amount) in enumerate(zip(owners, amounts, strict=True))
    ]
    outcomes = post_entries(company=bella, postings=postings, actor=manager, now=NOON)
    assert all(isinstance(outcome, Posted) for outcome in outcomes)
    return guests


def test_sums_of_a_program_go_beyond_the_largest_amount(bella, points, rich):
    assert LARGEST < 2 * MUCH
    (program,) = Program.objects.for_company(bella).with_totals()
    assert (program.members, program.outstanding) == (4, 4 * MUCH)
    sums = LedgerEntry.objects.for_company(bella).sums()
    assert sums == {"issued": 5 * MUCH, "spent": MUCH, "expired": 0}


def test_its_pages_show_them(points, rich, sign_in, owner):
    client = sign_in(owner)
    for address in ("programs/", f"programs/{points.pk}/"):
        assert "3,689,348,814,741,910.32" in client.get(f"/c/bella/{address}").content.decode()


def test_each_night_they_are_checked_and_nothing_too_large_is_written_down(bella, rich):
    call_command("check_ledger")
    assert LedgerCheck.objects.get().wrong == 0
    totals.add_up_every_ledger(now=timezone.now())
    assert not ProgramTotals.objects.exists()
    assert totals.sums_of(Program.objects.get())["issued"] == 5 * MUCH


def test_the_board_of_unusual_credits_adds_them_up(bella, points, rich, manager):
    credits = [
        Move(
            guest_id=rich[0].pk, program_id=points.pk, amount=amount, source="manual",
            source_ref=f"more {place}",
        )
        for place, amount in enumerate([-MUCH, MUCH] * 4)
    ]  # fmt: skip
    post_entries(company=bella, postings=credits, actor=manager, now=NOON)
    assert unusual_credits(bella, now=NOON)[0].given == 6 * MUCH


def test_two_who_would_have_too_much_together_are_not_merged(bella, rich):
    with pytest.raises(CannotMove, match="more than any balance"):
        merge(rich[0], rich[1])
