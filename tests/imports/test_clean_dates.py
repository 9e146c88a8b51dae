"""One order of dates per column, found from the rows; asked where no row tells."""

from datetime import UTC, date

import pytest

from imports.columns import CleanContext
from imports.pipeline.clean import Cleaner
from imports.pipeline.notation import Ambiguous, find_notation
from imports.pipeline.read import FileRefused
from imports.pipeline.rows import CleanRow, RawRow

pytestmark = pytest.mark.pure

MAPPING = ["phone", "birthday", "registered", "consent"]


def rows(*columns):
    """Rows with these birthdays, dates of registration and consents."""
    for line, cells in enumerate(zip(*columns, strict=True), start=1):
        yield RawRow(line, ["+447400123456", *cells])


def date_orders(rows, mapping, **chosen):
    return find_notation(rows, mapping, **chosen).date_orders


def orders(birthdays):
    return date_orders(rows(birthdays), MAPPING[:2])


@pytest.mark.parametrize(
    ("birthdays", "order"),
    [
        (["1990-06-05", "05.06.1990"], "ymd"),
        (["05/06/1990", "25/06/1990"], "dmy"),
        (["05/06/1990", "06/25/1990", ""], "mdy"),
        (["05-06-1990", "25-06-1990"], "dmy"),
        (["1990-06-05", "25/06/1990", "05.06.1990"], "dmy"),
        (["", " "], "ymd"),
        (["soon", "25/06/1990", "31/02/1990"], "dmy"),
        ([], "ymd"),
    ],
)
def test_the_rows_tell_the_order(birthdays, order):
    assert orders(birthdays) == {1: order}


def test_dates_that_no_row_tells_are_asked_for():
    with pytest.raises(Ambiguous) as asked:
        orders(["1990-06-05", "05/06/1990", "07/08/1990"])
    assert asked.value.code == "dates_ambiguous"
    assert asked.value.params == {"keys": ["birthday"], "value": "05/06/1990"}
    assert str(asked.value) == (
        "Dates such as “05/06/1990” (Date of birth) can be read in two ways. "
        "Choose whether the day or the month comes first."
    )
    assert isinstance(asked.value, FileRefused)


def test_two_orders_in_one_column_are_asked_about_too():
    with pytest.raises(Ambiguous) as asked:
        orders(["05/06/1990", "25/06/1990", "06/25/1990"])
    assert asked.value.code == "dates_mixed"
    assert {asked.value.params["value"], asked.value.params["other"]} == {
        "25/06/1990",
        "06/25/1990",
    }


def test_every_column_has_an_order_of_its_own():
    found = date_orders(
        rows(["25/06/1990"], ["06/25/2019 10:30 PM"], ["25/06/2019, Contract No. 17"]), MAPPING
    )
    assert found == {1: "dmy", 2: "mdy", 3: "dmy"}


def test_all_columns_that_cannot_tell_are_asked_for_at_once():
    with pytest.raises(Ambiguous) as asked:
        date_orders(rows(["05/06/1990"], ["05/06/2019"], [""]), MAPPING)
    assert asked.value.params["keys"] == ["birthday", "registered"]


def test_what_the_operator_chose_needs_no_row():
    def unread():
        raise AssertionError("a row was read")
        yield

    assert date_orders(unread(), MAPPING, dates="mdy") == {1: "mdy", 2: "mdy", 3: "mdy"}
    assert date_orders(unread(), ["phone", "name"]) == {}


def test_no_more_rows_are_read_than_are_needed_and_the_file_is_closed():
    read = 0
    closed = False

    def endless():
        nonlocal read, closed
        try:
            while True:
                read += 1
                yield RawRow(read, ["+447400123456", "1990-06-05"])
        finally:
            closed = True

    assert date_orders(endless(), MAPPING[:2]) == {1: "ymd"}
    assert read <= 1_000
    assert closed


def test_rows_of_another_width_say_nothing():
    odd = [RawRow(1, ["25/06/1990"]), RawRow(2, ["x", "y", "06/25/1990"])]
    assert date_orders([*odd, *rows(["25/06/1990"])], MAPPING[:2]) == {1: "dmy"}


@pytest.mark.parametrize(
    ("order", "cell", "day"),
    [
        ("ymd", "1990-06-05", date(1990, 6, 5)),
        ("mdy", "05.06.1990", date(1990, 6, 5)),
        ("dmy", "05/06/1990", date(1990, 6, 5)),
        ("mdy", "05/06/1990", date(1990, 5, 6)),
        ("ymd", "05/06/1990", None),
        ("dmy", "06/25/1990", None),
    ],
)
def test_a_column_is_read_in_its_order(order, cell, day):
    context = CleanContext("GB", "possible", date(2026, 1, 1), UTC, date_orders={1: order})
    row = Cleaner(MAPPING[:2], context).clean(RawRow(1, ["+447400123456", cell]))
    if day is None:
        assert [reason.code for reason in row.reasons] == [f"date_order_{order}"]
    else:
        assert isinstance(row, CleanRow)
        assert row.values["birthday"] == day
