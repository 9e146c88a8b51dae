"""What an import changes of a guest who is there, and what it never does."""

from datetime import date
from decimal import Decimal

import pytest

from guests.models import ErasedPhone, Guest, MemberTier
from guests.privacy import erasure_digest
from tests.imports.trips import (
    ANNA,
    JOHN,
    cards,
    guest,
    imported,
    notes,
    outcomes,
    received,
    start,
)

pytestmark = pytest.mark.usefixtures("inline")

KNOWN = {
    "first_name": "Anna",
    "last_name": "Smith",
    "middle_name": "Maria",
    "birthday": date(1956, 5, 21),
    "sex": "female",
    "email": "anna@example.com",
    "employee_id": "E-1",
    "consent": "given",
    "consent_details": "Contract 1",
    "consent_date": date(2020, 1, 2),
    "comment": "By the window",
    "subscribed": True,
    "member_number": "M-1",
    "image_url": "https://example.com/a.jpg",
    "opening_total": Decimal("12.5"),
}
HEADER = (
    "phone,name,last_name,middle_name,birthday,sex,email,employee_id,consent,consent_details,"
    "consent_date,comment,receive_promo,member_number,image_url,current_order_sum,number_1,deleted"
)
OTHER = (
    f"{ANNA},Hanna,Jones,Rose,1980-12-01,other,hanna@example.com,E-2,revoked,Letter,2024-05-01,"
    "At the bar,no,M-2,https://example.com/b.jpg,99,11111,yes"
)
REPLACED = {
    "first_name": "Hanna",
    "last_name": "Jones",
    "middle_name": "Rose",
    "birthday": date(1980, 12, 1),
    "sex": "other",
    "email": "hanna@example.com",
    "employee_id": "E-2",
    "consent": "revoked",
    "consent_details": "Letter",
    "consent_date": date(2024, 5, 1),
    "comment": "At the bar",
    "subscribed": False,
    "member_number": "M-2",
    "image_url": "https://example.com/b.jpg",
    "is_active": False,
}


def state(phone=ANNA):
    return Guest.objects.values().get(phone=phone)


def changed(before, after):
    """Return what is new of a guest, without what is counted or derived."""
    derived = {"version", "search_text", "name_key", "birthday_key", "total"}
    new = {name: value for name, value in after.items() if value != before[name]}
    return {name: value for name, value in new.items() if name not in derived}


def bring(company, *lines, **options):
    return imported(company, "\n".join(lines), **options)


# -- Presets and rules --------------------------------------------------------------------------


def test_update_changes_all_but_phone_and_opening_total(bella):
    guest(bella, **KNOWN)
    before = state()
    job = bring(bella, HEADER, OTHER, preset="update")
    assert outcomes(job) == {2: "updated"}
    assert changed(before, state()) == REPLACED
    assert state()["version"] == before["version"] + 1
    assert cards(bella, ANNA) == [(None, "11111")]


def test_protect_keeps_what_is_personal_but_hears_a_no(bella):
    guest(bella, **KNOWN)
    before = state()
    bring(bella, HEADER, OTHER, preset="protect")
    kept = ("first_name", "last_name", "middle_name", "birthday", "sex", "email", "image_url")
    heard = {name: value for name, value in REPLACED.items() if name not in kept}
    # Details and date of the consent were given: they are filled only when empty.
    heard = {n: v for n, v in heard.items() if n not in ("consent_details", "consent_date")}
    assert changed(before, state()) == heard
    assert cards(bella, ANNA) == [(None, "11111")]


def test_protect_fills_what_is_empty_but_never_an_email(bella):
    guest(bella)
    before = state()
    bring(bella, HEADER, OTHER, preset="protect")
    filled = {name: value for name, value in REPLACED.items() if name != "email"}
    assert changed(before, state()) == filled


def test_a_new_guest_gets_everything_under_either_preset(bella):
    for phone, preset in ((ANNA, "update"), (JOHN, "protect")):
        row = OTHER.replace(ANNA, phone).replace("M-2", f"M{phone}").replace("11111", phone[-5:])
        bring(bella, HEADER, row, preset=preset)
        values = {name: state(phone)[name] for name in REPLACED}
        assert values == {**REPLACED, "member_number": f"M{phone}"}
        assert state(phone)["opening_total"] == Decimal(99)


def test_the_presets_default_is_the_companys(bella):
    bella.import_preset = "protect"
    bella.save()
    guest(bella, **KNOWN)
    bring(bella, "phone,name", f"{ANNA},Hanna")
    assert state()["first_name"] == "Anna"


@pytest.mark.parametrize(
    ("rule", "full", "empty"),
    [("always", "Hanna", "Hanna"), ("if_empty", "Anna", "Hanna"), ("never", "Anna", "")],
)
def test_every_field_has_its_own_rule(bella, rule, full, empty):
    guest(bella, ANNA, first_name="Anna")
    guest(bella, JOHN)
    lines = ("phone,name,comment", f"{ANNA},Hanna,x", f"{JOHN},Hanna,x")
    bring(bella, *lines, rules={"name": rule})
    assert (state(ANNA)["first_name"], state(JOHN)["first_name"]) == (full, empty)
    assert state(ANNA)["comment"] == state(JOHN)["comment"] == "x"


def test_no_rule_makes_an_import_change_phone_or_opening_total(bella):
    guest(bella, opening_total=Decimal(7))
    guest(bella, JOHN)
    lines = ("phone,current_order_sum", f"{ANNA},99", f"{JOHN},98")
    job = bring(bella, *lines, rules={"current_order_sum": "always", "phone": "always"})
    assert outcomes(job) == {2: "unchanged", 3: "unchanged"}
    assert (state()["opening_total"], state(JOHN)["opening_total"]) == (7, 0)


# -- Blank, 0 and no ----------------------------------------------------------------------------


def test_blank_cells_change_nothing(bella):
    guest(bella, **KNOWN)
    before = state()
    job = bring(bella, HEADER, ANNA + "," * 17)
    assert outcomes(job) == {2: "unchanged"}
    assert state() == before


def test_zero_and_no_are_values(bella):
    guest(bella, comment="x", employee_id="7")
    before = state()
    bring(bella, "phone,comment,employee_id,receive_promo,name", f"{ANNA},0,0,0,0")
    assert changed(before, state()) == {
        "comment": "0",
        "employee_id": "0",
        "subscribed": False,
        "first_name": "0",
    }


def test_a_field_that_holds_zero_or_no_is_not_empty(bella):
    guest(bella, comment="0", first_name="0", subscribed=False)
    before = state()
    rules = dict.fromkeys(("comment", "name", "receive_promo"), "if_empty")
    job = bring(bella, "phone,comment,name,receive_promo", f"{ANNA},a,b,yes", rules=rules)
    assert outcomes(job) == {2: "unchanged"}
    assert state() == before


def test_defaults_of_new_guests_are_the_companys(bella):
    bring(bella, "phone,name", f"{ANNA},Anna")
    assert (state()["consent"], state()["subscribed"]) == ("unknown", True)
    bella.default_consent, bella.default_subscribed = "given", False
    bella.save()
    bring(bella, "phone,name,receive_promo,consent", f"{JOHN},John,,")
    assert (state(JOHN)["consent"], state(JOHN)["subscribed"]) == ("given", False)
    job = bring(bella, "phone,receive_promo,consent", "+442079460961,yes,no")
    assert outcomes(job) == {2: "created"}
    assert (state("+442079460961")["consent"], state("+442079460961")["subscribed"]) == (
        "revoked",
        True,
    )


# -- The ratchet --------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["update", "protect"])
def test_an_import_unsubscribes_and_never_subscribes_again(bella, preset):
    guest(bella)
    bring(bella, "phone,receive_promo", f"{ANNA},no", preset=preset)
    assert state()["subscribed"] is False
    job = bring(bella, "phone,receive_promo", f"{ANNA},yes", preset=preset)
    assert state()["subscribed"] is False
    assert outcomes(job) == {2: "unchanged"}
    assert notes(job) == {2: ["opt_out_kept"]}
    assert job.counts["opt_outs_kept"] == 1


@pytest.mark.parametrize("preset", ["update", "protect"])
@pytest.mark.parametrize("consent", ["given", "unknown", "2024-05-01, Contract No. 17"])
def test_an_import_revokes_and_never_consents_again(bella, preset, consent):
    guest(bella, consent="given", consent_details="Contract 1")
    bring(bella, "phone,consent", f"{ANNA},revoked", preset=preset)
    assert state()["consent"] == "revoked"
    before = state()
    job = bring(bella, "phone;consent;consent_date", f"{ANNA};{consent};2024-06-01", preset=preset)
    assert changed(before, state()) == {}
    assert outcomes(job) == {2: "unchanged"}
    assert notes(job) == {2: ["consent_kept"]}
    assert job.counts["consents_kept"] == 1


def test_details_of_a_consent_that_is_not_taken_over_are_not_either(bella):
    guest(bella, consent="given")
    before = state()
    lines = ("phone,consent,consent_details,consent_date", f"{ANNA},unknown,Letter,2024-06-01")
    job = bring(bella, *lines, preset="protect")
    assert (outcomes(job), changed(before, state())) == ({2: "unchanged"}, {})


def test_the_rest_of_the_row_still_comes_in(bella):
    guest(bella, subscribed=False, consent="revoked")
    job = bring(bella, "phone,receive_promo,consent,name", f"{ANNA},yes,given,Anna")
    assert outcomes(job) == {2: "updated"}
    assert notes(job) == {2: ["opt_out_kept", "consent_kept"]}
    assert (state()["first_name"], state()["subscribed"]) == ("Anna", False)
    assert state()["consent"] == "revoked"


def test_no_rule_lifts_the_ratchet(bella):
    guest(bella, subscribed=False, consent="revoked")
    rules = {"receive_promo": "always", "consent": "always"}
    bring(bella, "phone,receive_promo,consent", f"{ANNA},yes,given", rules=rules)
    assert (state()["subscribed"], state()["consent"]) == (False, "revoked")


def test_an_erased_phone_never_comes_back(bella, roma):
    ErasedPhone.objects.create(company=bella, digest=erasure_digest(bella.pk, ANNA))
    text = f"phone,name\n020 7946 0958,Anna\n{JOHN},John\n"
    job = imported(bella, text)
    assert outcomes(job) == {2: "skipped", 3: "created"}
    assert notes(job) == {2: ["erased"]}
    assert (job.counts["erased"], job.state) == (1, "done")
    # The company next door never heard of it.
    assert outcomes(imported(roma, text.replace("020 ", "+4420"))) == {2: "created", 3: "created"}


def test_the_check_counts_what_was_held_back(bella):
    from django.utils import timezone

    from imports.options import Options
    from imports.services.runs import request_check
    from tests.imports.web import worked

    ErasedPhone.objects.create(company=bella, digest=erasure_digest(bella.pk, JOHN))
    guest(bella, subscribed=False, consent="revoked")
    text = f"phone,receive_promo,consent\n{ANNA},yes,given\n{JOHN},yes,given\n"
    job = received(bella, text)
    options = Options.from_json(job.options)
    job = worked(request_check(job=job, options=options, results_to="", now=timezone.now()))
    counts = job.findings["counts"]
    assert (counts["opt_outs_kept"], counts["consents_kept"], counts["erased"]) == (1, 1, 1)
    assert Guest.objects.count() == 1
    counted = start(job).counts
    assert counted == counts


# -- Deleted guests -----------------------------------------------------------------------------


def test_a_deleted_guest_matches_and_stays_deleted(bella):
    guest(bella, is_active=False)
    job = bring(bella, "phone,name", f"{ANNA},Anna")
    assert outcomes(job) == {2: "updated"}
    assert (state()["first_name"], state()["is_active"]) == ("Anna", False)


def test_a_mapped_column_deletes_and_restores_and_blank_does_neither(bella):
    guest(bella, ANNA, is_active=False)
    guest(bella, JOHN)
    guest(bella, "+442079460960", is_active=False)
    lines = (f"{ANNA},no", f"{JOHN},yes", "+442079460960,", "+442079460961,1", "+442079460962,0")
    job = bring(bella, "phone,deleted", *lines)
    active = dict(Guest.objects.values_list("phone", "is_active"))
    assert active == {
        ANNA: True,
        JOHN: False,
        "+442079460960": False,
        "+442079460961": False,
        "+442079460962": True,
    }
    counted = {name: job.counts[name] for name in ("deleted", "restored", "created_deleted")}
    assert counted == {"deleted": 1, "restored": 1, "created_deleted": 1}


# -- Member tiers -------------------------------------------------------------------------------


def test_a_tier_is_found_by_name_in_any_case_and_must_be_there(bella, roma):
    gold = MemberTier.objects.create(company=bella, name="Gold")
    MemberTier.objects.create(company=roma, name="Platinum")
    job = bring(bella, "phone,member_tier", f"{ANNA},gOLD", f"{JOHN},Platinum")
    assert outcomes(job) == {2: "created", 3: "failed"}
    assert state()["member_tier_id"] == gold.pk


def test_the_opening_total_is_set_once_and_orders_are_not_touched(bella):
    bring(bella, "phone,current_order_sum", f"{ANNA},250.5")
    assert (state()["opening_total"], state()["orders_total"]) == (Decimal("250.5"), 0)
    bring(bella, "phone,current_order_sum,name", f"{ANNA},300,Anna")
    assert (state()["opening_total"], state()["first_name"]) == (Decimal("250.5"), "Anna")
