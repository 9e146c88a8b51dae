"""Codes to sentences, whatever was stored with a row and whenever."""

import re
from collections import defaultdict
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from imports.columns import KINDS, CleanContext
from imports.pipeline.clean import Cleaner
from imports.pipeline.rows import CleanRow, RawRow, Reason, Rejected
from imports.reasons import MESSAGES, describe, reason_text

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("code", MESSAGES)
def test_every_sentence_is_made_of_its_parameters(code):
    named = set(re.findall(r"%\((\w+)\)s", str(MESSAGES[code])))
    params = defaultdict(str, {name: f"<{name}>" for name in named})
    sentence = describe(code, params)
    assert all(f"<{name}>" in sentence for name in named)
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
