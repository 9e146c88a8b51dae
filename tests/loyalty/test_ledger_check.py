"""`manage.py check_ledger` sees what does not agree."""

from decimal import Decimal

import pytest
from django.core.management import call_command

from loyalty.models import Account, CreditLot, LedgerCheck
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move
from tests.loyalty.conftest import NOON


@pytest.fixture
def credited(bella, anna, points):
    posting = Move(
        guest_id=anna.pk,
        program_id=points.pk,
        amount=Decimal(5),
        source="manual",
        source_ref="a",
    )
    post_entries(company=bella, postings=[posting], actor=None, now=NOON)


def test_all_is_well(credited, capsys):
    call_command("check_ledger")
    assert "bella: 1 accounts, 0 do not agree." in capsys.readouterr().out
    assert LedgerCheck.objects.get().wrong == 0


@pytest.mark.parametrize(
    ("model", "values"),
    [(Account, {"balance": 6}), (Account, {"held": 1}), (CreditLot, {"left": 4})],
)
def test_what_was_bent_by_hand_is_listed(credited, capsys, model, values):
    model.objects.update(**values)
    with pytest.raises(SystemExit) as exit_:
        call_command("check_ledger", company="bella")
    assert exit_.value.code == 1
    assert "1 do not agree" in capsys.readouterr().out
    assert LedgerCheck.objects.get().findings[0]["entries"] == "5.0000"


def test_lots_that_make_up_for_each_other_are_seen(bella, anna, points, capsys):
    """One lot has two less left, another two more: the account's sums say nothing of it."""
    postings = [
        Move(
            guest_id=anna.pk,
            program_id=points.pk,
            amount=Decimal(amount),
            source="api",
            source_ref=str(amount),
        )
        for amount in (5, 7, -6)
    ]
    post_entries(company=bella, postings=postings, actor=None, now=NOON)
    call_command("check_ledger")
    first, last = CreditLot.objects.order_by("entry_id")
    CreditLot.objects.filter(pk=first.pk).update(left=first.left + 2)
    CreditLot.objects.filter(pk=last.pk).update(left=last.left - 2)
    with pytest.raises(SystemExit):
        call_command("check_ledger")
    assert "1 do not agree" in capsys.readouterr().out


def test_the_overview_tells_the_last_check(credited, sign_in, owner):
    client = sign_in(owner)
    assert "It has not been checked yet." in client.get("/c/bella/").content.decode()
    call_command("check_ledger")
    assert "Every balance is explained" in client.get("/c/bella/").content.decode()
    Account.objects.update(balance=6)
    with pytest.raises(SystemExit):
        call_command("check_ledger")
    assert "1 account does not agree" in client.get("/c/bella/").content.decode()
