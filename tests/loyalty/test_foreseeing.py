"""Postings that are made ready before anything is locked, and what overtakes them."""

import threading
import time
from contextlib import nullcontext
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from guests.models import Guest
from loyalty.models import Account, CreditLot, EntryComment, LedgerEntry, LotUse, Program
from loyalty.services import foreseeing
from loyalty.services.books import Books
from loyalty.services.checking import disagreeing
from loyalty.services.expiring import expire_company
from loyalty.services.foreseeing import foresee
from loyalty.services.holds import place_hold
from loyalty.services.ledger import post_entries
from loyalty.services.postings import (
    AlreadyPosted,
    Move,
    NothingToPost,
    Posted,
    Refused,
    Reversal,
    SetTo,
)
from loyalty.services.retrying import Moved
from tests.loyalty.conftest import NOON, new_guest
from tests.torture.at_once import at_once

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.postgres,  # Elsewhere ids cannot be reserved ahead.
    pytest.mark.usefixtures("books_agree"),
]

TABLES = (Account, LedgerEntry, CreditLot, LotUse, EntryComment)


@pytest.fixture
def giving(bella, points):
    """Call it with a guest, an amount and a cause: a posting."""

    def one(guest, amount, ref="ahead", **values):
        return Move(
            guest_id=guest.pk,
            program_id=points.pk,
            amount=Decimal(amount),
            source="import",
            source_ref=ref,
            **values,
        )

    return one


def foreseen_of(company, postings, now=NOON, **options):
    return foresee(company=company, postings=postings, actor=None, now=now, **options)


def posted(company, foreseen, now=NOON):
    return post_entries(
        company=company, postings=foreseen.postings, actor=None, now=now, foreseen=foreseen
    )


def everything():
    """Return all that stands in the ledger, but for ids: those that are not used are lost."""
    entry = ("account__guest", "at", "kind", "amount", "balance_after", "source", "reason")
    fields = {
        Account: ("guest", "program", "balance", "held"),
        LedgerEntry: entry,
        CreditLot: ("account__guest", "amount", "left", "expires_on"),
        LotUse: ("entry__kind", "entry__amount", "lot__amount", "amount"),
        EntryComment: ("text",),
    }
    return {
        model.__name__: sorted(map(str, model.objects.values_list(*names)))
        for model, names in fields.items()
    }


def test_nothing_is_written_before_it_is_posted(bella, anna, giving):
    foreseen = foreseen_of(bella, [giving(anna, 5, comment="Sorry")])
    assert [model.objects.count() for model in TABLES] == [0] * 5
    (outcome,) = posted(bella, foreseen)
    assert (outcome.amount, outcome.balance) == (5, 5)
    assert EntryComment.objects.get().entry_id == outcome.entry_id


def test_it_comes_to_what_it_comes_to_at_once(bella, anna, boris, points, giving, move):
    """Credits, debits, what is due, what was posted, what is refused: the same rows either way."""
    move(5, expires_on=date(2026, 3, 10))
    move(7, ref="known")
    later = NOON + timedelta(days=1)  # The five are gone by then.
    owner = {"guest_id": anna.pk, "program_id": points.pk}
    postings = [
        giving(anna, 3, "1"),
        giving(anna, -9, "2"),
        giving(boris, 4, "3", expires_on=date(2026, 5, 1), comment="Hello"),
        giving(boris, -5, "4"),
        giving(boris, 4, "3"),
        SetTo(**owner, balance=Decimal(1), source="api", source_ref="5"),
        SetTo(**owner, balance=Decimal(6), source="api", source_ref="6"),
        Move(**owner, amount=Decimal(7), source="manual", source_ref="known"),
    ]  # fmt: skip
    with transaction.atomic():
        at_once = post_entries(company=bella, postings=postings, actor=None, now=later)
        rows = everything()
        transaction.set_rollback(True)
    assert [type(outcome) for outcome in at_once] == [
        Posted, Posted, Posted, Refused, AlreadyPosted, NothingToPost, Posted, AlreadyPosted,
    ]  # fmt: skip
    outcomes = posted(bella, foreseen_of(bella, postings, later), later)
    assert [_plain(outcome) for outcome in outcomes] == [_plain(outcome) for outcome in at_once]
    assert everything() == rows
    balances = LedgerEntry.objects.order_by("pk").values_list("kind", "amount", "balance_after")
    assert list(balances)[2:] == [
        ("expiry", -5, 7), ("credit", 3, 10), ("debit", -9, 1), ("credit", 4, 4), ("credit", 5, 6),
    ]  # fmt: skip


def test_what_was_taken_for_new_and_is_not_is_not_posted_again(bella, anna, boris, giving):
    """Of an entry the database says it; what comes to none is looked up."""
    before = [giving(anna, 5, "in"), giving(anna, -5, "out")]
    first = post_entries(company=bella, postings=before, actor=None, now=NOON)
    foreseen = foreseen_of(bella, [giving(boris, 4, "new"), before[0]], new_causes=True)
    assert [type(outcome) for outcome in foreseen.outcomes] == [Posted, Posted]
    with pytest.raises(Moved):
        posted(bella, foreseen)
    assert list(Account.objects.values_list("guest", "balance")) == [(anna.pk, 0)]
    # There is nothing left that could be debited; but it was, by this very cause.
    postings = [giving(boris, 4, "new"), before[1]]
    outcomes = posted(bella, foreseen_of(bella, postings, new_causes=True))
    assert [type(outcome) for outcome in outcomes] == [Posted, AlreadyPosted]
    assert outcomes[1].entry_id == first[1].entry_id


def _plain(outcome):
    """Return an outcome without the id, which differs."""
    if isinstance(outcome, Posted):
        return outcome.amount, outcome.balance
    return outcome.amount if isinstance(outcome, AlreadyPosted) else outcome


# -- What gets in between -----------------------------------------------------------------------


def merged_away(company):
    kept = new_guest(company, 9)
    Guest.objects.exclude(pk=kept.pk).update(merged_into=kept, is_active=False)


def _spend_and_give_back(bella, anna, points, move):
    """The balance is the same again, and so is what is left of the lot."""
    out = move(-2)
    back = Reversal(entry_id=out.entry_id, source="manual", source_ref="back")
    post_entries(company=bella, postings=[back], actor=None, now=NOON)


def _expire(bella, anna, points, move):
    expire_company(bella, now=NOON + timedelta(days=400))


def _hold(bella, anna, points, move):
    place_hold(
        company=bella, guest_id=anna.pk, program_id=points.pk, amount=Decimal(1), source="api",
        source_ref="h", expires_at=NOON + timedelta(days=1), now=NOON,
    )  # fmt: skip


@pytest.mark.parametrize(
    "between",
    [
        lambda bella, anna, points, move: move(1),
        _spend_and_give_back,
        _expire,
        _hold,
        lambda bella, anna, points, move: move(4, ref="ahead"),
        lambda bella, anna, points, move: Program.objects.update(active_to="2001-01-01"),
        lambda bella, anna, points, move: Program.objects.update(expiry="year-end"),
        lambda bella, anna, points, move: merged_away(bella),
        lambda bella, anna, points, move: Guest.objects.update(phone=None),
    ],
    ids="credit whole expiry hold cause program rule merged erased".split(),
)
def test_what_somebody_moved_since_is_not_posted(bella, anna, points, giving, move, between):
    move(5, expires_on=date(2026, 12, 31))
    foreseen = foreseen_of(bella, [giving(anna, 4)])
    between(bella, anna, points, move)
    before = everything()
    with pytest.raises(Moved):
        posted(bella, foreseen)
    assert everything() == before


@pytest.mark.parametrize("how", ["opened", "merged", "erased"])
def test_nor_is_a_new_account_of_one_who_has_it_or_is_gone(bella, anna, points, giving, move, how):
    foreseen = foreseen_of(bella, [giving(anna, 4)])
    if how == "opened":
        move(1)
    elif how == "merged":
        merged_away(bella)
    else:
        Guest.objects.update(phone=None)
    before = everything()
    with pytest.raises(Moved):
        posted(bella, foreseen)
    assert everything() == before


def test_what_one_account_lacks_keeps_all_from_being_posted(bella, anna, boris, giving, move):
    move(5)
    foreseen = foreseen_of(bella, [giving(boris, 1, "1"), giving(anna, 1, "2")])
    move(1)
    with pytest.raises(Moved):
        posted(bella, foreseen)
    assert not Account.objects.filter(guest=boris).exists()


def test_what_others_have_makes_no_difference(bella, anna, boris, points, giving, move):
    foreseen = foreseen_of(bella, [giving(boris, 4)])
    move(5)
    (outcome,) = posted(bella, foreseen)
    assert outcome.balance == 4


def test_it_is_good_for_a_minute_and_for_its_own_postings(bella, anna, giving):
    foreseen = foreseen_of(bella, [giving(anna, 4)])
    with pytest.raises(Moved):
        posted(bella, foreseen, NOON + timedelta(seconds=61))
    with pytest.raises(ValueError, match="other postings"):
        post_entries(
            company=bella, postings=[giving(anna, 4)], actor=None, now=NOON, foreseen=foreseen
        )
    posted(bella, foreseen, NOON + timedelta(seconds=59))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_looked_at", [False, True])
def test_whoever_is_waited_for_is_seen(bella, anna, giving, move, monkeypatch, is_looked_at):
    """Another holds the account, and commits while it is waited for."""
    move(5)
    foreseen = foreseen_of(bella, [giving(anna, 4)])
    if not is_looked_at:
        monkeypatch.setattr(foreseeing, "_see_that_it_stands", lambda foreseen: None)
    holds = threading.Event()

    def other():
        try:
            with transaction.atomic():
                move(1)
                holds.set()
                _wait_until_somebody_waits()
        finally:
            connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    holds.wait()
    if is_looked_at:
        with pytest.raises(Moved):
            posted(bella, foreseen)
        assert Account.objects.get().balance == 6
    else:
        with transaction.atomic():
            posted(bella, foreseen)
            assert list(disagreeing(bella))
            transaction.set_rollback(True)
    thread.join()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("at_one_moment", [False, True])
def test_an_account_is_read_with_its_own_lots(
    bella, anna, giving, move, monkeypatch, at_one_moment
):
    """Somebody spends between the reading of the account and that of its lots."""
    move(5)
    read_lots = Books._read_lots

    def late(books):
        monkeypatch.setattr(Books, "_read_lots", read_lots)
        assert at_once(lambda: move(-5)) == []
        read_lots(books)

    if not at_one_moment:
        monkeypatch.setattr(foreseeing, "_one_moment", nullcontext)
    monkeypatch.setattr(Books, "_read_lots", late)
    if not at_one_moment:
        with pytest.raises(AssertionError, match="lack"):
            foreseen_of(bella, [giving(anna, -4)])
        return
    foreseen = foreseen_of(bella, [giving(anna, -4)])
    with pytest.raises(Moved):
        posted(bella, foreseen)


def _wait_until_somebody_waits():
    waiting = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
