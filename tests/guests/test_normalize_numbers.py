"""Amounts, and whole numbers that a spreadsheet made floats."""

from __future__ import annotations

import contextlib
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from guests.normalize import Invalid, amount, decimal_marks, whole

pytestmark = pytest.mark.pure

ten_thousandths = st.integers(-(10**16), 10**16).map(lambda number: Decimal(number).scaleb(-4))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("200", "200"),
        ("1234.56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("1,234,567.8901", "1234567.8901"),
        ("1.234", "1.234"),
        ("1234,567", "1234.567"),
        ("0,234", "0.234"),
        ("12,5", "12.5"),
        ("1 234,56", "1234.56"),
        ("1\u00a0234\u202f567,5", "1234567.5"),
        ("1'234.50", "1234.50"),
        ("1’234.50", "1234.50"),
        (".5", "0.5"),
        ("12.", "12"),
        ("+5", "5"),
        ("-5", "-5"),
        ("\u22125", "-5"),
        ("£1,234.56", "1234.56"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("12,50 €", "12.5"),
        ("1 200 ₽", "1200"),
        ("1 200 руб.", "1200"),
        ("1.50000", "1.5"),
        ("36.300000000000004", "36.3"),
        ("0.30000000000000004", "0.3"),
        ("1.2E-1", "0.12"),
        ("1.25E+2", "125"),
        ("1.255E+2", "125.5"),
        ("1000000000000", "1000000000000"),
    ],
)
def test_an_amount_is_exact_however_it_is_written(written: str, value: str) -> None:
    read = amount(written)
    assert read == Decimal(value)
    assert read or not read.is_signed()


def test_the_mark_of_a_column_settles_what_one_value_cannot() -> None:
    assert amount("1,234", decimal=".") == 1234
    assert amount("1,234", decimal=",") == Decimal("1.234")
    assert amount("1.234", decimal=",") == 1234
    assert amount("1.234", decimal=".") == Decimal("1.234")
    for written in ("1.234", "1,234", "-999.000", "£1,234"):
        assert refusal(written, decimal="") == "amount_ambiguous"


@pytest.mark.parametrize("mark", [".", ",", ""])
def test_what_an_amount_tells_by_itself_no_column_changes(mark) -> None:
    for written in ("1.234,5", "1,234.5", "1234.5", "1234,5"):
        assert amount(written, decimal=mark) == Decimal("1234.5")
    assert amount("1.234.567", decimal=mark) == amount("1,234,567", decimal=mark) == 1234567
    assert amount("0.234", decimal=mark) == amount("0,234", decimal=mark) == Decimal("0.234")
    assert amount("1234.567", decimal=mark) == Decimal("1234.567")


@pytest.mark.parametrize(
    ("written", "marks"),
    [
        ("12.5", "."),
        ("12,5", ","),
        ("1,234.56", "."),
        ("1.234,56", ","),
        ("1.234.567", ","),
        ("1,234,567", "."),
        ("1 234,567", ","),
        ("0.500", "."),
        ("1234.567", "."),
        ("-£1.234", ".,"),
        ("999,000", ".,"),
        ("1234", ""),
        ("1.25E+2", ""),
        ("1,23,4", ""),
        ("1.234,567.8", ""),
        ("soon", ""),
        ("9" * 1_000, ""),
    ],
)
def test_what_an_amount_tells_of_its_decimal_mark(written, marks) -> None:
    assert decimal_marks(written) == set(marks)


def test_an_ambiguous_amount_is_asked_about() -> None:
    with pytest.raises(Invalid) as refused:
        amount("1,234")
    assert refused.value.code == "amount_ambiguous"
    assert str(refused.value).endswith("Write it as 1234 or as 1.234.")


@pytest.mark.parametrize("written", ["1.234", "1,234"])
def test_what_is_asked_for_of_an_ambiguous_amount_is_not_ambiguous(written) -> None:
    with pytest.raises(Invalid) as refused:
        amount(written, decimal="")
    large, small = (refused.value.params[name] for name in ("large", "small"))
    assert (amount(large, decimal=""), amount(small, decimal="")) == (1234, Decimal("1.234"))


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("NaN", "amount_format"),
        ("sNaN", "amount_format"),
        ("Infinity", "amount_format"),
        ("-inf", "amount_format"),
        ("twelve", "amount_format"),
        ("--5", "amount_format"),
        ("5-", "amount_format"),
        ("(5)", "amount_format"),
        ("12,34.56", "amount_format"),
        ("1.234,567.8", "amount_format"),
        ("1,23,4", "amount_format"),
        ("1,234.567.890", "amount_format"),
        ("1 23", "amount_format"),
        ("12 GBP", "amount_format"),
        ("1_000", "amount_format"),
        ("٣", "amount_format"),
        ("9" * 1_000_000, "amount_format"),
        ("0.12345", "amount_decimals"),
        ("1e-5", "amount_decimals"),
        ("1e-1000000", "amount_decimals"),
        ("1000000000000.0001", "amount_too_large"),
        ("-1000000000001", "amount_too_large"),
        ("1e13", "amount_too_large"),
        ("1e1000000", "amount_too_large"),
        ("1E+0000000000000000000000000000000000000000000000013", "amount_too_large"),
        ("4.42E+11", "lost_digits"),
    ],
)
def test_what_is_no_amount_is_refused_at_once(written: str, code: str) -> None:
    started = time.process_time()
    assert refusal(written) == code
    assert time.process_time() - started < 0.2


def test_below_zero_only_where_it_may_be() -> None:
    assert refusal("-0.01", signed=False) == "amount_negative"
    assert amount("-0", signed=False) == 0


@settings(deadline=None)  # A busy machine is no fault of the rule.
@given(ten_thousandths)
def test_every_amount_is_read_back(number: Decimal) -> None:
    assert amount(f"{number:f}") == number
    assert amount(f"{number:,.4f}") == number
    assert amount(f"{number:,.4f}".translate(str.maketrans(",.", ".,"))) == number
    assert amount(f"{number:,.4f}".replace(",", "\u00a0").replace(".", ",")) == number


@settings(deadline=None)  # A busy machine is no fault of the rule.
@given(st.text("0123456789.,eE+- '$₽", max_size=24))
def test_no_text_is_more_than_refused(text: str) -> None:
    with contextlib.suppress(Invalid):
        assert abs(amount(text)) <= 10**12


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("442012345678.0", "442012345678"),
        ("442012345678,0", "442012345678"),
        ("0.0", "0"),
        ("4.42079460958E+11", "442079460958"),
        ("4,5E+1", "45"),
        ("442012345678", "442012345678"),
        ("12345678901234567890", "12345678901234567890"),
        ("12E5", "12E5"),
        ("007.0", "007.0"),
        ("1.5", "1.5"),
        ("A-17", "A-17"),
    ],
)
def test_a_whole_number_that_became_a_float_is_repaired(written: str, number: str) -> None:
    assert whole(written) == number


@pytest.mark.parametrize(
    "written",
    [
        "4.42E+11",
        "4,42E+11",
        "1.2E+1000000",
        "4.42079460958E+15",
        "1.234567890123456E+15",
        "12345678901234567.0",
        "1.5E-05",
    ],
)
def test_lost_digits_are_an_error_that_says_so(written: str) -> None:
    with pytest.raises(Invalid, match="last digits are lost") as refused:
        whole(written)
    assert refused.value.code == "lost_digits"


def refusal(written: str, **options: object) -> str:
    with pytest.raises(Invalid) as refused:
        amount(written, **options)  # type: ignore[arg-type]
    assert len(str(refused.value)) < 250
    return refused.value.code
