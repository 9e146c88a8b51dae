"""Rows to values: every field, every reason, and nothing where a cell is blank."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from imports.columns import CleanContext
from imports.pipeline.clean import Cleaner
from imports.pipeline.map import Mapper
from imports.pipeline.rows import CleanRow, RawRow, Rejected
from imports.reasons import reason_text

pytestmark = pytest.mark.pure

FIXTURES = Path(__file__).parent.parent / "fixtures"
CONTEXT = CleanContext("GB", "possible", date(2026, 11, 22), ZoneInfo("Europe/London"))
PHONE = "+447400123456"


def clean(mapping, *cells, context=CONTEXT, width=None):
    return Cleaner(mapping, context, width=width).clean(RawRow(7, list(cells)))


def values(mapping, *cells):
    row = clean(["phone", *mapping], PHONE, *cells)
    assert isinstance(row, CleanRow), row
    assert row.values.pop("phone") == PHONE
    return row.values


def reasons(mapping, *cells, **options):
    row = clean(mapping, *cells, **options)
    assert isinstance(row, Rejected), row
    assert (row.line, row.cells) == (7, list(cells))
    return [(reason.code, reason.column) for reason in row.reasons]


def test_every_field_has_its_value():
    mapping = {
        "external_id": "C-1",
        "track_1": ";1234=567?",
        "number_1": "11111.0",
        "employee_id": "E-17",
        "name": "  Anna  Maria ",
        "last_name": "Петрова",
        "middle_name": "Ивановна",
        "birthday": "21.05.1956",
        "sex": "Ж",
        "email": "anna@Example.com",
        "consent": "given",
        "consent_details": "Contract 17",
        "consent_date": "2024-05-01",
        "comment": "By the window\r\nalways",
        "categories": "VIP; Lunch club",
        "receive_promo": "0",
        "deleted": "нет",
        "member_number": "M-1",
        "member_tier": "Gold",
        "image_url": "https://example.com/a.jpg",
        "registered": "2019-07-24 18:30",
        "current_order_sum": "1 234,50",
    }
    assert values(list(mapping), *mapping.values()) == {
        "external_id": "C-1",
        "cards": [(";1234=567?", "11111")],
        "employee_id": "E-17",
        "first_name": "Anna Maria",
        "last_name": "Петрова",
        "middle_name": "Ивановна",
        "birthday": date(1956, 5, 21),
        "sex": "female",
        "email": "anna@example.com",
        "consent": "given",
        "consent_details": "Contract 17",
        "consent_date": date(2024, 5, 1),
        "comment": "By the window\nalways",
        "categories": ["VIP", "Lunch club"],
        "subscribed": False,
        "deleted": False,
        "member_number": "M-1",
        "member_tier": "Gold",
        "image_url": "https://example.com/a.jpg",
        "registered_at": datetime(2019, 7, 24, 17, 30, tzinfo=UTC),
        "opening_total": Decimal("1234.50"),
    }


def test_a_blank_cell_has_no_value_but_zero_and_no_are_values():
    mapping = ["name", "receive_promo", "current_order_sum", "number_1", "consent", "categories"]
    assert values(mapping, "", " ", "\t", "\xa0", "", "") == {}
    assert values(mapping, "0", "no", "0", "0", "no", "0") == {
        "first_name": "0",
        "subscribed": False,
        "opening_total": Decimal(0),
        "cards": [(None, "0")],
        "consent": "revoked",
        "categories": ["0"],
    }


def test_columns_that_are_not_imported_are_not_looked_at():
    assert values([None, "name", None], "not a date", "Anna", "\x00") == {"first_name": "Anna"}


def test_a_phone_alone_is_a_row():
    assert values([]) == {}


def test_every_reason_of_a_row_is_given():
    mapping = ["phone", "birthday", "sex", "email", "current_order_sum", "name"]
    found = reasons(mapping, "12-ab", "31.02.1990", "perhaps", "nobody", "NaN", "Anna")
    assert [column for _code, column in found] == mapping[:5]


def test_a_missing_phone_is_a_reason_beside_the_others():
    found = reasons(["sex", "phone"], "perhaps", " ")
    assert found == [("phone_missing", "phone"), ("sex", "sex")]


def test_a_reason_says_the_value_cut_short():
    row = clean(["phone", "birthday"], PHONE, "x" * 500)
    [reason] = row.reasons
    assert reason.params == {}
    assert len(reason.value) == 60
    assert reason_text(reason).startswith("“xxxxx")
    assert "is not a date" in reason_text(reason)


@pytest.mark.parametrize("check", ["valid", "mobile"])
def test_a_company_may_ask_more_of_a_phone(check):
    strict = CleanContext("GB", check, CONTEXT.today, UTC)
    assert isinstance(clean(["phone"], "+44202128506"), CleanRow)
    assert reasons(["phone"], "+44202128506", context=strict) == [("phone_not_valid", "phone")]


def test_birthdays_are_judged_by_the_day_of_the_import():
    tomorrow = CONTEXT.today.replace(day=23).isoformat()
    assert reasons(["phone", "birthday"], PHONE, tomorrow) == [("birthday_future", "birthday")]


# -- Width --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [[PHONE], [PHONE, "a", "b", "c"], [PHONE, "a", "b", "", "c"]])
def test_a_row_of_another_width_is_refused_whatever_is_in_it(cells):
    row = clean(["phone", "name", "sex"], *cells)
    [reason] = row.reasons
    assert (reason.code, reason.params["expected"]) == ("wrong_width", 3)
    assert reason_text(reason).startswith(
        f"The row has {len(cells)} {'cell' if len(cells) == 1 else 'cells'} instead of 3:"
    )


def test_empty_cells_behind_the_last_column_are_forgiven():
    assert isinstance(clean(["phone", "name"], PHONE, "", "", " "), CleanRow)


def test_the_header_may_be_wider_than_what_is_mapped():
    assert isinstance(clean(["phone"], PHONE, "more", width=2), CleanRow)
    with pytest.raises(ValueError, match="column 2 of 1"):
        Mapper(["phone", "name"], width=1)


def test_the_second_row_of_the_iiko_sample_lacks_a_cell():
    mapping = [
        "phone", "number_1", None, "email", "birthday", "name", "last_name", None,
        "receive_promo", "deleted", "current_order_sum",
    ]  # fmt: skip
    with (FIXTURES / "iiko_sample.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=";") if row]
    first, second = (clean(mapping, *row) for row in rows)
    assert first.values == {
        "phone": "+44202128506",
        "cards": [(None, "11111")],
        "email": "smith@mymail.com",
        "birthday": date(1956, 5, 21),
        "first_name": "John",
        "last_name": "Smith",
        "subscribed": False,
        "deleted": True,
        "opening_total": Decimal(0),
    }
    assert [reason_text(reason) for reason in second.reasons] == [
        "The row has 10 cells instead of 11: its values may stand in the wrong fields."
    ]


# -- Cards, ids, consent ------------------------------------------------------------------------

CARDS = ["track_1", "number_1", "number_2", "track_2", "track_10"]


def test_track_and_number_of_the_same_index_are_one_card():
    assert values(CARDS, "t1", "n1", "n2", "t2", "t10") == {
        "cards": [("t1", "n1"), ("t2", "n2"), ("t10", None)],
        "card_places": [1, 2, 10],
    }
    assert values(CARDS, "", "n1", "", "t2", "") == {"cards": [(None, "n1"), ("t2", None)]}


@pytest.mark.parametrize(
    ("cells", "cards"),
    [
        (("t1", "n1", "n1", "t1", ""), [("t1", "n1")]),
        (("t1", "", "n1", "t1", ""), [("t1", "n1")]),
        (("", "n1", "n1", "t1", "t1"), [("t1", "n1")]),
        (("t1", "", "", "t1", "t1"), [("t1", None)]),
        (("t1", "", "n2", "", ""), [("t1", None), (None, "n2")]),
    ],
)
def test_the_same_card_twice_in_a_row_is_one(cells, cards):
    assert values(CARDS, *cells)["cards"] == cards


def test_a_track_cannot_have_two_numbers_nor_a_number_two_tracks():
    row = ["phone", *CARDS]
    assert reasons(row, PHONE, "t1", "n1", "n2", "t1", "") == [("track_repeated", "track_2")]
    assert reasons(row, PHONE, "t1", "n1", "n1", "t2", "") == [("number_repeated", "number_2")]


def test_the_first_external_id_finds_the_guest_and_others_stand_beside_it():
    ids = ["external_id", "external_id_2", "external_id_3"]
    assert values(ids, "a", "b", "a") == {"external_id": "a", "more_external_ids": ["b"]}
    assert values(ids, "", "b", "") == {"external_id": "b"}
    assert values(ids[1:2], "b") == {"external_id": "b"}


def test_consent_as_incust_has_it_gives_details_and_date():
    cell = "2024-05-01, Contract No. 17, Shop, Address"
    assert values(["consent"], cell) == {
        "consent": "given",
        "consent_details": cell,
        "consent_date": date(2024, 5, 1),
    }


@pytest.mark.parametrize("turn", [1, -1])
def test_columns_of_their_own_say_more_than_the_consents_cell(turn):
    cells = {
        "consent": "2024-05-01, Contract No. 17",
        "consent_details": "Form 3",
        "consent_date": "2023-01-01",
    }
    mapping = [*cells][::turn]
    assert values(mapping, *(cells[key] for key in mapping)) == {
        "consent": "given",
        "consent_details": "Form 3",
        "consent_date": date(2023, 1, 1),
    }
