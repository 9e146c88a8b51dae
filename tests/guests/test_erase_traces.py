"""What is found of somebody who was erased, however it is written, and what is left of the text."""

import re

import pytest

from guests.traces import Traces

pytestmark = pytest.mark.pure

ANNA = Traces(
    guests=[7],
    phones=["+442079460958"],
    emails=["anna@example.com"],
    names=["Anna Petrova", "Анна Петрова", "Anna"],
    keys=["777"],
)

WRITTEN = [
    "+442079460958",
    "+44 20 7946 0958",
    "+44 (0)20 7946 0958",
    "0044 20 7946 0958",
    "442079460958",
    "442079460958.0",
    "020 7946 0958",
    "(020) 7946-0958",
    "020.7946.0958",
    "2079460958",
    "+44\u00a020\u00a07946\u00a00958",
    "٠٢٠٧٩٤٦٠٩٥٨",
    "anna@example.com",
    "Anna@Example.COM",
    "<anna@example.com>",
    "ANNA PETROVA",
    "Анна  Петрова",
]
OTHERS = [
    "+442079460959",
    "12079460958",
    "20794609581",
    "020 7946",
    "joanna@example.com",
    "anna@example.com.au",
    "Joanna Petrova",
    "Anna",
    "777",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_it_is_found_however_it_is_written_and_taken_out(text: str) -> None:
    around = f"Ring {text} on Monday"
    assert ANNA.is_in(around)
    left = ANNA.without(around)
    assert not ANNA.is_in(left)
    assert "…" in left
    assert left.endswith(" on Monday")


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_not_theirs_stays(text: str) -> None:
    assert not ANNA.is_in(text)
    assert ANNA.without(text) == text


@pytest.mark.parametrize("text", [text for text in WRITTEN if text != "٠٢٠٧٩٤٦٠٩٥٨"])
@pytest.mark.parametrize("as_ascii", [True, False], ids=["SQLite", "PostgreSQL"])
def test_the_database_is_asked_for_no_less(text: str, as_ascii: bool) -> None:
    import json

    text = text.replace("  ", " ")
    stored = json.dumps({"comment": [f"see {text}", ""]}, ensure_ascii=as_ascii)
    # SQLite ignores the case of ASCII only in what it compares itself; Django's is Python's.
    assert re.search(ANNA.sql_pattern(), stored, re.IGNORECASE)


def test_a_card_counts_only_in_a_column_of_cards() -> None:
    assert ANNA.is_in_row(["x", "777"], [1])
    assert not ANNA.is_in_row(["x", "777"], [0])
    assert not ANNA.is_in_row(["x", "777"])
    assert not ANNA.is_in_row(["x"], [1])


def test_nothing_is_found_across_two_cells() -> None:
    assert not ANNA.is_in_row(["020", "79460958"])


def test_a_row_with_the_same_name_is_somebody_elses() -> None:
    assert not ANNA.is_in_row(["Anna", "Petrova"])
    assert not ANNA.is_in_row(["Anna Petrova", "+442079460999"])
    assert not ANNA.contacts.is_in("Anna Petrova")
    assert ANNA.contacts.is_in("Anna Petrova, anna@example.com")


def test_json_is_cleaned_at_whatever_depth() -> None:
    value = {"a": [["020 7946 0958", 5], {"b": "anna@example.com"}], "c": None}
    assert ANNA.is_in_json(value)
    assert ANNA.without_in_json(value) == {"a": [["…", 5], {"b": "…"}], "c": None}


def test_an_address_loses_only_what_asks_for_the_guest() -> None:
    query = "q=%2B44+20+7946+0958&tier=2&card=777"
    assert ANNA.without_in_query(query) == "tier=2"
    assert ANNA.without_in_query("q=Bob&tier=2") == "q=Bob&tier=2"


def test_a_short_number_is_only_found_with_its_country() -> None:
    short = Traces(phones=["+29020123"])
    assert short.is_in("+290 20123")
    assert not short.is_in("20123")


def test_empty_traces_find_nothing() -> None:
    assert not Traces().is_in("anything")
    assert Traces().without("anything") == "anything"
    assert Traces().sql_pattern() == ""
    assert Traces.from_json(ANNA.to_json()).is_in("020 7946 0958")
