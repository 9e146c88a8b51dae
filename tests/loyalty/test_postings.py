"""What post_entries does with credits and debits."""

import gc
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from loyalty.models import Account, CreditLot, EntryComment, LedgerEntry, LotUse, Program
from loyalty.services.accounts import Entry, Lot, OpenAccount
from loyalty.services.ledger import post_entries
from loyalty.services.postings import (
    AlreadyPosted,
    Move,
    NothingToPost,
    Posted,
    Refused,
    SetTo,
)
from tests.loyalty.conftest import NOON

pytestmark = pytest.mark.usefixtures("books_agree")

D = Decimal


def balance(guest):
    return Account.objects.get(guest=guest).balance


def lots(guest):
    found = CreditLot.objects.filter(account__guest=guest).order_by("entry_id")
    return [(lot.left, lot.expires_on) for lot in found]


# -- Credit and debit ---------------------------------------------------------------------------


def test_a_credit_opens_the_account_and_its_lot(move, anna, bella):
    outcome = move("10.50", comment="Sorry for the soup", reason="apology")
    assert outcome == Posted(LedgerEntry.objects.get().pk, D("10.50"), D("10.50"))
    assert balance(anna) == D("10.50")
    assert lots(anna) == [(D("10.50"), None)]
    assert EntryComment.objects.get().text == "Sorry for the soup"
    assert LedgerEntry.objects.get().reason == "apology"


def test_a_debit_takes_from_the_lot_that_expires_first(move, anna):
    move(5)
    move(5, expires_on=date(2026, 12, 31))
    move(5, expires_on=date(2026, 4, 1))
    assert move(-7).balance == 8
    assert lots(anna) == [(5, None), (3, date(2026, 12, 31)), (0, date(2026, 4, 1))]
    used = LotUse.objects.order_by("lot__expires_on").values_list("amount", flat=True)
    assert list(used) == [5, 2]


def test_a_debit_beyond_the_balance_is_refused_whole(move, anna):
    move(5)
    assert move(-6) == Refused("insufficient", {"available": D(5)})
    assert balance(anna) == 5


def test_a_debit_of_somebody_without_an_account_opens_none(move):
    assert move(-1) == Refused("insufficient", {"available": D(0)})
    assert not Account.objects.exists()


def test_postings_of_one_call_see_each_other_and_stand_alone(bella, anna, boris, points):
    def posting(guest, amount, ref):
        return Move(
            guest_id=guest.pk,
            program_id=points.pk,
            amount=D(amount),
            source="import",
            source_ref=ref,
        )

    outcomes = post_entries(
        company=bella,
        postings=[
            posting(anna, 5, "1"),
            posting(anna, -9, "2"),
            posting(boris, 3, "3"),
            posting(anna, -5, "4"),
        ],
        actor=None,
        now=NOON,
    )
    assert [type(outcome) for outcome in outcomes] == [Posted, Refused, Posted, Posted]
    assert [balance(anna), balance(boris)] == [0, 3]


# -- The same cause -----------------------------------------------------------------------------


def test_the_same_cause_pays_once(move, anna):
    first = move(5, ref="x")
    assert move(5, ref="x") == AlreadyPosted(first.entry_id, D(5))
    assert balance(anna) == 5


def test_another_amount_under_a_known_cause_is_refused(move, anna):
    move(5, ref="x")
    assert move(6, ref="x") == Refused("other_amount", {"amount": D(5)})
    assert balance(anna) == 5


def test_the_same_cause_twice_in_one_call_pays_once(bella, anna, points):
    def posting(amount):
        return Move(
            guest_id=anna.pk, program_id=points.pk, amount=D(amount), source="api", source_ref="x"
        )

    first, again, other = post_entries(
        company=bella, postings=[posting(5), posting(5), posting(6)], actor=None, now=NOON
    )
    assert again == AlreadyPosted(first.entry_id, D(5))
    assert other == Refused("other_amount", {"amount": D(5)})
    assert balance(anna) == 5


def test_nothing_of_a_call_outlives_it_while_rings_are_not_collected(move, anna):
    """As in an import, which would keep every entry of a million rows in memory."""

    def alive():
        kinds = {Entry, Lot, OpenAccount}
        return [each for each in gc.get_objects() if type(each) in kinds]

    # What an earlier test left in this process: an error that is still held holds its call.
    earlier = alive()
    gc.disable()
    try:
        move(5)
        move(5)
        move(-3)
        left = [each for each in alive() if not any(each is one for one in earlier)]
    finally:
        gc.enable()
    assert left == []


# -- Set to -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "target"), [(5, 8), (8, 5), (5, 0)])
def test_set_to_posts_the_difference(bella, anna, points, move, before, target):
    move(before)
    posting = SetTo(
        guest_id=anna.pk,
        program_id=points.pk,
        balance=D(target),
        source="import",
        source_ref="line 1",
    )
    (outcome,) = post_entries(company=bella, postings=[posting], actor=None, now=NOON)
    assert (outcome.amount, outcome.balance) == (target - before, target)
    (again,) = post_entries(company=bella, postings=[posting], actor=None, now=NOON)
    assert isinstance(again, AlreadyPosted)


def test_set_to_what_it_is_posts_nothing(bella, anna, points, move):
    move(5)
    posting = SetTo(
        guest_id=anna.pk, program_id=points.pk, balance=D(5), source="import", source_ref="1"
    )
    outcome = post_entries(company=bella, postings=[posting], actor=None, now=NOON)
    assert outcome == [NothingToPost(D(5))]
    assert LedgerEntry.objects.count() == 1


# -- What is no posting -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0", "zero"),
        ("-0", "zero"),
        ("0.001", "not_an_amount"),
        ("NaN", "not_an_amount"),
        ("Infinity", "not_an_amount"),
        ("1e1000000", "not_an_amount"),
        ("1e-1000000", "not_an_amount"),
        ("922337203685477.58", ""),
        ("922337203685477.59", "too_large"),
    ],
)
def test_an_amount_is_exact_or_refused(move, amount, code):
    outcome = move(amount)
    assert (outcome.code if isinstance(outcome, Refused) else "") == code


def test_a_balance_never_grows_beyond_what_can_be_kept(move, anna):
    move("922337203685477.58")
    assert move("0.01") == Refused("too_large")
    assert balance(anna) == D("922337203685477.58")


@pytest.mark.parametrize(
    ("currency", "fits", "does_not"), [("JPY", "100", "100.5"), ("KWD", "0.001", "0.0001")]
)
def test_decimals_are_those_of_the_currency(bella, move, currency, fits, does_not):
    program = Program.objects.create(company=bella, name="X", code="x", currency=currency)
    assert isinstance(move(fits, program=program), Posted)
    assert move(does_not, program=program).code == "not_an_amount"


def test_another_companys_program_is_none(roma, move):
    theirs = Program.objects.create(company=roma, name="P", code="p", currency="EUR")
    assert move(5, program=theirs) == Refused("no_program")


def test_a_discount_has_no_balance(bella, move):
    discount = Program.objects.create(
        company=bella, name="Ten", code="ten", currency="GBP", kind="discount", percentage=10
    )
    assert move(5, program=discount) == Refused("no_ledger")


def test_credits_are_given_while_the_program_runs_and_spent_at_any_time(bella, move, points):
    points.active_from, points.active_to = date(2026, 3, 10), date(2026, 3, 10)
    points.save()
    assert isinstance(move(5), Posted)
    for day in (-1, 1):
        assert move(5, now=NOON + timedelta(days=day)) == Refused("not_active")
    assert isinstance(move(-5, now=NOON + timedelta(days=1)), Posted)


# -- How long a credit lasts --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expiry", "days", "given", "last"),
    [
        ("never", None, date(2026, 3, 10), None),
        ("days", 1, date(2026, 3, 10), date(2026, 3, 11)),
        ("days", 365, date(2028, 2, 29), date(2029, 2, 28)),
        ("month_end", None, date(2028, 2, 1), date(2028, 2, 29)),
        ("month_end", None, date(2026, 2, 28), date(2026, 2, 28)),
        ("year_end", None, date(2028, 2, 29), date(2028, 12, 31)),
    ],
)
def test_the_programs_rule_says_the_last_day(move, anna, points, expiry, days, given, last):
    points.expiry, points.expiry_days = expiry, days
    points.save()
    move(5, now=datetime(given.year, given.month, given.day, 12, tzinfo=UTC))
    assert lots(anna) == [(5, last)]


def test_a_last_day_of_its_own_comes_before_the_rule(move, anna, points):
    points.expiry = "year_end"
    points.save()
    move(5, expires_on=None)
    move(5, expires_on=date(2026, 3, 10))
    assert [day for _left, day in lots(anna)] == [None, date(2026, 3, 10)]
    assert move(5, expires_on=date(2026, 3, 9)) == Refused("expired")


def test_a_credit_holds_through_its_last_day_in_the_companys_time_zone(move, anna):
    """London on summer time: midnight is 23:00 UTC."""
    move(5, expires_on=date(2026, 3, 29))
    last_second = datetime(2026, 3, 29, 22, 59, 59, tzinfo=UTC)
    assert move(-1, now=last_second).balance == 4
    midnight = datetime(2026, 3, 29, 23, tzinfo=UTC)
    assert move(-1, now=midnight) == Refused("insufficient", {"available": D(0)})
    assert balance(anna) == 0
    assert LedgerEntry.objects.filter(kind="expiry").get().amount == -4
