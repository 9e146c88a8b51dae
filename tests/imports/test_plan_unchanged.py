"""Lines that say nothing new are told by a look, and the look never says so of any other."""

import sys
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from imports.pipeline.credits import CreditRules
from imports.pipeline.decisions import Unchanged
from imports.pipeline.met import Met, Surroundings
from imports.pipeline.plan import Rules, plan
from imports.pipeline.plan_unchanged import at_a_look
from imports.pipeline.rows import CleanRow, Reason, Rejected, Repeated

PHONE, OTHER = "+442079460958", "+442079460959"
KNOWN = {
    "phone": PHONE,
    "first_name": "Anna",
    "middle_name": "",
    "last_name": "Smith",
    "email": "anna@example.com",
    "birthday": date(1956, 5, 21),
    "subscribed": False,
}
RULES = Rules(
    overwrite={},
    categories=(7,),
    default_consent="unknown",
    default_subscribed=True,
    now=datetime(2026, 11, 22, tzinfo=UTC),
    category_ids={"regulars": 7},
    tier_ids={"gold": 3},
    fields=tuple(KNOWN),
    sorts_into_categories=True,
)


def met(**parts):
    """Anna, in category 7, with a card; `parts` are otherwise."""
    usual = {
        "by_phone": {PHONE: Met(1, 1, dict(KNOWN))},
        "track_owner": {"T1": 1, "T2": 2},
        "number_owner": {"11": 1, "22": 2},
        "in_categories": {(1, 7)},
    }
    return Surroundings(**(usual | parts))


def row(**values):
    return CleanRow(2, ["cells"], {"phone": PHONE, **values}, [])


SAME = [
    row(),
    row(first_name="Anna", birthday=date(1956, 5, 21)),
    row(subscribed=False, last_name="Smith", email="anna@example.com"),
    row(cards=[("T1", "11")]),
    row(cards=[("T1", None), (None, "11")]),
    # An import never changes what was opened with: whatever it says of that is nothing new.
    row(opening_total=99),
]


@pytest.mark.parametrize("same", SAME, ids=lambda row: str(row.values))
def test_a_line_that_says_what_is_known_is_unchanged(same):
    assert at_a_look(same, met(), RULES) == Unchanged(2, 1, [])


@pytest.mark.parametrize("same", SAME, ids=lambda row: str(row.values))
def test_the_look_says_what_the_plan_would_without_it(same, monkeypatch):
    seen = at_a_look(same, met(), RULES)
    module = sys.modules[plan.__module__]  # The package has a function of this name.
    monkeypatch.setattr(module, "at_a_look", lambda *looked_at: None)
    assert plan([same], met(), RULES) == [seen]


@pytest.mark.parametrize(
    "other",
    [
        row(first_name="Hanna"),
        row(subscribed=True),  # a no that is kept has to be told of
        row(cards=[("T2", None)]),
        row(cards=[(None, "22")]),
        row(cards=[("T1", "11"), ("T3", None)]),
        row(phone=OTHER),
        row(categories=["Regulars"]),
        row(member_tier="Gold"),
        row(external_id="X-1"),
        row(deleted=False),
        Rejected(2, ["cells"], [Reason("phone_missing", "phone", "", {})]),
        Repeated(2, 1),
    ],
    ids=str,
)
def test_any_other_line_is_left_to_the_plan(other):
    assert at_a_look(other, met(), RULES) is None


@pytest.mark.parametrize(
    "around",
    [met(in_categories=set()), met(merged_phones={PHONE}), met(erased={PHONE})],
    ids=["not in the category", "merged", "erased"],
)
def test_a_guest_who_is_not_as_the_import_leaves_one_is_left_to_the_plan(around):
    assert at_a_look(row(), around, RULES) is None


def test_a_file_that_gives_is_left_to_the_plan():
    gives = replace(RULES, credits=object.__new__(CreditRules))
    assert at_a_look(row(), met(), gives) is None


def test_the_notes_of_the_line_are_kept():
    note = Reason("somewhat", "email", "", {})
    assert at_a_look(row()._replace(notes=[note]), met(), RULES) == Unchanged(2, 1, [note])
