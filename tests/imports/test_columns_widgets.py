"""Cells to values and back: what the export writes, the import reads as the same value."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from guests.normalize import Invalid, fold, name
from imports.columns import COLUMNS, CleanContext

pytestmark = pytest.mark.pure

CONTEXT = CleanContext("GB", "possible", date(2026, 1, 1), ZoneInfo("Europe/London"))


def read(key: str, cell: str) -> object:
    return COLUMNS[key].widget.clean(cell, context=CONTEXT)


def write(key: str, value: object) -> str:
    return COLUMNS[key].widget.render(value)


@pytest.mark.parametrize("column", COLUMNS.values(), ids=list(COLUMNS))
def test_every_example_is_accepted_and_a_blank_is_no_value(column):
    assert column.widget.clean(column.example, context=CONTEXT) is not None
    assert column.widget.clean(" \t", context=CONTEXT) is None
    assert column.widget.render(None) == ""


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 1, 1)))
def test_days_come_back(day):
    assert read("birthday", write("birthday", day)) == day


@given(
    st.timedeltas(timedelta(0), timedelta(days=70_000)),
    st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)
def test_moments_come_back_to_the_microsecond(since, zone):
    moment = datetime(1900, 1, 2, tzinfo=zone) + since
    assert read("registered", write("registered", moment)) == moment


@given(st.decimals(0, Decimal(999_999_999_999), places=4))
def test_amounts_come_back_exactly(amount):
    cell = write("current_order_sum", amount)
    assert read("current_order_sum", cell) == amount
    assert "E" not in cell


def test_amounts_have_no_more_decimals_than_needed():
    written = [write("current_order_sum", Decimal(text)) for text in ("0.0000", "200", "12.5000")]
    assert written == ["0", "200", "12.5"]


@pytest.mark.parametrize("key", ["receive_promo", "deleted"])
def test_yes_and_no_come_back(key):
    assert [read(key, write(key, value)) for value in (True, False)] == [True, False]


def kept(text: str) -> str:
    """The name of a category as it is kept, "" for what cannot be one."""
    try:
        return name(text, 80)
    except Invalid:
        return ""


tricky = st.text(st.sampled_from(" ,;|\"'\naЯ"), max_size=12)
names = st.one_of(st.text(max_size=80), tricky).map(kept).filter(fold)


@given(st.lists(names, min_size=1, max_size=5, unique_by=fold))
def test_categories_come_back_whatever_stands_in_their_names(categories):
    assert read("categories", write("categories", categories)) == categories


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("VIP", ["VIP"]),
        ("VIP; Lunch club", ["VIP", "Lunch club"]),
        ("VIP,Lunch club|Staff\nBar;;", ["VIP", "Lunch club", "Staff", "Bar"]),
        ('"Friends, old and new"; VIP', ["Friends, old and new", "VIP"]),
        ('"The ""Regulars"""', ['The "Regulars"']),
        ("vip; VIP ;Vip", ["vip"]),
        ('5" records; VIP', ['5" records', "VIP"]),
        (" ; ,", []),
    ],
)
def test_categories_in_one_cell(cell, expected):
    assert read("categories", cell) == expected


@pytest.mark.parametrize("cell", ['"VIP', 'VIP; "Lunch', '"VIP" Lunch'])
def test_a_quote_that_does_not_close_is_refused(cell):
    with pytest.raises(Invalid) as refused:
        read("categories", cell)
    assert "is not closed" in str(refused.value)


def test_moments_without_a_zone_are_the_companys_own_time():
    assert read("registered", "24.04.2019 18:30") == datetime(2019, 4, 24, 17, 30, tzinfo=UTC)


def test_comments_written_in_a_browser_read_as_they_are_written():
    assert write("comment", "one\r\ntwo") == "one\ntwo" == read("comment", "one\ntwo")
