"""Headers and values to fields: what is certain is found, what is not stays open."""

import csv
from pathlib import Path

import pytest

from imports.columns import BALANCES, COLUMNS, guess, known, recognise

pytestmark = pytest.mark.pure

FIXTURES = Path(__file__).parent.parent / "fixtures"


@pytest.mark.parametrize("column", COLUMNS.values(), ids=list(COLUMNS))
def test_every_column_is_found_by_its_key_its_label_and_its_aliases(column):
    names = [column.key_at(1), str(column.label), *column.aliases]
    for name in (*names, *map(str.upper, names)):
        assert known(name), name
        assert recognise([name]) == [column.key_at(1)], name


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("PhoneNumber", "phone"),
        ("Phone number:", "phone"),
        ("Телефон *", "phone"),
        ("  E-Mail ", "email"),
        ("Birthday (YYYY-MM-DD)", "birthday"),
        ("День рожде́ния", "birthday"),
        ("Удалён", "deleted"),
        ("Card No.", "number_1"),
        ("Card number 2", "number_2"),
        ("Номер карты 2", "number_2"),
        ("number_2", "number_2"),
        ("№ карты", "number_1"),
        ("Card #3", "number_3"),
        ("Track 12", "track_12"),
        ("External ID 2", "external_id_2"),
        ("Phone 1", "phone"),
        ("Guest registration date", "registered"),
        ("Consent to personal data processing", "consent"),
    ],
)
def test_case_blanks_signs_and_numbers_do_not_matter(header, key):
    assert recognise([header]) == [key]


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Sum of credited bonus points", "credit_amount"),
        ("Bonus currency", "credit_currency"),
        ("Bonus points currency", "credit_currency"),
        ("Bonus points expiration date", "credit_expires"),
        ("Bonus points expiry date", "credit_expires"),
        ("Customer account", "credit_program"),
    ],
)
def test_credits_are_found_as_incust_calls_them(header, key):
    assert recognise([header]) == [key]


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Birtday", "birthday"),
        ("Brithday", "birthday"),
        ("E-mial", "email"),
        ("Telphone", "phone"),
        ("Телефно", "phone"),
        ("Фамилие", "last_name"),
        ("Catagories", "categories"),
        ("Card nunber 2", "number_2"),
    ],
)
def test_a_slip_of_the_keyboard_is_forgiven(header, key):
    assert recognise([header]) == [key]
    assert not known(header), "a header is told from values by names that are right"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Phone 2",
        "Tender",
        "Set",
        "Number",
        "№",
        "Content",
        "Last visit",
        "Last date",
        "Full name",
        "Card 2 of 3",
        "What was wrong",
        "+44202128506",
        "John",
        "Address",
        "Card 0",
        "Card 9999999",
    ],
)
def test_what_is_no_field_stays_open(header):
    assert recognise([header]) == [None]


def test_a_field_is_given_once_to_the_column_called_most_like_it():
    assert recognise(["Mobile", "Phone", "Telephone"]) == [None, None, "phone"]
    assert recognise(["Birtday", "Дата рождения"]) == [None, "birthday"]
    assert recognise(["Email", "Email"]) == ["email", None]


def test_cards_called_the_same_are_numbered_in_their_order():
    assert recognise(["Card number", "Phone", "Card number"]) == ["number_1", "phone", "number_2"]
    assert recognise(["Card", "Card number"]) == [None, "number_1"]


def test_the_iiko_sample_is_guessed_as_far_as_it_is_certain():
    with (FIXTURES / "iiko_sample.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.reader(file, delimiter=";") if row]
    assert guess(rows) == [
        "phone", "number_1", None, "email", "birthday", "name", "last_name", None, None, None, None,
    ]  # fmt: skip


def test_russian_names_are_told_by_their_endings():
    rows = [
        ["8 916 123-45-67", "Петров", "Иван", "Сергеевич", "м"],
        ["8 916 123-45-68", "Иванова", "Ольга", "Петровна", "ж"],
        ["8 916 123-45-69", "Кузнецов", "Пётр", "Ильич", "м"],
    ]
    rows[2][3] = "Андреевич"
    assert guess(rows) == ["phone", "last_name", "name", "middle_name", "sex"]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (["0", "1", "1"], "subscribed, deleted, anything"),
        (["London", "Leeds", "York"], "a town, not a surname"),
        (["2024-05-01", "2024-06-01", "2024-07-01"], "days of visits"),
        (["123", "77", "5"], "small numbers count something"),
        (["", "", ""], "nothing"),
    ],
)
def test_what_could_be_several_things_is_not_guessed(values, why):
    assert guess([[value] for value in values]) == [None], why


def test_two_columns_that_look_alike_are_both_left_open():
    rows = [["100001", "200001", "9.50", "1.00"], ["100002", "200002", "8.25", "2.00"]]
    assert guess(rows) == [None, None, None, None]


def test_nothing_is_guessed_of_nothing():
    assert guess([]) == []


@pytest.mark.parametrize("column", BALANCES.columns.values(), ids=list(BALANCES.columns))
def test_every_name_of_a_column_of_balances_is_known(column):
    for name in (column.key, str(column.label), *column.aliases):
        assert recognise([name], BALANCES) == [column.key_at(1)], name


def test_balances_without_a_header_are_known_by_their_looks():
    rows = [["+44 20 7946 0958", "7310001", "12.50"], ["+44 20 7946 0959", "7310002", "3.00"]]
    assert guess(rows, BALANCES) == ["phone", "card", "amount"]
