"""Who decides what is above the limit: another person, of the right restaurant, told by mail."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from core.models import Change, Company, Membership, OutgoingMail, Role, User
from guests.models import Guest
from guests.services.erasing import erase_guest
from loyalty import approval_mail, decision_mail
from loyalty.models import Account, Adjustment, LedgerEntry, Program, Terms
from loyalty.services import approving
from loyalty.services.adjusting import adjust_balance, reverse_entry

pytestmark = pytest.mark.usefixtures("books_agree")


@pytest.fixture
def ask(bella: Company, anna: Guest, points: Program, manager: User) -> Callable[..., Any]:
    """Call it with an amount: asked by the manager, above a limit of 100."""
    Terms.objects.create(company=bella, adjustment_limit=Decimal(100))

    def asked(amount: Any, *, actor: User = manager, ref: str = "click", **values: Any) -> Any:
        return adjust_balance(
            company=bella, guest=anna, program=points, amount=Decimal(amount), ref=ref,
            actor=actor, source="web", now=timezone.now(),
            **{"restaurant": None, "reason": "apology", "comment": "", **values},
        )  # fmt: skip

    return asked


def decide(adjustment: Adjustment, actor: User) -> Adjustment:
    return approving.approve(adjustment=adjustment, actor=actor, source="web", now=timezone.now())


@pytest.mark.parametrize(("amount", "waits"), [("100", False), ("100.01", True), ("-100.01", True)])
def test_above_the_limit_it_waits(ask, amount, waits):
    assert isinstance(ask(amount), Adjustment) is waits
    assert Account.objects.exists() is not waits


def test_a_double_click_asks_once(ask, owner):
    assert ask(500).pk == ask(500).pk
    assert Adjustment.objects.count() == 1
    assert OutgoingMail.objects.filter(kind="adjustment").count() == 1


def test_nobody_approves_their_own_not_even_by_sql(ask, manager, owner):
    adjustment = ask(500, actor=owner)
    with pytest.raises(approving.NotYours):
        decide(adjustment, owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        Adjustment.objects.filter(pk=adjustment.pk).update(state="approved", decided_by=owner)
    assert not LedgerEntry.objects.exists()


def test_approved_it_is_the_asker_s_entry(ask, manager, owner, bella):
    place = bella.restaurants.first()
    done = decide(ask(500, restaurant=place, comment="Hen night"), owner)
    entry = LedgerEntry.objects.get()
    assert (entry.actor_id, entry.restaurant_id) == (manager.pk, place.pk)
    assert (done.entry_id, done.decided_by) == (entry.pk, owner)
    with pytest.raises(approving.Decided):
        decide(done, owner)


def test_what_the_ledger_refuses_goes_on_waiting(ask, owner):
    adjustment = ask(-500)
    with pytest.raises(approving.CannotPost) as no:
        decide(adjustment, owner)
    assert no.value.refused.code == "insufficient"
    adjustment.refresh_from_db()
    assert (adjustment.state, adjustment.decided_by) == ("waiting", None)


def test_members_of_some_restaurants_decide_theirs_only(ask, bella, sign_in):
    soho, camden = bella.restaurants.order_by("pk")
    limited = User.objects.create(email="lola@bella.example", name="Lola")
    member = Membership.objects.create(company=bella, user=limited, role=Role.OWNER)
    member.restaurants.add(soho)
    here, there = ask(500, restaurant=soho, ref="a"), ask(600, restaurant=camden, ref="b")
    client: Client = sign_in(limited)
    page = client.get("/c/bella/approvals/").content.decode()
    assert "500 points" in page
    assert "600 points" not in page
    assert '<span class="bar__count">1</span>' in page
    assert client.post(f"/c/bella/approvals/{there.pk}/approve/").status_code == 404
    with pytest.raises(approving.NotYours):
        decide(there, limited)
    assert client.post(f"/c/bella/approvals/{here.pk}/approve/").status_code == 302
    assert Account.objects.get().balance == 500
    form = client.get(f"/c/bella/guests/{here.guest_id}/credit/").context["form"]
    assert list(form.fields["restaurant"].queryset) == [soho]


def test_those_who_may_decide_are_mailed_and_no_others(ask, owner, manager, operator, bella):
    ask(500)
    assert list(OutgoingMail.objects.values_list("to", flat=True)) == [owner.email]
    message = approval_mail.build(OutgoingMail.objects.select_related("company").get())
    assert message.subject == "Bella: a credit of 500 points waits for you"
    assert "Maria asks for it, in Points." in message.body
    assert "/c/bella/approvals/" in message.body
    decide(Adjustment.objects.get(), owner)
    with pytest.raises(approval_mail.mail.Unwanted):
        approval_mail.build(OutgoingMail.objects.select_related("company").get(to=owner.email))


def _told(adjustment):
    """Return the mail to whoever asked."""
    told = OutgoingMail.objects.select_related("company").get(kind="adjustment_decided")
    assert (told.to, told.subject_id) == (adjustment.asked_by.email, adjustment.pk)
    message = decision_mail.build(told)
    assert f"/c/bella/guests/{adjustment.guest_id}/ledger/" in message.body
    return message


def test_whoever_asked_is_told_that_it_is_approved(ask, owner):
    message = _told(decide(ask(500), owner))
    assert message.subject == "Bella: a credit of 500 points is approved"
    assert f"{owner} approved it." in message.body


def test_whoever_asked_is_told_why_it_is_declined(ask, owner):
    declined = approving.decline(
        adjustment=ask(-500), note="Ask <them> first", actor=owner, source="web", now=timezone.now()
    )
    message = _told(declined)
    assert message.subject == "Bella: a debit of 500 points is declined"
    assert "nothing was done.\nWhy not: Ask <them> first" in message.body
    assert "Why not: Ask &lt;them&gt; first" in message.alternatives[0][0]


def test_whoever_asked_is_told_that_nobody_decided(ask):
    adjustment = ask(500)
    assert approving.lapse_due(now=adjustment.lapses_at) == 1
    message = _told(adjustment)
    assert message.subject == "Bella: a credit of 500 points has lapsed"
    assert "Nobody decided it in time" in message.body


def test_whoever_asked_is_told_that_the_guest_was_erased(ask, bella, anna):
    adjustment = ask(500)
    now = timezone.now()
    erase_guest(company=bella, guest=anna, expected=anna.version, actor=None, source="web", now=now)
    message = _told(adjustment)
    assert message.subject == "Bella: a credit of 500 points has lapsed"
    for body in (message.body, message.alternatives[0][0]):
        assert "The guest was erased, so nothing was done." in body
        assert "Nobody decided it in time" not in body
    change = Change.objects.get(action="lapse_adjustment")
    assert (change.subject_id, change.actor) == (adjustment.pk, None)
    # The clock finds nothing left to end.
    assert approving.lapse_due(now=adjustment.lapses_at) == 0


def test_whoever_withdraws_or_has_left_is_told_nothing(ask, owner, manager):
    approving.withdraw(adjustment=ask(500), actor=manager, source="web", now=timezone.now())
    assert not OutgoingMail.objects.filter(kind="adjustment_decided").exists()
    decide(ask(500, ref="again"), owner)
    Membership.objects.filter(user=manager).update(is_active=False)
    told = OutgoingMail.objects.select_related("company").get(kind="adjustment_decided")
    with pytest.raises(decision_mail.mail.Unwanted):
        decision_mail.build(told)


def test_the_record_says_that_it_waits(ask, sign_in, manager, owner, anna):
    ask(500)
    address = f"/c/bella/guests/{anna.pk}/"
    text = "500 points to be credited, asked by Maria, waits for approval."
    assert text in sign_in(manager).get(address).content.decode()
    assert "/c/bella/approvals/" in sign_in(owner).get(address).content.decode()
    assert (
        "You asked for it yourself"
        not in sign_in(owner).get("/c/bella/approvals/").content.decode()
    )


# -- Limits of programs, reversals, and nobody else ---------------------------------------------


def test_a_program_s_own_limit_comes_before_the_company_s(ask, points, owner):
    Program.objects.filter(pk=points.pk).update(adjustment_limit=Decimal(1_000))
    points.refresh_from_db()
    assert not isinstance(ask(1_000, ref="a"), Adjustment)
    assert isinstance(ask("1000.01", ref="b"), Adjustment)


def test_a_program_s_limit_is_typed_in_its_own_currency(sign_in, owner, bella):
    yen = Program.objects.create(company=bella, name="Yen", code="yen", currency="JPY")
    data = {
        "name": "Yen", "code": "yen", "kind": "points", "currency": "JPY", "expiry": "never",
        "audience": "account",
    }  # fmt: skip
    client: Client = sign_in(owner)
    address = f"/c/bella/programs/{yen.pk}/change/"
    refused = client.post(address, {**data, "adjustment_limit": "100.50"})
    assert "JPY has no decimals." in refused.content.decode()
    assert client.post(address, {**data, "adjustment_limit": "5000"}).status_code == 302
    yen.refresh_from_db()
    assert yen.adjustment_limit == 5_000
    assert 'value="5000"' in client.get(address).content.decode()


def reverse(entry: LedgerEntry, actor: User, shortfall: Any = "refuse") -> Any:
    return reverse_entry(
        company=entry.company, guest=entry.account.guest, entry=entry, shortfall=shortfall,
        comment="", actor=actor, source="web", now=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def large(ask: Callable[..., Any], owner: User) -> LedgerEntry:
    """A credit of 500, above the limit of 100, approved by the owner."""
    return LedgerEntry.objects.get(pk=decide(ask(500), owner).entry_id)


def test_a_reversal_above_the_limit_waits_too(large, manager, owner):
    waiting = reverse(large, manager)
    assert isinstance(waiting, Adjustment)
    assert reverse(large, manager).pk == waiting.pk
    assert Account.objects.get().balance == 500
    done = decide(waiting, owner)
    assert Account.objects.get().balance == 0
    assert LedgerEntry.objects.get(pk=done.entry_id).reverses_id == large.pk
    assert LedgerEntry.objects.get(pk=done.entry_id).actor_id == manager.pk


def test_a_reversal_that_was_declined_may_be_asked_for_again(large, manager, owner):
    first = reverse(large, manager)
    approving.decline(adjustment=first, note="No", actor=owner, source="web", now=timezone.now())
    again = reverse(large, manager)
    assert again.pk != first.pk
    assert again.state == "waiting"


def test_what_is_spent_by_the_time_of_the_approval_is_treated_as_was_chosen(
    large, ask, manager, owner
):
    waiting = reverse(large, manager, "what_is_left")
    ask(-90, ref="spent")
    decide(waiting, owner)
    assert Account.objects.get().balance == 0
    assert LedgerEntry.objects.order_by("pk").last().amount == -410


def test_the_page_of_a_reversal_says_that_another_person_decides(large, sign_in, manager):
    client: Client = sign_in(manager)
    address = f"/c/bella/guests/{large.account.guest_id}/ledger/{large.pk}/reverse/"
    assert "Send to Approvals in Bella" in client.get(address).content.decode()
    assert client.post(address, {"comment": ""}, follow=True).status_code == 200
    assert Adjustment.objects.filter(reverses=large, state="waiting").exists()


def test_who_is_alone_is_told_before_it_is_sent(ask, sign_in, owner, anna, points, bella, roma):
    client: Client = sign_in(owner)
    place = bella.restaurants.first()
    data = {
        "program": points.pk, "amount": "500", "reason": "apology", "comment": "",
        "restaurant": place.pk, "ref": "0d1f3a2b-0000-4000-8000-000000000000",
    }  # fmt: skip
    address, alone = f"/c/bella/guests/{anna.pk}/credit/", "nobody else in Bella may approve it"
    Membership.objects.exclude(user=owner).filter(company=bella).delete()
    page = client.post(address, data).content.decode()
    assert alone in page
    # What would only lapse is not what the page leads to.
    assert "button--primary" not in page.split("Send to Approvals")[0].rsplit("<button", 1)[1]
    second = User.objects.create(email="second@bella.example", name="Second")
    Membership.objects.create(company=bella, user=second, role=Role.OWNER)
    assert alone not in client.post(address, data).content.decode()


# -- Thought better of ----------------------------------------------------------------------------


def test_whoever_asked_withdraws_it_and_nobody_else(ask, sign_in, manager, owner, anna):
    adjustment = ask(500)
    address = f"/c/bella/approvals/{adjustment.pk}/withdraw/"
    assert sign_in(owner).post(address).status_code == 404
    client: Client = sign_in(manager)
    ledger = f"/c/bella/guests/{anna.pk}/ledger/"
    assert address in client.get(ledger).content.decode()
    page = client.post(address, follow=True).content.decode()
    assert "Withdrawn: nothing is posted." in page
    adjustment.refresh_from_db()
    assert (adjustment.state, adjustment.decided_by) == ("withdrew", None)
    with pytest.raises(approving.Decided):
        decide(adjustment, owner)
    assert not LedgerEntry.objects.exists()
    assert "it is over already (Withdrawn)" in client.post(address, follow=True).content.decode()


def test_the_service_lets_nobody_withdraw_what_another_asked_for(ask, owner):
    with pytest.raises(approving.NotYours):
        approving.withdraw(adjustment=ask(500), actor=owner, source="web", now=timezone.now())
