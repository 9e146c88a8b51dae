"""Many at one balance: no coin is spent twice, nobody sees a deadlock, no cause pays twice.

Each test first shows the race, with the lock taken off.
"""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from core.models import Company, Membership, Role, User
from guests.models import Guest
from guests.services.merging import merge_guests
from loyalty.models import Account, Adjustment, LedgerEntry, Program
from loyalty.querysets import AccountQuerySet
from loyalty.services import approving, asking, retrying
from loyalty.services.books import Books
from loyalty.services.checking import disagreeing
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move, Posted, Refused
from tests.loyalty.conftest import new_guest
from tests.processes import ROOT, environment
from tests.torture.at_once import at_once

pytestmark = [pytest.mark.torture, pytest.mark.django_db(transaction=True)]

THREADS = 50
COVERED = 10

#: SQLite has one writer at a time: there nothing can happen at once.
on_postgresql = pytest.mark.postgres


@pytest.fixture
def points(bella: Company) -> Program:
    return Program.objects.create(company=bella, name="Points", code="points", currency="GBP")


@pytest.fixture
def anna(bella: Company) -> Guest:
    return new_guest(bella, 1)


@pytest.fixture
def boris(bella: Company) -> Guest:
    return new_guest(bella, 2)


def move(company: Company, guest: Guest, program: Program, amount: Any, ref: str) -> Any:
    posting = Move(
        guest_id=guest.pk,
        program_id=program.pk,
        amount=Decimal(amount),
        source="api",
        source_ref=ref,
    )
    (outcome,) = post_entries(company=company, postings=[posting], actor=None, now=timezone.now())
    return outcome


def spend(company: Company, guest: Guest, program: Program, round_: int) -> Counter[type]:
    """Have all threads debit one at the same moment; return how many won and lost."""
    outcomes: list[Any] = []

    def debit(n: int) -> Callable[[], None]:
        return lambda: outcomes.append(move(company, guest, program, -1, f"{round_}:{n}"))

    raised = at_once(*[debit(n) for n in range(THREADS)])
    assert not [error for error in raised if not isinstance(error, AssertionError)], raised
    return Counter(type(outcome) for outcome in outcomes)


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the lock off, and let everybody look before anybody writes."""

    def unlocked(self: AccountQuerySet, **options: Any) -> AccountQuerySet:
        return self.all()

    write = Books.write

    def slow(self: Books, **kwargs: Any) -> None:
        time.sleep(0.2)
        write(self, **kwargs)

    monkeypatch.setattr(AccountQuerySet, "select_for_update", unlocked)
    monkeypatch.setattr(Books, "write", slow)


@on_postgresql
def test_without_the_lock_more_is_spent_than_there_is(
    bella: Company, anna: Guest, points: Program, unlocked: None
) -> None:
    move(bella, anna, points, COVERED, "in")
    won = spend(bella, anna, points, 0)
    assert won[Posted] > COVERED
    assert list(disagreeing(bella)) != []


@on_postgresql
def test_fifty_spend_what_covers_ten(
    bella: Company, anna: Guest, points: Program, rounds: int
) -> None:
    for number in range(5 * rounds):
        move(bella, anna, points, COVERED, f"in:{number}")
        assert spend(bella, anna, points, number) == {Posted: COVERED, Refused: THREADS - COVERED}
        assert Account.objects.get().balance == 0
        assert list(disagreeing(bella)) == []
    assert not LedgerEntry.objects.filter(balance_after__lt=0).exists()


# -- Opposing operations ------------------------------------------------------------------------


def transfer(company: Company, program: Program, guests: list[Guest], ref: str) -> None:
    """Debit the first and credit the second, in one piece."""
    pair = zip(guests, (Decimal(-1), Decimal(1)), strict=True)
    postings = [
        Move(
            guest_id=guest.pk,
            program_id=program.pk,
            amount=amount,
            source="api",
            source_ref=f"{ref}:{guest.pk}",
        )
        for guest, amount in pair
    ]
    post_entries(company=company, postings=postings, actor=None, now=timezone.now())


def cross(
    company: Company,
    program: Program,
    pair: list[Guest],
    label: str,
    *,
    threads: int = 12,
    each_times: int = 5,
) -> list[BaseException]:
    """Have threads move points to and fro between two guests."""

    def act(n: int) -> Callable[[], None]:
        guests = pair if n % 2 else pair[::-1]

        def many() -> None:
            for each in range(each_times):
                transfer(company, program, guests, f"{label}:{n}:{each}")

        return many

    return at_once(*[act(n) for n in range(threads)])


@on_postgresql
def test_in_no_order_they_would_wait_for_each_other(
    bella: Company, anna: Guest, boris: Guest, points: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    for guest in (anna, boris):
        move(bella, guest, points, 1_000, f"in:{guest.pk}")

    turns, both = count(), Barrier(2)

    def one_by_one(self: AccountQuerySet, ids: Any) -> Any:
        # One upwards, the other downwards, as somebody would who did not know better.
        turn = next(turns)
        first, *others = sorted(ids, reverse=bool(turn % 2))
        list(self.filter(pk=first).select_for_update())
        # Each has one of them, before either asks for its second; begun anew nobody waits.
        if turn < 2:
            both.wait()
        for pk in others:
            list(self.filter(pk=pk).select_for_update())
        return self.filter(pk__in=ids).order_by("pk")

    monkeypatch.setattr(AccountQuerySet, "locked", one_by_one)
    monkeypatch.setattr(retrying, "TRIES", 1)
    few = {"threads": 2, "each_times": 1}
    (raised,) = cross(bella, points, [anna, boris], "ring", **few)
    assert isinstance(raised, OperationalError)
    # And begun anew, nobody sees it.
    turns = count()
    monkeypatch.setattr(retrying, "TRIES", 5)
    assert cross(bella, points, [anna, boris], "again", **few) == []


@on_postgresql
def test_opposing_operations_never_deadlock_before_a_user(
    bella: Company, anna: Guest, boris: Guest, points: Program, rounds: int
) -> None:
    for guest in (anna, boris):
        move(bella, guest, points, 1_000, f"in:{guest.pk}")
    for number in range(rounds):
        assert cross(bella, points, [anna, boris], str(number)) == []
    total = sum(Account.objects.values_list("balance", flat=True))
    assert total == 2_000
    assert list(disagreeing(bella)) == []


def test_a_merge_and_credits_never_lose_a_point(
    bella: Company, anna: Guest, boris: Guest, points: Program
) -> None:
    """Whoever is credited while they are merged is credited before, or told that it is too late."""
    deposit = Program.objects.create(company=bella, name="D", code="d", currency="GBP")
    outcomes: list[Any] = []

    def credit(n: int, program: Program) -> Callable[[], None]:
        return lambda: outcomes.append(move(bella, boris, program, 1, f"c{program.pk}:{n}"))

    def merge() -> None:
        merge_guests(
            company=bella, kept=anna, merged=boris, choices={}, kept_version=anna.version,
            merged_version=boris.version, actor=None, source="api", now=timezone.now(),
        )  # fmt: skip

    raised = at_once(
        *[credit(n, points) for n in range(6)], merge, *[credit(n, deposit) for n in range(6)]
    )
    assert raised == []
    posted = sum(isinstance(outcome, Posted) for outcome in outcomes)
    refused = {outcome.code for outcome in outcomes if isinstance(outcome, Refused)}
    assert refused <= {"closed"}
    boris.refresh_from_db()
    assert boris.merged_into_id == anna.pk
    assert sum(Account.objects.filter(guest=anna).values_list("balance", flat=True)) == posted
    assert not Account.objects.filter(guest=boris).exclude(balance=0).exists()
    assert list(disagreeing(bella)) == []


# -- One cause ----------------------------------------------------------------------------------


@on_postgresql
def test_the_same_reference_twenty_times_at_once_pays_once(
    bella: Company, anna: Guest, points: Program, rounds: int
) -> None:
    for number in range(rounds):
        pay = partial(move, bella, anna, points, 7, f"same:{number}")
        raised = at_once(*[pay] * 20)
        assert raised == []
        assert Account.objects.get().balance == 7 * (number + 1)
    assert LedgerEntry.objects.count() == rounds


@on_postgresql
def test_without_looking_for_the_cause_the_database_still_refuses(
    bella: Company, anna: Guest, points: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loyalty.services import known

    monkeypatch.setattr(known, "find_causes", lambda *args: {})
    raised = at_once(*[lambda: move(bella, anna, points, 7, "same")] * 20)
    assert len(raised) == 19
    assert Account.objects.get().balance == 7


@on_postgresql
def test_two_approve_at_once_and_it_is_paid_once(
    bella: Company, manager: User, owner: User, anna: Guest, points: Program
) -> None:
    second = User.objects.create(email="second@bella.example", name="Second")
    Membership.objects.create(company=bella, user=second, role=Role.OWNER)
    adjustment = asking.ask(
        company=bella, guest=anna, bulk=None, program=points, amount=Decimal(500), restaurant=None,
        reason="apology", comment="", ref="one", actor=manager, source="web", now=timezone.now(),
    )  # fmt: skip

    def approve(by: User) -> Callable[[], object]:
        found = Adjustment.objects.select_related("company").get(pk=adjustment.pk)
        return lambda: approving.approve(
            adjustment=found, actor=by, source="web", now=timezone.now()
        )

    raised = at_once(*[approve(owner), approve(second)] * 5)
    assert len(raised) == 9
    assert {type(error) for error in raised} == {approving.Decided}
    assert Account.objects.get().balance == 500
    assert LedgerEntry.objects.count() == 1


# -- Processes ----------------------------------------------------------------------------------

#: What each process does: it debits one point so many times, all with causes of their own.
_SPENDER = """
import sys, django
django.setup()
from decimal import Decimal
from django.utils import timezone
from core.models import Company
from loyalty.models import Program
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move, Posted
company, guest, label = Company.objects.get(), int(sys.argv[1]), sys.argv[2]
program = Program.objects.get()
won = 0
for n in range(10):
    (outcome,) = post_entries(company=company, actor=None, now=timezone.now(), postings=[
        Move(guest_id=guest, program_id=program.pk, amount=Decimal(-1), source="api",
             source_ref=f"{label}:{n}")])
    won += isinstance(outcome, Posted)
print(won)
"""


def test_processes_spend_what_covers_ten(bella: Company, anna: Guest, points: Program) -> None:
    move(bella, anna, points, COVERED, "in")
    connection.close()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _SPENDER, str(anna.pk), label],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        for label in "abcd"
    ]
    won = [int(process.communicate(timeout=600)[0]) for process in processes]
    assert sum(won) == COVERED
    assert Account.objects.get().balance == 0
    assert list(disagreeing(bella)) == []
