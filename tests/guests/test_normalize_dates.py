"""Dates, birthdays and moments, and the order of a column."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from guests.normalize import DateOrder, Invalid, birthday, date, datetime_, orders_of

pytestmark = pytest.mark.pure

ORDERS: tuple[DateOrder, ...] = ("ymd", "dmy", "mdy")
BORN = dt.date(1956, 5, 21)
TODAY = dt.date(2026, 11, 22)
MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "written",
    [
        "1956-05-21",
        "1956-5-21",
        "1956/05/21",
        "1956.05.21",
        "21.05.1956",
        "21.5.1956",
        " 21.05.1956 ",
        "1956-05-21 00:00:00",
        "1956-05-21T00:00:00",
        "1956-05-21T00:00:00.000Z",
        "1956-05-21 13:45",
        "21.05.1956 0:00:00",
        "21.05.1956 12:00 AM",
    ],
)
def test_a_shape_that_speaks_for_itself_needs_no_order(written: str, order: DateOrder) -> None:
    assert date(written, order) == BORN


@pytest.mark.parametrize("mark", "/-")
def test_the_order_of_the_column_settles_the_rest(mark: str) -> None:
    written = mark.join(("5", "06", "1990"))
    assert date(written, "dmy") == dt.date(1990, 6, 5)
    assert date(written, "mdy") == dt.date(1990, 5, 6)
    assert refusal(date, written, "ymd") == "date_order_ymd"


def test_a_column_has_one_order() -> None:
    assert date("05/21/1956 12:00:00 AM", "mdy") == BORN
    assert refusal(date, "05/21/1956", "dmy") == "date_order_dmy"
    assert refusal(date, "21/05/1956", "mdy") == "date_order_mdy"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("21.05.56", "date_year"),
        ("5/21/56", "date_year"),
        ("21.05.'56", "date_year"),
        ("31.02.1990", "date_none"),
        ("1990-02-29", "date_none"),
        ("1956-13-01", "date_none"),
        ("0000-01-01", "date_none"),
        ("20596", "date_format"),
        ("19560521", "date_format"),
        ("2024-W01-1", "date_format"),
        ("21 May 1956", "date_format"),
        ("21.05-1956", "date_format"),
        ("٢١.٠٥.١٩٥٦", "date_format"),
        ("1" * 1_000_000, "date_format"),
        ("1956-05-20T21:00:00Z", "date_time"),
        ("1956-05-21T03:00:00+03:00", "date_time"),
    ],
)
def test_what_is_no_date_is_refused_with_its_reason(written: str, code: str) -> None:
    assert refusal(date, written, "dmy") == code


@pytest.mark.parametrize(
    ("written", "orders"),
    [
        ("1956-05-21", {"ymd"}),
        ("1956/05/21", {"ymd"}),
        ("05.06.1990", {"dmy"}),
        ("05/06/1990", {"dmy", "mdy"}),
        ("05-06-1990", {"dmy", "mdy"}),
        ("05/05/1990 10:00", {"dmy", "mdy"}),
        ("21/05/1956", {"dmy"}),
        ("05/21/1956", {"mdy"}),
        ("31/02/1990", set()),
        ("05.21.1956", set()),
        ("21.05.56", set()),
        ("soon", set()),
    ],
)
def test_a_value_tells_the_orders_it_allows(written: str, orders: set[str]) -> None:
    assert orders_of(written) == orders


@settings(deadline=None)  # A busy machine is no fault of the rule.
@given(st.dates(dt.date(1900, 1, 1)), st.sampled_from(ORDERS), st.sampled_from("-/."))
def test_every_date_is_read_back_in_its_order(day: dt.date, order: DateOrder, mark: str) -> None:
    if mark == "." and order == "mdy":
        order = "dmy"
    parts = {"y": f"{day.year:04}", "m": f"{day.month:02}", "d": str(day.day)}
    written = mark.join(parts[part] for part in order)
    assert date(written, order) == day
    assert order in orders_of(written)


@settings(deadline=None)  # A busy machine is no fault of the rule.
@given(st.text("0123456789-./' :TZ+APMapm٣", max_size=24), st.sampled_from(ORDERS))
def test_no_text_is_more_than_refused(text: str, order: DateOrder) -> None:
    for rule in (date, partial(datetime_, tz=MOSCOW)):
        with contextlib.suppress(Invalid):
            assert rule(text, order)
    assert orders_of(text) <= set(ORDERS)


def test_a_birthday_is_neither_in_the_future_nor_before_1900() -> None:
    assert birthday("2026-11-22", order="ymd", today=TODAY) == TODAY
    assert birthday("1900-01-01", order="ymd", today=TODAY) == dt.date(1900, 1, 1)
    assert refusal(birthday, "2026-11-23", order="ymd", today=TODAY) == "birthday_future"
    assert refusal(birthday, "31.12.1899", order="ymd", today=TODAY) == "birthday_early"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2019-04-24", (2019, 4, 23, 21, 0)),
        ("24.04.2019", (2019, 4, 23, 21, 0)),
        ("2019-04-24 18:30", (2019, 4, 24, 15, 30)),
        ("2019-04-24T18:30:05", (2019, 4, 24, 15, 30, 5)),
        ("2019-04-24T18:30:05.25Z", (2019, 4, 24, 18, 30, 5, 250_000)),
        ("2019-04-24T18:30-0500", (2019, 4, 24, 23, 30)),
        ("24.04.2019 6:30 PM", (2019, 4, 24, 15, 30)),
        ("24/04/2019 12:15 am", (2019, 4, 23, 21, 15)),
    ],
)
def test_a_moment_is_local_unless_it_has_a_zone(written: str, moment: tuple[int, ...]) -> None:
    read = datetime_(written, "dmy", tz=MOSCOW)
    assert read == dt.datetime(*moment, tzinfo=dt.UTC)  # type: ignore[misc,arg-type]
    assert read.tzinfo is dt.UTC


@pytest.mark.parametrize("written", ["1899-12-30", "31.12.1899", "0001-01-01"])
def test_a_day_before_1900_is_a_mistake_too(written: str) -> None:
    assert refusal(date, written, "dmy") == "date_early"


@pytest.mark.parametrize("written", ["1899-12-30 21:40", "31.12.1899", "0001-01-01"])
def test_no_moment_is_before_1900(written: str) -> None:
    assert refusal(datetime_, written, "dmy", tz=MOSCOW) == "date_early"
    assert datetime_("1900-01-01", "dmy", tz=MOSCOW)


@pytest.mark.parametrize(
    "written",
    [
        "2019-04-24 25:00",
        "2019-04-24 13:00 PM",
        "2019-04-24 10:00+99:00",
        "9999-12-31T23:00-10:00",
    ],
)
def test_a_time_that_does_not_exist_is_refused(written: str) -> None:
    assert refusal(datetime_, written, "dmy", tz=MOSCOW) == "time_format"


def refusal(rule: Callable[..., object], *args: object, **options: object) -> str:
    with pytest.raises(Invalid) as refused:
        rule(*args, **options)
    assert len(str(refused.value)) < 200
    return refused.value.code
