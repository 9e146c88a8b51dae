"""The formula guard: what goes out quoted comes back as it was."""

import pytest
from hypothesis import given, strategies as st

from core.formula import guard, unguard

pytestmark = pytest.mark.pure

tricky = st.text(alphabet="'=+-@\t\r\n0123456789.,abcЯ ", max_size=12)


@given(st.one_of(st.text(), tricky))
def test_unguarding_what_was_guarded_gives_it_back(cell):
    assert unguard(guard(cell)) == cell


@given(tricky)
def test_what_is_written_starts_no_formula_unless_it_is_a_number(cell):
    written = guard(cell)
    is_number = written.lstrip("+-").replace(".", "").replace(",", "").isdigit()
    assert is_number or not written.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("cell", ["+44202128506", "-5", "-12.50", "-0,5", "42", "", "'t Hooft"])
def test_phones_numbers_and_names_are_written_as_they_are(cell):
    assert guard(cell) == cell


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+44 20 2128", "'+44 20 2128"),
        ("-2+3", "'-2+3"),
        ("'=1", "''=1"),
        ("\t=1", "'\t=1"),
        ("+1234567890123456", "'+1234567890123456"),
    ],
)
def test_what_a_spreadsheet_would_run_is_quoted(cell, written):
    assert guard(cell) == written


def test_other_leading_quotes_stay():
    assert unguard("'t Hooft") == "'t Hooft"
    assert unguard("'") == "'"
