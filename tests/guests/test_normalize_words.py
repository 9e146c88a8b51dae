"""Yes and no, the sexes, and consent."""

from __future__ import annotations

import datetime as dt

import pytest

from guests.normalize import Invalid, boolean, consent, sex

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    "word", ["1", "1.0", "yes", "Y", "TRUE", "On", "да", "ДА", "Истина", " 1 "]
)
def test_yes(word: str) -> None:
    assert boolean(word) is True


@pytest.mark.parametrize("word", ["0", "0.0", "no", "N", "FALSE", "off", "нет", "Ложь"])
def test_no(word: str) -> None:
    assert boolean(word) is False


@pytest.mark.parametrize("word", ["2", "maybe", "-", "nope", "да нет", "NULL", "x"])
def test_anything_else_is_never_a_silent_no(word: str) -> None:
    with pytest.raises(Invalid) as refused:
        boolean(word)
    assert refused.value.code == "boolean"
    assert word in str(refused.value)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("Male", "male"),
        ("m", "male"),
        ("1", "male"),
        ("Муж.", "male"),
        ("мужской", "male"),
        ("FEMALE", "female"),
        ("2", "female"),
        ("2.0", "female"),
        ("ж", "female"),
        ("Женщина", "female"),
        ("other", "other"),
        ("Другой", "other"),
    ],
)
def test_the_sexes_in_two_languages(word: str, meaning: str) -> None:
    assert sex(word) == meaning


@pytest.mark.parametrize("word", ["0", "9", "?", "unknown", "malefemale"])
def test_an_unknown_sex_is_an_empty_cell(word: str) -> None:
    with pytest.raises(Invalid, match="leave the cell empty"):
        sex(word)


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ("given", "given"),
        ("Yes", "given"),
        ("1", "given"),
        ("Согласна", "given"),
        ("revoked", "revoked"),
        ("no", "revoked"),
        ("0", "revoked"),
        ("Отозвано.", "revoked"),
        ("не согласен", "revoked"),
        ("unknown", "unknown"),
        ("неизвестно", "unknown"),
    ],
)
def test_a_word_says_whether_consent_was_given(cell: str, state: str) -> None:
    assert consent(cell) == (state, "", None)


@pytest.mark.parametrize(
    ("cell", "state", "date"),
    [
        ("2019-04-24, Contract No. 5, Shop 1, Main St", "given", "2019-04-24"),  # inCust's format
        ("24.04.2019; договор № 5", "given", "2019-04-24"),
        ("05/06/2019 by e-mail", "given", "2019-06-05"),
        ("yes, 2019-04-24, form 5", "given", "2019-04-24"),
        ("given on 2019-04-24", "given", "2019-04-24"),
        ("согласен с 24.04.2019", "given", "2019-04-24"),
        ("given, contract 17", "given", None),
        ("given: 2019-01-01, renewed 2020-01-01", "given", "2019-01-01"),
        ("revoked 2020-01-31", "revoked", "2020-01-31"),
        ("отозвано 31.01.2020", "revoked", "2020-01-31"),
        ("opted out by phone", "revoked", None),
        ("no, thanks", "revoked", None),
        ("2019-04-24, contract 5, revoked 2020-01-31", "revoked", "2020-01-31"),
        ("2019-04-24, отказ", "revoked", "2019-04-24"),
        ("unknown, ask again", "unknown", None),
    ],
)
def test_details_are_kept_with_their_date(cell: str, state: str, date: str | None) -> None:
    assert consent(cell) == (state, cell, date and dt.date.fromisoformat(date))


@pytest.mark.parametrize(
    "cell",
    [
        "Contract 5",
        "maybe",
        "No. 5, 2019-04-24",
        "No 5, 2019-04-24",
        "asked on 2019-04-24",
        "2019-04-24, the guest has never agreed",
        "24.04.19",
    ],
)
def test_consent_is_never_guessed(cell: str) -> None:
    with pytest.raises(Invalid) as refused:
        consent(cell)
    assert refused.value.code == "consent"


def test_a_date_of_consent_must_exist() -> None:
    with pytest.raises(Invalid) as refused:
        consent("2019-13-45, Contract No. 5")
    assert refused.value.code == "consent_date"


def test_nobody_agreed_before_1900() -> None:
    with pytest.raises(Invalid) as refused:
        consent("1899-12-30, Contract No. 5")
    assert refused.value.code == "date_early"


def test_the_order_of_the_column_holds_inside_the_details() -> None:
    assert consent("05/06/2019, form", order="mdy").date == dt.date(2019, 5, 6)


def test_details_have_room_to_fit_in() -> None:
    with pytest.raises(Invalid) as refused:
        consent("2019-04-24, " + "x" * 100, max_length=100)
    assert refused.value.code == "too_long"
