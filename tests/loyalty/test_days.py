"""Local midnight, daylight saving, 29 February; currencies without and with three decimals."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from core import clock
from loyalty.models import Account, CreditLot, Program
from loyalty.money import NotAnAmount, read_amount
from loyalty.services.expiring import expire_company, expire_due
from loyalty.services.postings import Posted, Refused

pytestmark = pytest.mark.usefixtures("books_agree")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_the_clock_comes_by_within_a_minute_of_midnight():
    """Pages show balances as they are kept: what is over is not to stand there for long."""
    (expiry,) = (entry for entry in clock._entries.values() if entry.act is expire_due)
    assert expiry.seconds <= 60
    assert expiry.at_start


@pytest.mark.parametrize(
    ("given", "last", "still", "gone"),
    [
        # London is at UTC in winter, an hour ahead in summer: midnight is at 23:00 UTC then.
        (utc(2027, 1, 5, 12), date(2027, 1, 10), utc(2027, 1, 10, 23, 59), utc(2027, 1, 11)),
        (utc(2027, 6, 1, 12), date(2027, 6, 10), utc(2027, 6, 10, 22, 59), utc(2027, 6, 10, 23)),
        # The clocks go forward on 28 March and back on 31 October 2027.
        (utc(2027, 3, 1, 12), date(2027, 3, 28), utc(2027, 3, 28, 22, 59), utc(2027, 3, 28, 23)),
        (utc(2027, 10, 1), date(2027, 10, 31), utc(2027, 10, 31, 23, 59), utc(2027, 11, 1)),
        (utc(2028, 2, 1), date(2028, 2, 29), utc(2028, 2, 29, 23, 59), utc(2028, 3, 1)),
    ],
)
def test_a_credit_is_gone_from_local_midnight_on(bella, move, given, last, still, gone):
    move(10, given, expires_on=last)
    expire_company(bella, now=still)
    assert Account.objects.get().balance == 10
    assert isinstance(move(-1, still), Posted)
    # A debit in the first second finds nothing, whether the clock has come by or not.
    assert isinstance(move(-1, gone), Refused)
    expire_company(bella, now=gone)
    assert Account.objects.get().balance == 0


@pytest.mark.parametrize(
    ("expiry", "days", "given", "last"),
    [
        ("days", 1, utc(2028, 2, 28, 12), date(2028, 2, 29)),
        ("days", 366, utc(2027, 3, 1, 12), date(2028, 3, 1)),
        ("month_end", None, utc(2028, 2, 1), date(2028, 2, 29)),
        ("month_end", None, utc(2027, 2, 1), date(2027, 2, 28)),
        # In London it is April already.
        ("month_end", None, utc(2027, 3, 31, 23, 30), date(2027, 4, 30)),
        ("year_end", None, utc(2027, 12, 31, 23, 59), date(2027, 12, 31)),
        ("year_end", None, utc(2028, 1, 1), date(2028, 12, 31)),
    ],
)
def test_how_long_a_credit_lasts(points, move, expiry, days, given, last):
    Program.objects.filter(pk=points.pk).update(expiry=expiry, expiry_days=days)
    move(1, given)
    assert CreditLot.objects.get().expires_on == last


@pytest.mark.parametrize(
    ("currency", "good", "bad"), [("JPY", "5", "5.5"), ("KWD", "0.005", "0.0005")]
)
def test_an_amount_has_the_decimals_of_its_currency(bella, move, currency, good, bad):
    program = Program.objects.create(company=bella, name=currency, code="x", currency=currency)
    assert isinstance(move(good, program=program), Posted)
    assert move(bad, program=program).code == "not_an_amount"
    assert Account.objects.get().balance == Decimal(good)


def test_the_largest_amount_fits_and_no_more(move):
    assert isinstance(move("922337203685477"), Posted)
    assert move("1").code == "too_large"
    assert move("1e15").code == "too_large"
    assert move("1e1000000").code == "not_an_amount"
    assert move("NaN").code == "not_an_amount"
    assert move("Infinity").code == "not_an_amount"
    assert move("-0").code == "zero"
    assert Account.objects.get().balance == 922337203685477


@pytest.mark.parametrize(
    ("text", "gbp", "jpy", "kwd"),
    [
        ("1e1000000", None, None, None),
        ("NaN", None, None, None),
        ("Infinity", None, None, None),
        ("1,234.56", "1234.56", None, "1234.56"),
        ("1.234,56", "1234.56", None, "1234.56"),
        ("-0", "0", "0", "0"),
        ("1,234", None, "1234", None),
        ("1.000", "1", None, "1"),
        ("10.0", "10", "10", "10"),
        ("1.005", None, None, "1.005"),
        ("12", "12", "12", "12"),
        ("1000000000001", None, None, None),
        ("", None, None, None),
        ("ten", None, None, None),
    ],
)
def test_what_is_typed_has_one_answer_in_each_currency(text, gbp, jpy, kwd):
    for currency, expected in (("GBP", gbp), ("JPY", jpy), ("KWD", kwd)):
        if expected is None:
            with pytest.raises(NotAnAmount):
                read_amount(text, currency)
        else:
            found = read_amount(text, currency)
            assert found == Decimal(expected)
            assert not found.is_signed()


def test_a_year_that_there_is_not_is_for_ever(points, move):
    Program.objects.filter(pk=points.pk).update(expiry="days", expiry_days=2**31 - 1)
    move(1)
    assert CreditLot.objects.get().expires_on is None


def test_what_lapses_lapses_by_the_clock(bella, anna, points, manager, owner):
    from loyalty.models import Adjustment
    from loyalty.services import approving, asking

    now = utc(2027, 3, 27, 12)
    asked = asking.ask(
        company=bella, guest=anna, bulk=None, program=points, amount=Decimal(50), restaurant=None,
        reason="apology", comment="", ref="one", actor=manager, source="web", now=now,
    )  # fmt: skip
    assert approving.lapse_due(now=now + timedelta(days=7, seconds=-1)) == 0
    with pytest.raises(approving.Decided):
        approving.approve(adjustment=asked, actor=owner, source="web", now=now + timedelta(days=7))
    assert approving.lapse_due(now=now + timedelta(days=7)) == 1
    assert Adjustment.objects.get().state == "lapsed"
    assert not Account.objects.exists()
