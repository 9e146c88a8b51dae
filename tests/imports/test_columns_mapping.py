"""Keys, mappings and the presets' rules."""

import pytest

from imports.columns import BALANCES, COLUMNS, column_of, label_of, overwrite_rules, problems

pytestmark = pytest.mark.pure


def everything(permission: str) -> bool:
    return True


def nothing(permission: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("key", "name", "index"),
    [("phone", "phone", 1), ("track_2", "track", 2), ("number_1", "number", 1),
     ("external_id", "external_id", 1), ("external_id_3", "external_id", 3)],
)  # fmt: skip
def test_a_key_names_a_column_and_which_of_its_repeats(key, name, index):
    column, found = column_of(key)
    assert (column.key, found) == (name, index)
    assert column.key_at(found) == key


@pytest.mark.parametrize(
    "key",
    ["", "track", "number", "number_0", "number_01", "number_501", "external_id_1", "phone_1",
     "Phone", "-", "nonsense"],
)  # fmt: skip
def test_what_is_no_key_is_refused(key):
    with pytest.raises(KeyError):
        column_of(key)
    assert label_of(key) == key


def test_labels_are_numbered_from_the_second():
    assert [label_of("number_1"), label_of("number_2")] == ["Card number", "Card number 2"]


def test_a_mapping_with_a_phone_and_each_field_once_has_no_problem():
    assert problems(["phone", None, "number_1", "number_2", None], may=nothing) == []


def test_every_problem_of_a_mapping_is_named():
    found = problems(["name", "name", "nonsense", "deleted", None], may=nothing)
    assert [(problem.code, problem.key, problem.places) for problem in found] == [
        ("phone_unmapped", "phone", ()),
        ("chosen_twice", "name", (0, 1)),
        ("unknown_column", "nonsense", (2,)),
        ("not_permitted", "deleted", (3,)),
    ]
    assert [str(problem) for problem in found] == [
        "No column is the telephone. Choose which one it is: it finds the guest.",
        "“First name” is chosen for more than one column. Keep one.",
        "There is no field “nonsense”.",
        "You may not import “Deleted”. Leave the column out, or ask an owner.",
    ]


def test_who_may_delete_may_import_deletions():
    asked = []
    assert problems(["phone", "deleted"], may=lambda p: not asked.append(p)) == []
    assert asked == ["guests.outlet_setup"]


def test_update_changes_everything_but_phone_and_opening_total():
    rules = overwrite_rules("update", {})
    assert {field for field, rule in rules.items() if rule != "always"} == {
        "phone",
        "opening_total",
    }
    assert {"is_active", "member_tier_id", "first_name", "subscribed"} <= set(rules)


def test_protect_keeps_personal_data():
    rules = overwrite_rules("protect", {})
    assert {f for f, rule in rules.items() if rule == "never"} == {
        "phone",
        "email",
        "opening_total",
    }
    assert {f for f, rule in rules.items() if rule == "if_empty"} == {
        "first_name", "last_name", "middle_name", "birthday", "sex", "consent", "consent_details",
        "consent_date", "image_url",
    }  # fmt: skip


def test_the_operator_adjusts_what_is_not_fixed():
    rules = overwrite_rules("update", {"name": "if_empty", "phone": "always", "deleted": "never"})
    assert (rules["first_name"], rules["phone"], rules["is_active"]) == (
        "if_empty",
        "never",
        "never",
    )


@pytest.mark.parametrize(
    ("preset", "overrides"),
    [("merge", {}), ("update", {"nonsense": "always"}), ("update", {"name": "sometimes"})],
)
def test_rules_that_do_not_exist_are_refused(preset, overrides):
    with pytest.raises(ValueError, match="no "):
        overwrite_rules(preset, overrides)


def test_columns_go_to_fields_that_exist():
    from guests.models import Guest

    fields = {field.attname for field in Guest._meta.concrete_fields}
    beside = {"external_id", "track", "number", "categories"}
    own = [column for column in COLUMNS.values() if column.exported]
    assert {column.guest_field for column in own} - fields == beside


def test_no_value_is_longer_than_its_field():
    from guests.models import Card, Category, ExternalId, Guest, MemberTier

    for column in COLUMNS.values():
        if not column.exported:
            continue
        longest = getattr(column.widget, "max_length", None)
        model, name = {
            "track": (Card, "track"),
            "number": (Card, "number"),
            "external_id": (ExternalId, "value"),
            "member_tier": (MemberTier, "name"),
            "categories": (Category, "name"),
            "consent": (Guest, "consent_details"),
        }.get(column.key, (Guest, column.guest_field))
        room = model._meta.get_field(name).max_length
        if longest and room:
            assert longest <= room, column.key


def test_balances_need_an_amount_and_whose_it_is():
    found = problems(["program", None], may=lambda permission: True, kind=BALANCES)
    assert [problem.code for problem in found] == ["guest_unmapped", "amount_unmapped"]
    for finder in BALANCES.finders:
        assert problems([finder, "amount"], may=lambda permission: True, kind=BALANCES) == []


def test_a_column_of_guests_is_none_of_balances():
    found = problems(["phone", "amount", "birthday"], may=lambda _: True, kind=BALANCES)
    assert [(problem.code, problem.places) for problem in found] == [("unknown_column", (2,))]
