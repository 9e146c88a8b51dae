"""What merging, erasing and "everything about this guest" do to balances."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from guests.dependents import Refused as CannotMove
from guests.models import Guest
from guests.services.merging import merge_guests, undo_merge
from loyalty.dependents import Balances
from loyalty.models import Account, Adjustment, CreditLot, EntryComment, Hold, LedgerEntry, Program
from loyalty.services import approving, asking
from loyalty.services.holds import place_hold
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Capture, Move, Posted, Refused, Reversal

pytestmark = pytest.mark.usefixtures("books_agree")


@pytest.fixture
def give(bella, points):
    """Call it with a guest and an amount: credited, or debited."""

    def one(guest: Guest, amount: Any, *, program: Program = points, **values: Any) -> Any:
        posting = Move(
            guest_id=guest.pk,
            program_id=program.pk,
            amount=Decimal(amount),
            source="api",
            source_ref=f"{guest.pk}:{LedgerEntry.objects.count()}",
            **values,
        )
        (outcome,) = post_entries(company=bella, postings=[posting], actor=None, now=timezone.now())
        return outcome

    return one


def merge(company, kept, merged):
    kept.refresh_from_db()
    merged.refresh_from_db()
    return merge_guests(
        company=company, kept=kept, merged=merged, choices={}, kept_version=kept.version,
        merged_version=merged.version, actor=None, source="web", now=timezone.now(),
    )  # fmt: skip


def undo(company, done):
    undo_merge(company=company, merge=done, actor=None, source="web", now=timezone.now())


def lots(guest: Guest) -> list[tuple[Decimal, date | None]]:
    found = CreditLot.objects.open().filter(account__guest=guest)
    return sorted(found.values_list("left", "expires_on"), key=str)


def balance(guest: Guest) -> Decimal:
    return sum(Account.objects.filter(guest=guest).values_list("balance", flat=True), Decimal(0))


def test_a_merge_moves_each_credit_with_its_last_day(bella, anna, boris, give):
    today = timezone.localdate()
    soon, later = today + timedelta(days=30), today + timedelta(days=60)
    give(boris, 10, expires_on=soon)
    give(boris, 20, expires_on=later)
    give(boris, -4)
    give(anna, 5)
    done = merge(bella, anna, boris)
    assert balance(boris) == 0
    assert balance(anna) == 31
    assert lots(anna) == sorted([(5, None), (6, soon), (20, later)], key=str)
    undo(bella, done)
    assert balance(anna) == 5
    assert lots(boris) == sorted([(6, soon), (20, later)], key=str)


def test_what_is_spent_since_keeps_a_merge_from_being_undone(bella, anna, boris, give):
    give(boris, 10)
    done = merge(bella, anna, boris)
    give(anna, -1)
    with pytest.raises(CannotMove, match="in Points, 1 is spent, held or expired by now"):
        undo(bella, done)
    assert balance(anna) == 9


def test_holds_go_along_and_can_still_be_captured(bella, anna, boris, give, points):
    give(boris, 10)
    hold = place_hold(
        company=bella, guest_id=boris.pk, program_id=points.pk, amount=Decimal(4), source="api",
        source_ref="table 5", expires_at=timezone.now() + timedelta(hours=1), now=timezone.now(),
    )  # fmt: skip
    done = merge(bella, anna, boris)
    assert Account.objects.get(guest=anna).held == 4
    undo(bella, done)
    assert Account.objects.get(guest=boris).held == 4
    merge(bella, anna, boris)
    (outcome,) = post_entries(
        company=bella, actor=None, now=timezone.now(),
        postings=[Capture(hold_id=hold.pk, source="hold", source_ref="table 5")],
    )  # fmt: skip
    assert isinstance(outcome, Posted)
    assert balance(anna) == 6
    assert Hold.objects.get().state == Hold.State.CAPTURED


def test_what_is_held_since_keeps_a_merge_from_being_undone(bella, anna, boris, give, points):
    give(boris, 10)
    done = merge(bella, anna, boris)
    place_hold(
        company=bella, guest_id=anna.pk, program_id=points.pk, amount=Decimal(4), source="api",
        source_ref="table 5", expires_at=timezone.now() + timedelta(hours=1), now=timezone.now(),
    )  # fmt: skip
    with pytest.raises(CannotMove, match="4 is spent, held or expired"):
        undo(bella, done)
    assert balance(anna) == 10


def test_who_was_merged_gets_nothing_more(bella, anna, boris, give):
    give(boris, 10)
    merge(bella, anna, boris)
    assert give(boris, 1) == Refused("closed")


def test_a_merges_own_entries_are_not_reversed_one_by_one(bella, anna, boris, give):
    give(boris, 10)
    merge(bella, anna, boris)
    moved = LedgerEntry.objects.filter(source="merge")
    assert moved
    for entry in moved:
        (outcome,) = post_entries(
            company=bella, actor=None, now=timezone.now(),
            postings=[Reversal(entry_id=entry.pk, source="api", source_ref=f"r{entry.pk}")],
        )  # fmt: skip
        assert outcome == Refused("of_merge")
    assert balance(anna) == 10


def test_what_waits_for_approval_goes_along(bella, anna, boris, points, manager, owner):
    asked = asking.ask(
        company=bella, guest=boris, bulk=None, program=points, amount=Decimal(50), restaurant=None,
        reason="apology", comment="", ref="one", actor=manager, source="web", now=timezone.now(),
    )  # fmt: skip
    merge(bella, anna, boris)
    approving.approve(adjustment=asked, actor=owner, source="web", now=timezone.now())
    assert balance(anna) == 50


def test_erasing_takes_the_words_and_keeps_the_amounts(bella, anna, boris, give, points, manager):
    give(anna, 10, comment="for his daughter Mia")
    give(boris, 10, comment="stays")
    asking.ask(
        company=bella, guest=anna, bulk=None, program=points, amount=Decimal(50), restaurant=None,
        reason="apology", comment="Mia again", ref="one", actor=manager, source="web",
        now=timezone.now(),
    )  # fmt: skip
    Balances().erase(anna, now=timezone.now())
    assert list(EntryComment.objects.values_list("text", flat=True)) == ["stays"]
    assert balance(anna) == 10
    adjustment = Adjustment.objects.get()
    assert (adjustment.comment, adjustment.state) == ("", "lapsed")


def test_everything_is_told_as_json(anna, give):
    import json

    give(anna, "10.50", comment="hello", reason="apology")
    give(anna, -3)
    (account,) = json.loads(json.dumps(Balances().everything(anna, only=None)))
    assert (account["program"], account["balance"]) == ("Points", "7.5000")
    assert [entry["amount"] for entry in account["entries"]] == ["10.5000", "-3.0000"]
    assert account["entries"][0]["comment"] == "hello"
    assert Balances().describe(anna) == "7.50 points · Points"


def test_who_was_merged_is_no_member_any_more(bella, anna, boris, give, points):
    give(anna, 5)
    give(boris, 10)
    done = merge(bella, anna, boris)
    assert _members(points) == (1, 1, 15)
    undo(bella, done)
    assert _members(points) == (2, 2, 15)


def _members(program: Program) -> tuple[int, int, Decimal]:
    """Return them as the list of programs counts them and as its own page does; the balance."""
    listed = Program.objects.with_totals().get(pk=program.pk)
    own = Account.objects.filter(program=program).totals()
    return listed.members, own["members"], own["balance"]


def test_what_a_merge_moved_is_not_called_spent(bella, anna, boris, give):
    given = give(boris, 10)
    merge(bella, anna, boris)
    back = Reversal(entry_id=given.entry_id, source="manual", source_ref="back")
    (outcome,) = post_entries(company=bella, postings=[back], actor=None, now=timezone.now())
    assert outcome == Refused("moved", {"moved": Decimal(10)})
    assert balance(anna) == 10


@pytest.mark.parametrize("how", ["merged", "erased"])
def test_what_was_taken_is_not_given_back_to_a_guest_who_is_gone(bella, anna, boris, give, how):
    """It would lie in an account that nobody can spend from."""
    give(boris, 10)
    taken = give(boris, -4)
    if how == "merged":
        merge(bella, anna, boris)
    else:
        Guest.objects.filter(pk=boris.pk).update(phone=None, is_active=False)
    before = balance(anna), balance(boris)
    back = Reversal(entry_id=taken.entry_id, source="manual", source_ref="back")
    (outcome,) = post_entries(company=bella, postings=[back], actor=None, now=timezone.now())
    assert outcome == Refused("closed")
    assert (balance(anna), balance(boris)) == before


def test_once_a_merge_is_undone_what_was_taken_can_be_given_back(bella, anna, boris, give):
    give(boris, 10)
    taken = give(boris, -4)
    undo(bella, merge(bella, anna, boris))
    back = Reversal(entry_id=taken.entry_id, source="manual", source_ref="back")
    (outcome,) = post_entries(company=bella, postings=[back], actor=None, now=timezone.now())
    assert isinstance(outcome, Posted)
    assert (balance(anna), balance(boris)) == (0, 10)
