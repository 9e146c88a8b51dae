"""`import_balances` as a script sees it: its exit code and its line of JSON."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from guests.models import Guest
from loyalty.models import Account, Program

pytestmark = pytest.mark.django_db(transaction=True)

ANNA, BORIS = "+442079460958", "+442079460959"


@pytest.fixture(autouse=True)
def points(bella):
    for phone in (ANNA, BORIS):
        Guest.objects.create(company=bella, phone=phone, registered_at=timezone.now())
    return Program.objects.create(
        company=bella, name="Points", code="points", currency="GBP", is_default=True
    )


@pytest.fixture
def run(tmp_path):
    def called(content, *arguments):
        path = tmp_path / "balances.csv"
        path.write_text(content)
        out = StringIO()
        with pytest.raises(SystemExit) as exit_:
            call_command(
                "import_balances", str(path), "--company", "bella", "--json", *arguments, stdout=out
            )
        return exit_.value.code, json.loads(out.getvalue().splitlines()[-1])

    return called


def balance(phone):
    return Account.objects.get(guest__phone=phone).balance


def test_balances_are_topped_up(run):
    code, answer = run(f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6.50,GBP\n")
    assert (code, answer["state"], answer["updated"]) == (0, "done", 2)
    assert (balance(ANNA), balance(BORIS)) == (Decimal(5), Decimal("6.5"))


def test_the_money_is_told_before_and_after(tmp_path):
    path = tmp_path / "balances.csv"
    path.write_text(f"phone,amount,currency\n{ANNA},1250,GBP\n{BORIS},6.50,GBP\n")
    for option in ("--check", "--partial"):
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("import_balances", str(path), "--company", "bella", option, stdout=out)
        assert "  Points (GBP): 1,256.50 credited, 0 debited.\n" in out.getvalue()


def test_amounts_that_can_be_read_in_two_ways_are_asked_for_and_not_guessed(run):
    content = f"phone;amount;currency\n{ANNA};1.250;GBP\n{BORIS};350;GBP\n"
    code, answer = run(content)
    assert (code, answer["state"]) == (2, "refused")
    (error,) = answer["errors"]
    assert error["reason"].startswith("Amounts such as “1.250” (Amount) can be read in two ways.")
    assert not Account.objects.exists()
    code, _answer = run(content, "--decimal", ",")
    assert (code, balance(ANNA), balance(BORIS)) == (0, Decimal(1250), Decimal(350))


def test_a_corrected_file_is_read_as_the_file_told_that_it_corrects(run):
    whole = f"phone,amount,currency\n{ANNA},12.50,GBP\n+442079460777,1.250,GBP\n"
    code, answer = run(whole, "--partial")
    assert (code, answer["failed"]) == (1, 1)
    corrected = f"phone,amount,currency\n{BORIS},1.250,GBP\n"
    code, _answer = run(corrected, "--corrects", str(answer["id"]))
    assert (code, balance(BORIS)) == (0, Decimal("1.25"))


def test_balances_are_set(run):
    run(f"phone,amount,currency\n{ANNA},5,GBP\n")
    code, answer = run(f"phone,amount,currency\n{ANNA},2,GBP\n", "--mode", "set")
    assert (code, answer["updated"], balance(ANNA)) == (0, 1, Decimal(2))


def test_the_same_credits_again_are_refused_until_it_is_said_what_they_are(run):
    content = f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6,GBP\n"
    run(content)
    code, answer = run(content)
    assert (code, answer["state"], answer["rows"]) == (2, "refused", 2)
    assert answer["errors"][0]["reason"].startswith("100% of these credits were given by import 1")
    assert balance(ANNA) == Decimal(5)
    code, answer = run(content, "--again", "same")
    assert (code, answer["unchanged"], balance(ANNA)) == (0, 2, Decimal(5))
    code, answer = run(content, "--again", "new")
    assert (code, answer["updated"], balance(ANNA)) == (0, 2, Decimal(10))


def test_the_same_debits_again_are_refused_as_well(run):
    run(f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6,GBP\n")
    content = f"phone,amount,currency\n{ANNA},-1,GBP\n{BORIS},-2,GBP\n"
    run(content)
    code, answer = run(content)
    assert (code, answer["state"], answer["rows"]) == (2, "refused", 2)
    told = "100% of these credits and debits were posted by import 2"
    assert answer["errors"][0]["reason"].startswith(told)
    assert balance(ANNA) == Decimal(4)
    code, answer = run(content, "--again", "same")
    assert (code, answer["unchanged"], balance(ANNA)) == (0, 2, Decimal(4))
    code, answer = run(content, "--again", "new")
    assert (code, answer["updated"], balance(ANNA)) == (0, 2, Decimal(3))


def test_of_credits_and_debits_no_more_than_all_were_given_before(run):
    run(f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6,GBP\n")
    content = f"phone,amount,currency,reference\n{ANNA},5,GBP,a\n{ANNA},-1,GBP,b\n"
    run(content)
    _code, answer = run(content)
    assert answer["errors"][0]["reason"].startswith("100% of ")


def test_a_check_says_that_an_import_would_be_refused_as_a_repetition(run):
    content = f"phone,amount,currency\n{ANNA},5,GBP\n"
    run(content)
    code, answer = run(content, "--check")
    assert (code, answer["state"], answer["updated"]) == (2, "checked", 1)
    assert answer["errors"][0]["reason"].startswith("100% of these credits were given by import 1")
    code, answer = run(content, "--check", "--again", "same")
    assert (code, answer["state"], answer["unchanged"], answer["errors"]) == (0, "checked", 1, [])
    code, answer = run(content, "--check", "--again", "new")
    assert (code, answer["state"], answer["updated"], answer["errors"]) == (0, "checked", 1, [])
    assert balance(ANNA) == Decimal(5)


def test_whoever_repeats_a_file_is_told_by_which_option_to_answer(run, tmp_path):
    run(f"phone,amount,currency\n{ANNA},5,GBP\n")
    out = StringIO()
    path = tmp_path / "balances.csv"
    with pytest.raises(SystemExit):
        call_command("import_balances", str(path), "--company", "bella", stdout=out)
    assert "Say it by “--again same” or by “--again new”." in out.getvalue()


def test_credits_given_before_are_counted_in_the_answer(run):
    content = f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6,GBP\n"
    run(content)
    _code, answer = run(content, "--again", "same")
    assert (answer["unchanged"], answer["besides"]) == (2, {"credits_given_before": 2})


def test_in_part_only_if_it_is_allowed(run):
    content = f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6,XXZ\n"
    code, answer = run(content)
    assert (code, answer["failed"]) == (2, 1)
    assert not Account.objects.exists()
    code, answer = run(content, "--partial")
    assert (code, answer["updated"], answer["failed"]) == (1, 1, 1)


def test_a_file_without_an_amount_is_not_even_kept(run):
    code, answer = run(f"phone,currency\n{ANNA},GBP\n")
    assert (code, answer["id"]) == (2, None)
    assert "amount" in answer["errors"][0]["reason"]
