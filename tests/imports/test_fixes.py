"""Fixes in one click are offered only where they are certain, and do what they say."""

import pytest

from imports import fixes
from imports.options import Options

pytestmark = pytest.mark.pure

MOSCOW = ["8 916 123-45-67", "8 (495) 123-45-67", "9031234567"]


def group(code, values=(), column="phone"):
    return {"code": code, "column": column, "values": list(values)}


def fix_of(found, options=None, home="GB", accepted=()):
    return fixes.fix_of(found, options=options or Options(), home=home, accepted=accepted)


def test_unknown_categories_can_be_created():
    fix = fix_of(group("category_unknown", ["VIP"], "categories"))
    assert fixes.apply(fix.value, Options()) == Options(create_categories=True)


def test_categories_are_not_offered_when_they_are_created_already():
    found = group("category_unknown", ["VIP"], "categories")
    assert fix_of(found, Options(create_categories=True)) is None


def test_numbers_of_one_other_country_are_read_as_such():
    fix = fix_of(group("phone_length", MOSCOW))
    assert fix == ("region:RU", "Read as numbers of RU (+7)")
    assert fixes.apply(fix.value, Options(partial=True)) == Options(partial=True, region="RU")


@pytest.mark.parametrize(
    "values",
    [
        MOSCOW[:2],  # so few could be of many countries
        [*MOSCOW, "12"],  # one that would still be wrong
        ["+79161234567", "+79161234568", "+79161234569"],  # they have their country
        [],
    ],
)
def test_no_country_is_offered_where_it_is_not_certain(values):
    assert fix_of(group("phone_length", values)) is None


def test_no_country_is_offered_that_would_read_good_rows_otherwise():
    found = group("phone_length", MOSCOW)
    assert fix_of(found, accepted=["+442079460958"]) is None
    assert fix_of(found, accepted=["+393123456789"]).value == "region:RU"


def test_a_country_is_offered_once():
    assert fix_of(group("phone_length", MOSCOW), Options(region="KZ")) is None


def test_other_errors_have_no_fix():
    assert fix_of(group("email_at", ["a", "b", "c"], "email")) is None
    assert fix_of(group("phone_letters", ["abc"] * 3)) is None


def test_ambiguous_dates_are_offered_in_both_orders_as_they_would_be_read():
    problem = {"code": "dates_ambiguous", "params": {"value": "05/06/1990", "keys": ["birthday"]}}
    day, month = fixes.fixes_of_file(problem)
    assert day.label == "Day first: 05/06/1990 is 5 June 1990"
    assert month.label == "Month first: 05/06/1990 is 6 May 1990"
    assert fixes.apply(day.value, Options()).dates == "dmy"
    assert fixes.apply(month.value, Options()).dates == "mdy"


def test_a_date_that_is_none_in_an_order_is_not_shown_in_it():
    problem = {"code": "dates_mixed", "params": {"value": "25/06/1990", "other": "06/25/1990"}}
    assert [fix.label for fix in fixes.fixes_of_file(problem)][1] == "Month first"


def test_ambiguous_amounts_are_offered_with_both_marks_as_they_would_be_read():
    problem = {"code": "amounts_ambiguous", "params": {"value": "1.234", "keys": ["amount"]}}
    point, comma = fixes.fixes_of_file(problem)
    assert point.label == "Decimal point: 1.234 is 1.234"
    assert comma.label == "Decimal comma: 1.234 is 1234"
    assert fixes.apply(point.value, Options()).decimal == "."
    assert fixes.apply(comma.value, Options()).decimal == ","


def test_a_file_that_cannot_be_read_otherwise_has_no_fix():
    assert fixes.fixes_of_file({"code": "quote_unclosed", "params": {"line": 3}}) == []


@pytest.mark.parametrize(
    "value", ["", "x", "dates:", "dates:ymd", "region:", "region:XX", "region:ru"]
)
def test_what_is_no_fix_is_refused(value):
    with pytest.raises(ValueError, match="no such fix"):
        fixes.apply(value, Options())
