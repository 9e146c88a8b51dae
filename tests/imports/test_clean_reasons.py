"""Codes to sentences, whatever was stored with a row and whenever."""

import re
from collections import defaultdict

import pytest

from imports.pipeline.rows import Reason
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
