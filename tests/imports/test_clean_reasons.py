"""Codes to sentences, whatever was stored with a row and whenever."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from imports.columns import KINDS, CleanContext
from imports.pipeline.clean import Cleaner
from imports.pipeline.read import errors as file_errors
from imports.pipeline.rows import CleanRow, RawRow, Reason, Rejected
from imports.reasons import MESSAGES, describe, reason_text

pytestmark = pytest.mark.pure


class Asked(dict[str, int]):
    """Parameters of a sentence, each a number of its own the moment it is asked for."""

    def __missing__(self, name: str) -> int:
        return self.setdefault(name, 1001 + len(self))


@pytest.mark.parametrize("code", MESSAGES)
def test_every_sentence_is_made_of_its_parameters(code):
    params = Asked()
    sentence = describe(code, params)
    assert all(str(number) in sentence for number in params.values())
    assert "%" not in sentence
    assert sentence.endswith(".")


def test_the_value_is_cut_and_a_percent_sign_in_it_is_one():
    text = reason_text(Reason("boolean", "deleted", "100%s " + "x" * 100, {}))
    assert "100%s x" in text
    assert "x…" in text
    assert len(text) < 130


def test_keys_are_shown_as_the_names_of_their_columns():
    text = describe("chosen_twice", {"keys": ["number_2"]})
    assert text == "“Card number 2” is chosen for more than one column. Keep one."


@pytest.mark.parametrize(
    ("code", "params", "said"),
    [
        ("wrong_width", {"found": 1, "expected": 5}, "has 1 cell instead of 5:"),
        ("wrong_width", {"found": 2, "expected": 1}, "has 2 cells instead of 1:"),
        ("far_row", {"cell": "HZ9", "cells": 1}, "only 1 cell of the sheet is filled"),
        ("sheet_time", {"seconds": 1}, "longer than 1 second."),
        ("sheet_time", {"seconds": 60}, "longer than 60 seconds."),
    ],
)
def test_one_is_one(code, params, said):
    tell = describe if code in MESSAGES else file_errors.describe
    assert said in tell(code, params)


@pytest.mark.parametrize(("code", "params"), [("from_the_future", {}), ("wrong_width", {})])
def test_a_code_that_has_no_sentence_any_more_is_named(code, params):
    assert describe(code, params) == f"The row was refused ({code})."


# -- Errors of spreadsheets -----------------------------------------------------------------------

_CONTEXT = CleanContext("GB", "possible", date(2026, 11, 22), ZoneInfo("Europe/London"))
_ERRORS = ("#REF!", "#N/A", "#div/0!", "#ССЫЛКА!", "#Н/Д", "#ДЕЛ/0!")
_EVERY = [(kind, key) for kind in KINDS.values() for key in kind.columns]


@pytest.mark.parametrize(("kind", "key"), _EVERY, ids=[f"{k.key} {key}" for k, key in _EVERY])
def test_what_a_formula_left_is_an_error_in_every_column(kind, key):
    """A name of “#N/A” comes from a look-up that found nothing."""
    key = f"{key}_1" if kind.columns[key].repeats and not kind.columns[key].first_is_bare else key
    cleaner = Cleaner([key], _CONTEXT, kind=kind)
    rows = [RawRow(line, [f" {text} "]) for line, text in enumerate(_ERRORS, start=2)]
    for row, text in zip(cleaner.clean_many(rows), _ERRORS, strict=True):
        assert isinstance(row, Rejected)
        found = [(reason.code, reason.value) for reason in row.reasons if reason.column == key]
        assert found == [("spreadsheet_error", text)]


@pytest.mark.parametrize("text", ["#1 fan", "#VALUE", "N/A", "$ N/A", "# REF!"])
def test_what_only_looks_like_it_stays(text):
    cleaner = Cleaner(["phone", "name", "comment", "track_1"], _CONTEXT)
    (row,) = cleaner.clean_many([RawRow(2, ["+447400123456", text, text, text])])
    assert isinstance(row, CleanRow), row
    assert (row.values["first_name"], row.values["comment"]) == (text, text)


def test_one_of_several_categories_is_an_error_as_well():
    row = Cleaner(["phone", "categories"], _CONTEXT).clean(
        RawRow(2, ["+447400123456", "VIP; #N/A"])
    )
    assert isinstance(row, Rejected)
    assert [reason_text(reason) for reason in row.reasons] == [
        "“VIP; #N/A” holds an error of the spreadsheet: mend its formula, or empty the cell."
    ]
