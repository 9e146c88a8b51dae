"""One decimal mark per column of amounts, found from the rows; asked where no row tells."""

from datetime import UTC, date
from decimal import Decimal

import pytest

from imports.columns import BALANCES, CleanContext, column_of
from imports.pipeline.clean import Cleaner
from imports.pipeline.notation import Ambiguous, find_notation
from imports.pipeline.rows import CleanRow, RawRow

pytestmark = pytest.mark.pure

MAPPING = ["phone", "amount"]


def rows(*amounts):
    for line, amount in enumerate(amounts, start=1):
        yield RawRow(line, ["+447400123456", amount])


def mark(*amounts):
    return find_notation(rows(*amounts), MAPPING).decimal_marks[1]


def read(cells, *, decimal=""):
    """Return what the cells of a file come to: amounts, or the codes of what is wrong."""
    found = find_notation(rows(*cells), MAPPING, decimal=decimal)
    marks = found.decimal_marks
    context = CleanContext("GB", "possible", date(2026, 1, 1), UTC, decimal_marks=marks)
    cleaned = Cleaner(MAPPING, context, kind=BALANCES).clean_many(list(rows(*cells)))
    return [
        row.values["amount"] if isinstance(row, CleanRow) else row.reasons[0].code
        for row in cleaned
    ]


@pytest.mark.parametrize(
    ("amounts", "found"),
    [
        (["1.234", "12.5"], "."),
        (["1.234", "12,5"], ","),
        (["1.234", "1.234,56"], ","),
        (["1,234", "1,234.56"], "."),
        (["1.234", "1.234.567"], ","),
        (["1.234", "0.500"], "."),
        (["1", "250", ""], ""),
        (["12.5", "1.234,56"], ""),
        (["1.234", "NaN", "12,5"], ","),
        ([], ""),
    ],
)
def test_the_rows_tell_the_mark(amounts, found):
    assert mark(*amounts) == found


def test_no_amount_is_read_a_thousandfold():
    assert read(["1.234", "-2.500", "350", "12,5"]) == [1234, -2500, 350, Decimal("12.5")]
    assert read(["1.234", "2.500", "12.5"]) == [Decimal("1.234"), Decimal("2.5"), Decimal("12.5")]
    assert read(["1.234,56", "1,234.56"]) == [Decimal("1234.56"), Decimal("1234.56")]


def test_amounts_that_no_row_tells_are_asked_for():
    with pytest.raises(Ambiguous) as asked:
        mark("350", "1.234", "2.500")
    assert asked.value.code == "amounts_ambiguous"
    assert asked.value.params == {"keys": ["amount"], "value": "1.234"}
    assert str(asked.value) == (
        "Amounts such as “1.234” (Amount) can be read in two ways. "
        "Choose whether the point or the comma stands before the decimals."
    )


def test_two_marks_in_one_column_are_asked_about_where_it_makes_a_difference():
    with pytest.raises(Ambiguous) as asked:
        mark("1.234", "12.5", "12,5")
    assert str(asked.value) == (
        "Amounts are written in two ways in one column (Amount): “12.5” and “12,5”. "
        "Choose whether the point or the comma stands before the decimals in “1.234”."
    )


def test_what_the_operator_chose_settles_what_the_rows_leave_open():
    cells = ["1.234", "12.5", "12,5", "1,234"]
    tells = [Decimal("12.5"), Decimal("12.5")]
    assert read(cells, decimal=".") == [Decimal("1.234"), *tells, 1234]
    assert read(cells, decimal=",") == [1234, *tells, Decimal("1.234")]


def test_one_that_comes_after_enough_that_told_nothing_fails_by_its_row():
    cells = [*["5"] * 1_000, "1.234"]
    assert read(cells)[-1] == "amount_ambiguous"


def test_an_amount_is_written_so_that_it_tells_by_itself():
    widget = column_of("amount")[0].widget
    written = [widget.render(Decimal(value)) for value in ("1.2340", "1.5000", "1234.567", "7.0")]
    assert written == ["1.2340", "1.5", "1234.567", "7"]
