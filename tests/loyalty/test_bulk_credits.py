"""Many guests credited at once: the set that was confirmed, once each, with a receipt and Undo."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.models import Change, Company, Job, Membership, OutgoingMail, Role, User
from core.services import jobs
from guests.models import Guest
from guests.services.bulk_changes_sets import mark_of
from loyalty import approval_mail
from loyalty.models import Account, Adjustment, BulkAdjustment, LedgerEntry, Program, Terms
from loyalty.services import approving, asking, bulk_adjusting, bulk_worker
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move
from tests.guests import cast
from tests.guests.records import text_of
from tests.loyalty.conftest import new_guest
from tests.torture.at_once import at_once

pytestmark = pytest.mark.usefixtures("books_agree")
Fate = bulk_worker.Fate


@pytest.fixture
def crowd(bella: Company) -> list[Guest]:
    return [new_guest(bella, 100 + n) for n in range(7)]


@pytest.fixture
def credit(bella: Company, manager: User, points: Program) -> Callable[..., BulkAdjustment]:
    """Call it with an amount: confirmed for every active guest of the company."""

    def confirmed(amount: Any, *, seen: str = "", ref: str = "") -> BulkAdjustment:
        guests = Guest.objects.for_company(bella)
        mark = mark_of(bulk_adjusting.guests_of(guests.all()))
        return bulk_adjusting.confirm_bulk(
            company=bella,
            guests=guests.all(),
            seen=seen or str(mark),
            program=points,
            amount=Decimal(amount),
            restaurant=None,
            reason="promotion",
            comment="",
            query="",
            words=[],
            ref=ref,
            actor=manager,
            source="web",
            now=timezone.now(),
        )

    return confirmed


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_on_one_page_give_once(
    credit: Callable[..., BulkAdjustment], crowd: list[Guest]
) -> None:
    raised = at_once(*[partial(credit, "5", ref="a")] * 2)
    assert [type(each) for each in raised] == [bulk_adjusting.ConfirmedBefore]
    assert BulkAdjustment.objects.count() == 1


@pytest.mark.parametrize("way", ["credit", "debit"])
def test_a_page_that_is_sent_twice_gives_once_and_leads_to_the_same_receipt(
    bella: Company,
    manager: User,
    points: Program,
    crowd: list[Guest],
    sign_in: Callable[[User], Client],
    way: str,
) -> None:
    client, url = sign_in(manager), f"/c/bella/guests/{way}/"
    told = {
        "program": points.pk,
        "amount": "5",
        "restaurant": bella.restaurants.get(name="Bella Soho").pk,
        "reason": "promotion",
    }
    asked = client.post(url, told).context["confirm"]
    sent = told | {name: asked[name].value() for name in ("seen", "ref")}
    sent |= {"confirm": "1", "typed": "7"}
    answers = [client.post(url, sent) for _twice in range(2)]
    assert [answer["Location"] for answer in answers] == ["/c/bella/programs/changes/1/"] * 2
    assert BulkAdjustment.objects.count() == 1

    # The same again on a page of its own is meant.
    anew = client.post(url, told).context["confirm"]
    assert client.post(url, sent | {"ref": anew["ref"].value()})["Location"].endswith("/2/")


def worked(change: BulkAdjustment) -> BulkAdjustment:
    """Let a worker do it, here."""
    jobs.run(BulkAdjustment, change.pk)
    change.refresh_from_db()
    return change


def move(account: Account, amount: int) -> None:
    """Credit or debit one of the accounts from somewhere else."""
    posting = Move(
        guest_id=account.guest_id,
        program_id=account.program_id,
        amount=Decimal(amount),
        source="api",
        source_ref=f"{account.pk}:{amount}",
    )
    post_entries(company=account.company, postings=[posting], actor=None, now=timezone.now())


def balances() -> list[Decimal]:
    return list(Account.objects.order_by("guest_id").values_list("balance", flat=True))


def fates(change: BulkAdjustment) -> list[str]:
    return list(change.guests.order_by("guest_id").values_list("outcome", flat=True))


def test_everybody_of_the_set_is_credited_once(credit, crowd, monkeypatch):
    monkeypatch.setattr(bulk_worker, "CHUNK_GUESTS", 3)
    change = worked(credit(5))
    assert change.state == Job.State.DONE
    assert balances() == [5] * 7
    assert (change.posted, change.refused, change.total) == (7, 0, 7)
    assert fates(change) == [Fate.POSTED] * 7
    assert None not in change.guests.values_list("entry_id", flat=True)
    # A worker that lost its word does the same again: nobody is paid twice.
    BulkAdjustment.objects.update(state=Job.State.QUEUED, checkpoint=0, done=0, posted=0)
    change.guests.update(outcome=Fate.WAITING)
    worked(change)
    assert balances() == [5] * 7
    assert LedgerEntry.objects.count() == 7


def test_who_comes_after_the_confirmation_is_not_credited(credit, crowd, bella):
    change = credit(5)
    new_guest(bella, 500)
    worked(change)
    assert len(balances()) == 7


def test_another_set_than_was_shown_is_not_confirmed(credit, crowd, bella):
    seen = str(mark_of(bulk_adjusting.guests_of(Guest.objects.for_company(bella).all())))
    new_guest(bella, 500)
    with pytest.raises(bulk_adjusting.SetChanged):
        credit(5, seen=seen)
    assert not BulkAdjustment.objects.exists()


def test_who_has_too_little_is_left_out_with_the_reason(credit, crowd):
    worked(credit(5))
    move(Account.objects.order_by("guest_id").first(), 10)
    change = worked(credit(-8))
    assert change.state == Job.State.DONE_WITH_ERRORS
    assert (change.posted, change.refused) == (1, 6)
    assert balances() == [7] + [5] * 6
    row = change.guests.filter(outcome=Fate.REFUSED).first()
    assert (row.code, row.params) == ("insufficient", {"available": "5.0000"})


@pytest.mark.parametrize("amount", [5, -2])
def test_who_was_deleted_since_the_confirmation_is_left_out_with_the_reason(
    sign_in, manager, credit, crowd, amount
):
    worked(credit(3))
    change = credit(amount)
    gone = [crowd[0].pk, crowd[4].pk]
    Guest.objects.filter(pk__in=gone).update(is_active=False)
    worked(change)
    assert (change.state, change.posted, change.refused) == (Job.State.DONE_WITH_ERRORS, 5, 2)
    assert balances() == [3, *[3 + amount] * 3, 3, *[3 + amount] * 2]
    refused = change.guests.filter(outcome=Fate.REFUSED).order_by("guest_id")
    assert list(refused.values_list("guest_id", "code")) == [(pk, "deleted") for pk in gone]
    receipt = sign_in(manager).get(f"/c/bella/programs/changes/{change.number}/").content.decode()
    assert receipt.count("The guest was deleted before this was carried out.") == 2


def test_of_a_set_that_was_deleted_as_a_whole_nobody_is_credited(credit, crowd):
    change = credit(5)
    Guest.objects.update(is_active=False)
    worked(change)
    assert (change.posted, change.refused, balances()) == (0, 7, [])


def test_who_was_merged_since_the_confirmation_is_not_called_deleted(credit, crowd):
    change = credit(5)
    kept, merged = (Guest.objects.get(pk=guest.pk) for guest in crowd[:2])
    cast.merge(kept, merged)
    worked(change)
    assert change.guests.get(outcome=Fate.REFUSED).code == "closed"
    assert change.posted == 6


def test_undo_takes_back_what_is_left_and_lists_what_is_spent(credit, crowd, manager, monkeypatch):
    monkeypatch.setattr(bulk_worker, "CHUNK_GUESTS", 3)
    change = worked(credit(5))
    accounts = list(Account.objects.order_by("guest_id"))
    for account, spent in zip(accounts, (2, 5), strict=False):
        move(account, -spent)
    bulk_adjusting.request_undo(change=change, actor=manager, source="web", now=timezone.now())
    worked(change)
    assert change.state == Job.State.UNDONE
    assert balances() == [0] * 7
    assert fates(change) == [Fate.IN_PART, Fate.KEPT] + [Fate.UNDONE] * 5
    assert change.undone == 6
    with pytest.raises(bulk_adjusting.NotNow):
        bulk_adjusting.request_undo(change=change, actor=manager, source="web", now=timezone.now())


def test_an_undone_debit_is_not_given_back_to_who_was_merged_since(
    credit, crowd, manager, owner, points
):
    """Nor is it lost: the receipt names the guest. What goes back bears the name of who did it."""
    worked(credit(5))
    change = worked(credit(-2))
    kept, merged = (Guest.objects.get(pk=guest.pk) for guest in crowd[:2])
    cast.merge(kept, merged)
    bulk_adjusting.request_undo(change=change, actor=owner, source="web", now=timezone.now())
    worked(change)
    assert balances() == [8, 0] + [5] * 5
    assert fates(change) == [Fate.UNDONE, Fate.KEPT] + [Fate.UNDONE] * 5
    assert (change.undone, change.guests.get(guest_id=merged.pk).code) == (6, "closed")
    back = LedgerEntry.objects.filter(source="bulk", kind="reversal")
    assert set(back.values_list("actor", flat=True)) == {owner.pk}


def test_a_stop_keeps_what_is_in(credit, crowd, manager):
    change = credit(5)
    bulk_adjusting.request_stop(change=change, actor=manager)
    worked(change)
    assert change.state == Job.State.STOPPED
    assert balances() == []


def test_the_sum_above_the_limit_waits_for_a_second_person(credit, crowd, bella, manager, owner):
    Terms.objects.create(company=bella, adjustment_limit=Decimal(34))
    change = worked(credit(5))
    assert change.state == Job.State.DRAFT
    assert balances() == []
    adjustment = Adjustment.objects.get()
    assert adjustment.amount == 35
    with pytest.raises(approving.NotYours):
        approving.approve(adjustment=adjustment, actor=manager, source="web", now=timezone.now())
    approving.approve(adjustment=adjustment, actor=owner, source="web", now=timezone.now())
    assert worked(change).state == Job.State.DONE
    assert balances() == [5] * 7


def test_a_bulk_credit_that_is_declined_is_never_carried_out_and_says_why(
    sign_in, credit, crowd, bella, manager, owner
):
    Terms.objects.create(company=bella, adjustment_limit=Decimal(1))
    change = credit(5)
    approving.decline(
        adjustment=Adjustment.objects.get(), note="Seven is too many", actor=owner, source="web",
        now=timezone.now(),
    )  # fmt: skip
    assert worked(change).state == Job.State.REFUSED
    assert balances() == []
    page = sign_in(manager).get(f"/c/bella/programs/changes/{change.number}/").content.decode()
    assert page.index("Declined by") < page.index("Seven is too many")


# -- An undo gives and takes, too -----------------------------------------------------------------


@pytest.fixture
def debited(credit, crowd, bella) -> BulkAdjustment:
    """Seven guests had five points and were debited two each; fourteen are above the limit."""
    worked(credit(5))
    change = worked(credit(-2))
    Terms.objects.create(company=bella, adjustment_limit=Decimal(13))
    return change


def ask_undo(change: BulkAdjustment, actor: User) -> Adjustment | None:
    return bulk_adjusting.request_undo(change=change, actor=actor, source="web", now=timezone.now())


def decided(
    adjustment: Adjustment | None, how: Callable[..., Any], actor: User, **more: Any
) -> Any:
    assert adjustment is not None
    return how(adjustment=adjustment, actor=actor, source="web", now=timezone.now(), **more)


def test_the_undo_of_a_debit_above_the_limit_waits_for_a_second_person(debited, manager, owner):
    asked = ask_undo(debited, manager)
    assert asked is not None
    assert (asked.amount, asked.undoes, asked.reason) == (14, debited, "promotion")
    assert (worked(debited).state, balances()) == (Job.State.DONE, [3] * 7)
    with pytest.raises(bulk_adjusting.NotNow):
        ask_undo(debited, owner)
    with pytest.raises(approving.NotYours):
        decided(asked, approving.approve, manager)
    decided(asked, approving.approve, owner)
    assert (worked(debited).state, balances()) == (Job.State.UNDONE, [5] * 7)
    assert debited.undone_by == manager
    told = Change.objects.filter(action="undo_bulk_debit")
    assert list(told.values_list("actor", "subject_id")) == [(manager.pk, debited.pk)]
    with pytest.raises(approving.Decided):
        decided(asked, approving.approve, owner)


@pytest.mark.parametrize("end", ["decline", "withdraw", "lapse"])
def test_an_undo_that_is_not_approved_leaves_the_debit_and_may_be_asked_for_again(
    debited, manager, owner, end
):
    asked = ask_undo(debited, manager)
    if end == "decline":
        decided(asked, approving.decline, owner, note="no")
    elif end == "withdraw":
        decided(asked, approving.withdraw, manager)
    else:
        approving.lapse_due(now=timezone.now() + asking.PATIENCE)
    assert (worked(debited).state, balances()) == (Job.State.DONE, [3] * 7)
    decided(ask_undo(debited, manager), approving.approve, owner)
    assert (worked(debited).state, balances()) == (Job.State.UNDONE, [5] * 7)


def test_the_undo_of_a_credit_takes_and_waits_for_a_second_person_as_well(
    sign_in, credit, crowd, bella, manager, owner
):
    change = worked(credit(5))
    Terms.objects.create(company=bella, adjustment_limit=Decimal(34))
    page = sign_in(manager).get(f"/c/bella/programs/changes/{change.number}/").content.decode()
    assert "Undoing it takes 35 points from 7 guests." in page
    asked = ask_undo(change, manager)
    assert asked is not None
    assert (asked.amount, asked.undoes) == (-35, change)
    assert (worked(change).state, balances()) == (Job.State.DONE, [5] * 7)
    approvals = sign_in(owner).get("/c/bella/approvals/").content.decode()
    assert "Take back a credit of 35 points" in approvals
    decided(asked, approving.approve, owner)
    assert (worked(change).state, balances()) == (Job.State.UNDONE, [0] * 7)


@pytest.mark.parametrize(("amount", "sign"), [(5, "credit"), (-2, "debit")])
def test_the_activity_tells_that_an_undo_was_asked_for(
    sign_in, debited, credit, manager, owner, amount, sign
):
    change = debited if amount < 0 else BulkAdjustment.objects.exclude(pk=debited.pk).get()
    asked = ask_undo(change, manager)
    what = f"the undo of a {sign} of {7 * abs(amount)} points"
    said = text_of(sign_in(owner).get("/c/bella/activity/"))
    assert f"Maria asked for {what}" in said
    assert f"asked for a {sign} of" not in said
    message = approval_mail.build(OutgoingMail.objects.get(to=owner.email))
    assert message.subject == f"Bella: {what} waits for you"
    decided(asked, approving.approve, owner)
    said = text_of(sign_in(owner).get("/c/bella/activity/"))
    assert f"Olivia approved {what}" in said


def test_an_undo_within_the_limit_waits_for_nobody(credit, crowd, bella, manager):
    change = worked(credit(5))
    Terms.objects.create(company=bella, adjustment_limit=Decimal(35))
    assert ask_undo(change, manager) is None
    assert (worked(change).state, balances()) == (Job.State.UNDONE, [0] * 7)


def test_only_what_was_really_taken_counts_against_the_limit(debited, manager):
    BulkAdjustment.objects.filter(pk=debited.pk).update(posted=6)
    assert ask_undo(debited, manager) is None


def test_the_undo_of_a_debit_is_sent_approved_and_told_on_the_pages(
    sign_in, debited, manager, owner
):
    client, deciding = sign_in(manager), sign_in(owner)
    address = f"/c/bella/programs/changes/{debited.number}/"
    page = client.get(address).content.decode()
    assert "Send the undo to Approvals in Bella" in page
    assert "Undoing it gives out 14 points to 7 guests." in page
    assert "This is above the limit of one person." in page
    page = client.post(f"{address}undo/", follow=True).content.decode()
    assert "Waits for approval" in page
    # Of the undo, not of the debit, which is done.
    assert page.index("Waits for approval") < page.index("Lapses")
    assert "Withdraw in Bella" in page
    assert f"{address}undo/" not in page
    approvals = deciding.get("/c/bella/approvals/").content.decode()
    assert "Give back a debit of 14 points" in approvals
    assert "7 guests together" in approvals
    asked = Adjustment.objects.get()
    message = approval_mail.build(OutgoingMail.objects.get(to=owner.email))
    assert "For 7 guests together." in message.body
    deciding.post(f"/c/bella/approvals/{asked.pk}/decline/", {"note": "they did eat"})
    page = client.get(address).content.decode()
    assert "Declined" in page
    assert "they did eat" in page
    client.post(f"{address}undo/")
    deciding.post(f"/c/bella/approvals/{Adjustment.objects.latest('pk').pk}/approve/")
    worked(debited)
    page = client.get(address).content.decode()
    assert "Undone for 7 of 7 guests." in page
    assert "Undo approved by" in page
    assert deciding.get("/c/bella/approvals/").status_code == 200


def test_whoever_asked_for_an_undo_withdraws_it(sign_in, debited, manager):
    client = sign_in(manager)
    asked = ask_undo(debited, manager)
    page = client.post(f"/c/bella/approvals/{asked.pk}/withdraw/", follow=True).content.decode()
    assert "Withdrawn" in page
    assert "7 guests were debited 2 points each." in page
    assert "Send the undo to Approvals in Bella" in page


# -- On the screen --------------------------------------------------------------------------------


def test_the_page_asks_confirms_and_shows_the_receipt(
    sign_in: Callable[[User], Client], manager, crowd, points, bella
):
    client = sign_in(manager)
    address = "/c/bella/guests/credit/?" + "&".join(f"guest={g.pk}" for g in crowd[:3])
    page = client.get(address)
    assert "Credit 3 guests" in page.content.decode()
    data = {
        "program": points.pk,
        "amount": "5",
        "restaurant": bella.restaurants.first().pk,
        "reason": "promotion",
        "comment": "",
        "seen": page.context["confirm"]["seen"].value(),
    }
    preview = client.post(address, data)
    text = preview.content.decode()
    assert "5 points each" in text
    assert "15 points" in text
    assert "Type 3 to go on" in text
    assert not BulkAdjustment.objects.exists()
    refused = client.post(address, data | {"confirm": "1", "typed": "4"})
    assert "Type 3 to confirm" in refused.content.decode()
    done = client.post(address, data | {"confirm": "1", "typed": "3"})
    change = BulkAdjustment.objects.get()
    assert done["Location"] == f"/c/bella/programs/changes/{change.number}/"
    assert "Crediting" in client.get(done["Location"]).content.decode()
    worked(change)
    receipt = client.get(done["Location"]).content.decode()
    assert "3 guests were credited 5 points each." in receipt
    assert "Undo for 3 guests" in receipt
    client.post(f"{done['Location']}undo/")
    worked(change)
    assert "Undone for 3 of 3 guests." in client.get(done["Location"]).content.decode()


def test_the_program_of_the_list_is_chosen_first(sign_in, manager, crowd, points, bella):
    other = Program.objects.create(
        company=bella, name="Zest", code="zest", currency="GBP", audience="everyone"
    )
    page = sign_in(manager).get(f"/c/bella/guests/credit/?program={other.pk}").content.decode()
    assert f'<option value="{other.pk}" selected>' in page


def test_the_list_offers_it_to_who_may(sign_in, manager, operator, crowd):
    address = "/c/bella/guests/?sort=name"
    assert "/c/bella/guests/credit/" in sign_in(manager).get(address).content.decode()
    assert "/c/bella/guests/debit/?" in sign_in(manager).get(address).content.decode()
    unable = sign_in(operator).get(address).content.decode()
    assert "/c/bella/guests/credit/" not in unable
    assert "/c/bella/guests/debit/" not in unable


def test_the_page_says_when_deleted_guests_are_shown_but_left_out(sign_in, manager, crowd, points):
    client = sign_in(manager)
    said = "Deleted guests are left out"
    assert said in client.get("/c/bella/guests/debit/?inactive=on").content.decode()
    assert said not in client.get("/c/bella/guests/debit/").content.decode()


def test_what_waits_for_a_second_person_is_no_draft(sign_in, credit, crowd, bella, manager):
    Terms.objects.create(company=bella, adjustment_limit=Decimal(34))
    change = credit("10")
    client = sign_in(manager)
    for address in ("/c/bella/programs/changes/", f"/c/bella/programs/changes/{change.number}/"):
        page = client.get(address).content.decode()
        assert "Waits for approval" in page
        assert "Draft" not in page


def test_whoever_asked_for_a_bulk_credit_withdraws_it(sign_in, credit, crowd, bella, manager):
    Terms.objects.create(company=bella, adjustment_limit=Decimal(34))
    change = credit("10")
    client = sign_in(manager)
    page = client.get(f"/c/bella/programs/changes/{change.number}/").content.decode()
    address = f"/c/bella/approvals/{change.adjustment.pk}/withdraw/"
    assert "Lapses" in page
    assert address in page
    page = client.post(address, follow=True).content.decode()
    assert "This was withdrawn: nothing was posted." in page
    assert address not in page


def test_a_member_of_some_restaurants_touches_only_what_is_theirs(
    sign_in, credit, crowd, bella, manager
):
    soho, camden = bella.restaurants.order_by("pk")
    limited = User.objects.create(email="lola@bella.example", name="Lola")
    member = Membership.objects.create(company=bella, user=limited, role=Role.MANAGER)
    member.restaurants.add(soho)
    change = credit(5)
    BulkAdjustment.objects.filter(pk=change.pk).update(restaurant=camden)
    client, address = sign_in(limited), f"/c/bella/programs/changes/{change.number}/"
    assert f"{address}stop/" not in client.get(address).content.decode()
    assert client.post(f"{address}stop/").status_code == 403
    worked(change)
    assert change.state == Job.State.DONE
    assert f"{address}undo/" not in client.get(address).content.decode()
    assert client.post(f"{address}undo/").status_code == 403
    assert balances() == [5] * 7
    BulkAdjustment.objects.filter(pk=change.pk).update(restaurant=soho)
    assert f"{address}undo/" in client.get(address).content.decode()
    assert client.post(f"{address}undo/").status_code == 302
    assert worked(change).state == Job.State.UNDONE
