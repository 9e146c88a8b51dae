"""Credits beside guests: given once, with the guest or not at all."""

from decimal import Decimal

import pytest
from django.utils import timezone

from core.models import OutgoingMail
from guests.models import Guest
from imports.models import ImportRow
from imports.reports.undo import forecast_figures
from imports.services import runs
from imports.services.undo_forecast import forecast
from loyalty.models import Account, LedgerEntry, Program
from loyalty.services.checking import disagreeing
from tests.imports.trips import (
    ANNA,
    JOHN,
    guest,
    imported,
    notes,
    outcomes,
    reasons,
    received,
    undone,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inline")]

HEAD = "phone,name,email,credit_amount,credit_currency,credit_program\n"


@pytest.fixture(autouse=True)
def points(bella):
    program = Program.objects.create(
        company=bella, name="Points", code="points", currency="GBP", is_default=True
    )
    yield program
    assert list(disagreeing(bella)) == []


def balance(phone):
    account = Account.objects.filter(guest__phone=phone).first()
    return account and account.balance


def test_a_new_guest_and_a_known_one_are_credited(bella):
    guest(bella, JOHN, first_name="John")
    job = imported(bella, f"{HEAD}{ANNA},Anna,,50,GBP,\n{JOHN},John,,25.50,gbp,POINTS\n")
    assert outcomes(job) == {2: "created", 3: "updated"}
    assert (balance(ANNA), balance(JOHN)) == (Decimal(50), Decimal("25.5"))
    # Nothing of his own record was changed.
    assert Guest.objects.get(phone=JOHN).version == 1


def test_without_a_currency_the_guest_comes_in_and_the_credit_waits_to_be_mended(bella):
    job = imported(bella, f"{HEAD}{ANNA},Anna,,50,,\n")
    assert (job.state, outcomes(job), balance(ANNA)) == ("done", {2: "created"}, None)
    assert notes(job) == {2: ["credit_no_currency"]}
    assert ImportRow.objects.filter(job_id=job.pk).to_mend().count() == 1
    again = imported(bella, f"{HEAD}{ANNA},Anna,,50,GBP,\n", corrects=job)
    assert (outcomes(again), balance(ANNA)) == ({2: "updated"}, Decimal(50))


def test_a_line_is_one_piece_its_guest_does_not_come_in_without_the_credit(bella):
    job = imported(bella, f"{HEAD}{ANNA},Anna,,50,GBP,gold\n{JOHN},John,,0.001,GBP,\n")
    assert reasons(job) == {
        2: [("program_unknown", "credit_program")],
        3: [("amount_of_currency", "credit_amount")],
    }
    assert not Guest.objects.exists()


def test_what_the_ledger_refuses_at_last_refuses_the_whole_line(bella, points, monkeypatch):
    """The program ends between the check and the writing."""
    from imports.services import importing

    apply, calls = importing.apply, []

    def ends(job, decisions, *args, **options):
        if not calls:
            Program.objects.update(active_to="2001-01-01")
        calls.append(len(decisions))
        return apply(job, decisions, *args, **options)

    monkeypatch.setattr(importing, "apply", ends)
    job = imported(bella, f"{HEAD}{ANNA},Anna,,50,GBP,\n{JOHN},John,,,,\n")
    assert outcomes(job) == {2: "failed", 3: "created"}
    assert [code for code, _column in reasons(job)[2]] == ["credit_refused"]
    assert (calls, Guest.objects.get().phone) == ([2, 2], JOHN)
    Program.objects.update(active_to=None)


def test_a_correction_credits_only_what_was_not_credited(bella):
    first = imported(bella, f"{HEAD}{ANNA},Anna,,50,GBP,\n{JOHN},John,,x,GBP,\n")
    again = imported(bella, f"{HEAD}{ANNA},Anna,,50,GBP,\n{JOHN},John,,20,GBP,\n", corrects=first)
    assert outcomes(again) == {2: "unchanged", 3: "created"}
    assert notes(again) == {2: ["credit_given_before"]}
    assert (balance(ANNA), balance(JOHN)) == (Decimal(50), Decimal(20))


def test_a_correction_with_another_amount_is_an_error(bella):
    first = imported(bella, f"{HEAD}{ANNA},Anna,,50,GBP,\n{JOHN},John,,x,GBP,\n")
    again = imported(bella, f"{HEAD}{ANNA},Anne,,70,GBP,\n", corrects=first)
    assert reasons(again) == {2: [("credit_other_amount", "credit_amount")]}
    assert (balance(ANNA), Guest.objects.get().first_name) == (Decimal(50), "Anna")


def test_undo_takes_the_credit_back_and_keeps_a_row_for_the_ledger(bella):
    job = imported(bella, f"{HEAD}{ANNA},Anna,,50,GBP,\n{JOHN},John,,,,\n")
    found = forecast(job)
    assert (found.removed, found.deleted, found.guests, found.entries) == (1, 1, 2, 1)
    assert {"label": "Guests deleted", "value": 1, "tone": ""} in forecast_figures(job, found)[
        "figures"
    ]
    job = undone(job)
    anna = Guest.objects.get()
    assert (anna.phone, anna.is_active, balance(ANNA)) == (ANNA, False, Decimal(0))
    assert job.undo_counts == {"in_part": 1, "undone": 1}
    assert LedgerEntry.objects.count() == 2


def test_guests_are_told_once_if_that_is_asked_for_and_they_want_mail(bella):
    guest(bella, JOHN, first_name="John", email="john@example.com", subscribed=False)
    content = (
        f"{HEAD}{ANNA},Anna,anna@example.com,50,GBP,\n{JOHN},John,john@example.com,5,GBP,\n"
        "+442079460961,Max,,5,GBP,\n"
    )
    job = imported(bella, content, message=True)
    mails = OutgoingMail.objects.filter(kind="credit")
    assert [mail.to for mail in mails] == ["anna@example.com"]
    assert mails[0].subject_id == LedgerEntry.objects.get(account__guest__phone=ANNA).pk
    imported(bella, content, message=True, corrects=job)
    assert mails.count() == 1


def test_nobody_is_told_unless_it_is_asked_for(bella):
    imported(bella, f"{HEAD}{ANNA},Anna,anna@example.com,50,GBP,\n")
    assert not OutgoingMail.objects.filter(kind="credit").exists()


def test_by_command_as_well_it_is_said_what_was_not_given(bella, command):
    content = "phone,name,credit amount,credit currency\n" + f"{ANNA},Anna,50,\n{JOHN},John,5,GBP\n"
    done = command(content)
    assert "  Credits left out: 1.\n" in done.said
    again = command(f"phone,credit amount,credit currency\n{ANNA},60,\n", "--json")
    assert again.answer["besides"] == {"credits_left_out": 1}


def test_the_check_shows_the_money_and_writes_nothing(bella, owner):
    job = received(bella, f"{HEAD}{ANNA},Anna,anna@example.com,50,GBP,\n", actor=owner)
    from imports.options import Options
    from tests.imports.web import worked

    options = Options.from_json(job.options)
    runs.request_check(job=job, options=options, results_to="", now=timezone.now())
    money = worked(job).findings["money"]
    program = Program.objects.get()
    assert money["programs"] == {str(program.pk): {"credited": 500_000, "debited": 0, "lines": 1}}
    assert money["messages"] == 1
    assert money["largest"] == [[2, ANNA, program.pk, 500_000]]
    assert not LedgerEntry.objects.exists()
