"""`manage.py check_ledger` sees what does not agree."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from core import guards
from loyalty.models import Account, CreditLot, LedgerCheck, Program
from loyalty.services.checking import disagreeing
from loyalty.services.expiring import expire_due
from loyalty.services.holds import place_hold
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Capture, Move, Reversal
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
    assert "bella: 1 account, 0 do not agree." in capsys.readouterr().out
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
    assert "1 does not agree" in capsys.readouterr().out
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
    assert "1 does not agree" in capsys.readouterr().out


def test_the_overview_tells_the_last_check(credited, sign_in, owner):
    client = sign_in(owner)
    assert "It has not been checked yet." in client.get("/c/bella/").content.decode()
    call_command("check_ledger")
    assert "Every balance is explained" in client.get("/c/bella/").content.decode()
    Account.objects.update(balance=6)
    with pytest.raises(SystemExit):
        call_command("check_ledger")
    assert "1 account does not agree" in client.get("/c/bella/").content.decode()


@pytest.fixture
def busy(bella, anna, boris, points):
    """Entries 1 to 3 and 5 are Anna's: two credits, a debit of both, and its reversal; then a hold
    that is captured (6). Entry 4 is Boris's. Nothing is wrong."""

    def post(posting):
        post_entries(company=bella, postings=[posting], actor=None, now=NOON)

    def cause(ref):
        return {"source": "api", "source_ref": ref}

    def move(guest, amount, ref):
        owner = {"guest_id": guest.pk, "program_id": points.pk}
        post(Move(amount=Decimal(amount), **owner, **cause(ref)))

    move(anna, 5, "1")
    move(anna, 7, "2")
    move(anna, -6, "3")
    move(boris, 7, "4")
    third = _ids("loyalty_ledgerentry")[2]
    post(Reversal(entry_id=third, **cause("5")))
    until = NOON + timedelta(days=1)
    hold = place_hold(
        company=bella, guest_id=anna.pk, program_id=points.pk, amount=Decimal(3), source="api",
        source_ref="h", expires_at=until, now=NOON,
    )  # fmt: skip
    post(Capture(hold_id=hold.pk, amount=Decimal(2), **cause("6")))
    Program.objects.create(company=bella, name="Other", code="other", currency="GBP")
    assert list(disagreeing(bella)) == []


def _ids(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def _execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


#: What is done by raw SQL, with the guards lifted: e1 to e6 are the ids of entries, a1 and a2 those
#: of Anna's account and Boris's. What keeps its sums is wrong by itself.
DAMAGE = {
    "an entry's amount": "UPDATE loyalty_ledgerentry SET amount = amount + 100 WHERE id = {e3}",
    "a balance after it": "UPDATE loyalty_ledgerentry SET balance_after = 1 WHERE id = {e2}",
    "two amounts that make up for each other": (
        "UPDATE loyalty_ledgerentry SET amount = amount + CASE WHEN id = {e1} THEN 1 ELSE -1 END "
        "WHERE id IN ({e1}, {e2})"
    ),
    "an entry gone": "DELETE FROM loyalty_ledgerentry WHERE id = {e3}",
    "an entry of another account": (
        "UPDATE loyalty_ledgerentry SET account_id = {a2} WHERE id = {e2}"
    ),
    "an entry of another program": (
        "UPDATE loyalty_ledgerentry SET program_id = (SELECT MAX(id) FROM loyalty_program) "
        "WHERE id = {e2}"
    ),
    "an entry of another company": (
        "UPDATE loyalty_ledgerentry SET company_id = company_id + 1000 WHERE id = {e2}"
    ),
    "a reversal of what is not there": (
        "UPDATE loyalty_ledgerentry SET reverses_id = 999999 WHERE id = {e5}"
    ),
    "a reversal of another's entry": (
        "UPDATE loyalty_ledgerentry SET reverses_id = {e4} WHERE id = {e5}"
    ),
    "a lot's amount and rest": (
        'UPDATE loyalty_creditlot SET amount = amount + 1, "left" = "left" + 1 '
        "WHERE entry_id = {e1}"
    ),
    "two lots of the same size, changed for each other": (
        "UPDATE loyalty_creditlot SET account_id = "
        "CASE WHEN account_id = {a1} THEN {a2} ELSE {a1} END WHERE entry_id IN ({e2}, {e4})"
    ),
    "a lot gone": "DELETE FROM loyalty_creditlot WHERE entry_id = {e2}",
    "a use gone": "DELETE FROM loyalty_lotuse WHERE entry_id = {e3} AND lot_id = {e2}",
    "a debit and its reversal taken from another's lot": (
        "UPDATE loyalty_lotuse SET lot_id = {e4} WHERE lot_id = {e2} AND entry_id IN ({e3}, {e5})"
    ),
    "uses of an entry that is not there": (
        "UPDATE loyalty_lotuse SET entry_id = 999999 WHERE entry_id = {e3}"
    ),
    "an account gone": "DELETE FROM loyalty_account WHERE id = {a1}",
    "a balance far too large": (
        "UPDATE loyalty_ledgerentry SET balance_after = 9223372036854775807 WHERE id <= {e2}"
    ),
    "amounts far too large": (
        "UPDATE loyalty_ledgerentry SET amount = 9223372036854775807 WHERE id <= {e2}"
    ),
    "a captured hold without its debit": "UPDATE loyalty_hold SET entry_id = NULL",
    "a captured hold of less than its debit": "UPDATE loyalty_hold SET amount = 1",
    "a captured hold that stands again": "UPDATE loyalty_hold SET state = 'held'",
}


#: PostgreSQL's own keys do not let these happen.
IMPOSSIBLE = {"an account gone", "an entry of another company"}


@pytest.mark.parametrize("damage", DAMAGE)
def test_no_damage_goes_unnoticed(bella, busy, capsys, damage):
    entries, accounts = _ids("loyalty_ledgerentry"), _ids("loyalty_account")
    names = {f"e{n}": pk for n, pk in enumerate(entries, 1)}
    names |= {f"a{n}": pk for n, pk in enumerate(accounts, 1)}
    sql = DAMAGE[damage].format(**names)
    if connection.vendor == "postgresql" and damage in IMPOSSIBLE:
        with pytest.raises(IntegrityError), guards.lifted(), transaction.atomic():
            _execute(sql)
        return
    with guards.lifted():
        _execute(sql)
    with pytest.raises(SystemExit) as exit_:
        call_command("check_ledger")
    assert exit_.value.code == 1
    assert LedgerCheck.objects.get().findings


def test_what_is_wrong_by_itself_is_counted(bella, busy):
    (first, *_rest) = _ids("loyalty_ledgerentry")
    with guards.lifted(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE loyalty_ledgerentry SET balance_after = balance_after + 1 WHERE id = %s",
            [first],
        )
    (found,) = disagreeing(bella)
    # That entry, and the next one, which does not follow from it any more.
    assert found["wrong_entries"] == 2
    assert found["balance"] == found["entries"] == found["lots_left"] == "10.0000"


def test_an_account_that_is_wrong_keeps_no_others_credits_from_expiring(bella, busy, anna, boris):
    CreditLot.objects.update(expires_on=NOON.date())
    Account.objects.filter(guest=anna).update(balance=1)
    expire_due(now=NOON + timedelta(days=1))
    balances = Account.objects.order_by("guest_id").values_list("guest_id", "balance")
    assert dict(balances) == {anna.pk: 1, boris.pk: 0}
