"""Taking an entry back: once, into the lots it came from, and never more than is there."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from loyalty.models import Account, CreditLot, LedgerEntry, Terms
from loyalty.services.ledger import post_entries
from loyalty.services.postings import AlreadyPosted, Posted, Refused, Reversal
from tests.loyalty.conftest import NOON

pytestmark = pytest.mark.usefixtures("books_agree")

D = Decimal


def back(entry, ref="back", **values):
    return Reversal(entry_id=entry.entry_id, source="manual", source_ref=ref, **values)


def lots():
    found = CreditLot.objects.order_by("entry_id")
    return [(lot.left, lot.expires_on) for lot in found]


def test_a_debit_goes_back_into_the_lots_it_came_from(move, post):
    move(5, expires_on=date(2026, 4, 1))
    move(5)
    debit = move(-7)
    assert post(back(debit)).balance == 10
    assert lots() == [(5, date(2026, 4, 1)), (5, None)]
    assert LedgerEntry.objects.get(kind="reversal").reverses_id == debit.entry_id


def test_once_only(move, post):
    move(5)
    debit = move(-5)
    first = post(back(debit))
    assert post(back(debit)) == AlreadyPosted(first.entry_id, D(5))
    assert post(back(debit, "another")) == Refused("reversed")
    assert post(back(first, "third")) == Refused("is_reversal")


def test_twice_in_one_call_is_once(bella, move):
    move(5)
    debit = move(-5)
    outcomes = post_entries(
        company=bella, postings=[back(debit, "a"), back(debit, "b")], actor=None, now=NOON
    )
    assert outcomes[1] == Refused("reversed")
    assert Account.objects.get().balance == 5


def test_a_lot_past_its_day_comes_back_with_days_of_grace(bella, move, post):
    Terms.objects.create(company=bella, grace_days=10)
    move(5, expires_on=date(2026, 3, 12))
    debit = move(-5)
    later = NOON + timedelta(days=30)
    assert post(back(debit), later).balance == 5
    assert lots() == [(5, date(2026, 4, 19))]


def test_an_expiry_can_be_taken_back(move, post, bella):
    move(5, expires_on=date(2026, 3, 10))
    move(1, now=NOON + timedelta(days=1))
    gone = LedgerEntry.objects.get(kind="expiry")
    outcome = post(
        Reversal(entry_id=gone.pk, source="manual", source_ref="r"), NOON + timedelta(days=1)
    )
    assert outcome.balance == 6


def test_a_credit_is_taken_from_its_own_lot(move, post):
    move(5, expires_on=date(2026, 4, 1))
    wrong = move(3)
    assert post(back(wrong)).balance == 5
    assert lots() == [(5, date(2026, 4, 1)), (0, None)]


def test_what_is_spent_of_a_credit_is_said_and_somebody_decides(move, post):
    wrong = move(10, expires_on=date(2026, 4, 1))
    move(4)
    move(-7)
    assert post(back(wrong)) == Refused("spent", {"left": D(3), "shortfall": D(7)})
    outcome = post(back(wrong, shortfall="what_is_left"))
    assert (outcome.amount, outcome.balance) == (-3, 4)


def test_the_rest_can_be_taken_from_other_credits_as_far_as_they_go(move, post):
    wrong = move(10, expires_on=date(2026, 4, 1))
    move(4)
    move(-7)
    outcome = post(back(wrong, shortfall="from_others"))
    assert (outcome.amount, outcome.balance) == (-7, 0)


def test_a_credit_of_which_nothing_is_left_is_not_reversed(move, post):
    wrong = move(10)
    move(-10)
    for shortfall in ("refuse", "what_is_left", "from_others"):
        refused = post(back(wrong, shortfall=shortfall))
        assert refused == Refused("spent", {"left": D(0), "shortfall": D(10)})


def test_another_companys_entry_is_none(roma, move, post):
    entry = move(5)
    (outcome,) = post_entries(company=roma, postings=[back(entry)], actor=None, now=NOON)
    assert outcome == Refused("no_entry")
    assert isinstance(post(back(entry)), Posted)


def test_what_a_reversal_left_out_comes_back_with_its_debit_and_no_more(move, post):
    """The credit was given, 60 of it spent, the 40 left were taken back. The 60 stayed given: when
    what they were spent on is undone, the guest has these 60 again, and never the 40.
    """
    given, spent = move(100), move(-60)
    assert post(back(given, shortfall="what_is_left")).amount == -40
    assert post(back(spent, ref="spent")).amount == 60
    assert Account.objects.get().balance == 60
    again = back(given, ref="again", shortfall="what_is_left")
    assert post(again) == Refused("reversed")
    move(-60)
    assert Account.objects.get().balance == 0


def test_what_was_taken_from_other_credits_is_made_up_for_by_the_debit(move, post):
    given, spent, other = move(100), move(-60), move(80)
    assert post(back(given, shortfall="from_others")).amount == -100
    assert post(back(spent, ref="spent")).amount == 60
    # The other credit, and nothing of the one that was taken back whole.
    assert Account.objects.get().balance == other.amount
