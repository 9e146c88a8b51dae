"""What a guest's history tells of credits and debits: by one click, approved, and in bulk."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import Company, User
from core.services import jobs
from guests.models import Guest
from guests.services.bulk_changes_sets import mark_of
from guests.services.merging import merge_guests
from loyalty.models import Adjustment, BulkAdjustment, Program, Terms
from loyalty.services import approving, asking, bulk_adjusting
from loyalty.services.adjusting import adjust_balance
from tests.guests.records import text_of


@pytest.fixture
def click(bella: Company, points: Program, manager: User) -> Callable[..., Any]:
    """Call it with a guest and an amount: one credit or debit by hand."""

    def clicked(guest: Guest, amount: Any, *, ref: str = "click") -> Any:
        return adjust_balance(
            company=bella, guest=guest, program=points, amount=Decimal(amount), ref=ref,
            restaurant=None, reason="apology", comment="", actor=manager, source="web",
            now=timezone.now(),
        )  # fmt: skip

    return clicked


@pytest.fixture
def many(bella: Company, points: Program, manager: User) -> Callable[..., BulkAdjustment]:
    """Call it with an amount and guests: credited or debited at once, by a worker where it may."""

    def confirmed(amount: Any, *guests: Guest) -> BulkAdjustment:
        chosen = Guest.objects.for_company(bella).filter(pk__in=[each.pk for each in guests])
        change = bulk_adjusting.confirm_bulk(
            company=bella, guests=chosen, seen=str(mark_of(chosen.all())), program=points,
            amount=Decimal(amount), restaurant=None, reason="promotion", comment="", query="",
            words=[], actor=manager, source="web", now=timezone.now(),
        )  # fmt: skip
        jobs.run(BulkAdjustment, change.pk)
        change.refresh_from_db()
        return change

    return confirmed


def limit(company: Company, amount: int) -> None:
    Terms.objects.create(company=company, adjustment_limit=Decimal(amount))


def decide(adjustment: Adjustment, owner: User) -> Adjustment:
    return approving.approve(adjustment=adjustment, actor=owner, source="web", now=timezone.now())


def history(client: Any, guest: Guest, query: str = "") -> Any:
    return client.get(f"/c/bella/guests/{guest.pk}/history/{query}")


def entries(page: Any) -> list[Any]:
    return [entry for day in page.context["days"] for entry in day.entries]


def test_a_bulk_credit_is_told_with_amount_balance_and_its_page(
    sign_in, manager, host, anna, boris, many
):
    many(50, anna, boris)
    many(-20, anna)
    page = history(sign_in(manager), anna)
    said = text_of(page)
    assert (
        "Maria debited this guest in bulk debit 2 Program Points Amount −20 Balance 50 → became 30"
    ) in said
    assert "Maria credited this guest in bulk credit 1" in said
    assert "Amount 50 Balance 0 → became 50" in said
    assert len(entries(page)) == 2
    assert 'href="/c/bella/programs/changes/1/"' in page.content.decode()
    # Boris was not debited; and a host may not open the page of the bulk change.
    page = history(sign_in(host), boris)
    assert [entry.subject.label for entry in entries(page)] == ["bulk credit 1"]
    assert "/programs/changes/" not in page.content.decode()


def test_the_time_is_that_of_the_entry(sign_in, manager, bella, owner, anna, many):
    limit(bella, 10)
    change = many(50, anna)
    assert entries(history(sign_in(manager), anna)) == []
    decide(Adjustment.objects.get(), owner)
    jobs.run(BulkAdjustment, change.pk)
    (told,) = entries(history(sign_in(manager), anna))
    assert told.at == change.guests.get().entry.at
    assert (told.actor, told.note) == ("Maria", "Approved by Olivia.")


def test_a_bulk_debit_that_was_refused_changed_nothing(sign_in, manager, anna, many):
    assert many(-20, anna).refused == 1
    assert "Nothing is written down of this guest" in text_of(history(sign_in(manager), anna))


def test_a_bulk_credit_that_was_taken_back_says_who_did_it_when_and_how_much(
    sign_in, manager, owner, anna, boris, click, many
):
    change = many(50, anna, boris)
    click(boris, -30)
    bulk_adjusting.request_undo(change=change, actor=owner, source="web", now=timezone.now())
    jobs.run(BulkAdjustment, change.pk)
    client = sign_in(manager)
    whole, part = (entries(history(client, each))[-1] for each in (anna, boris))
    assert whole.note.startswith("Taken back by Olivia, ")
    assert part.note.startswith("Taken back in part by Olivia, ")
    assert [tuple(each.rows[-1]) for each in (whole, part)] == [
        ("Taken back", "50", "0"),
        ("Taken back", "20", "0"),
    ]


def test_one_click_is_one_line(sign_in, manager, anna, click):
    click(anna, 50)
    assert click(anna, 50)
    (told,) = entries(history(sign_in(manager), anna))
    assert (told.actor, told.words, told.subject.label) == ("Maria", "credited", "this guest")


def test_above_the_limit_the_history_names_who_asked_and_who_approved(
    sign_in, bella, manager, owner, host, anna, boris, click
):
    limit(bella, 100)
    click(anna, 40, ref="below")
    decide(click(anna, 500), owner)
    page = history(sign_in(owner), anna)
    said = text_of(page)
    assert "Olivia approved a credit of 500 points" in said
    assert "asked by Maria Balance 40 → became 540".lower() in said.lower()
    assert "Maria asked for a credit of 500 points" in said
    assert [entry.words for entry in entries(page)] == ["approved", "asked for", "credited"]
    assert "/c/bella/approvals/" in page.content.decode()
    assert [entry.subject.url for entry in entries(history(sign_in(host), anna))] == [""] * 3
    assert entries(history(sign_in(owner), boris)) == []


def test_what_was_declined_or_lapsed_is_told_without_a_balance(
    sign_in, bella, manager, owner, anna, click
):
    limit(bella, 100)
    approving.decline(
        adjustment=click(anna, 500), note="No", actor=owner, source="web", now=timezone.now()
    )
    click(anna, 600, ref="other")
    approving.lapse_due(now=timezone.now() + asking.PATIENCE)
    page = history(sign_in(owner), anna)
    words = [(entry.actor, entry.words) for entry in entries(page)]
    assert sorted(words) == [
        ("", "let lapse"), ("Maria", "asked for"), ("Maria", "asked for"), ("Olivia", "declined"),
    ]  # fmt: skip
    assert "Balance 0" not in text_of(page)
    assert text_of(page).count("Asked by Maria") == 2


def test_what_the_merged_guest_was_given_is_told_of_the_kept_one(
    sign_in, bella, manager, owner, anna, boris, click, many
):
    many(50, anna, boris)
    limit(bella, 100)
    decide(click(boris, 500), owner)
    for each in (anna, boris):
        each.refresh_from_db()
    merge_guests(
        company=bella, kept=anna, merged=boris, choices={}, kept_version=anna.version,
        merged_version=boris.version, actor=manager, source="web", now=timezone.now(),
    )  # fmt: skip
    labels = [entry.subject.label for entry in entries(history(sign_in(manager), anna))]
    assert labels.count("bulk credit 1") == 2
    assert labels.count("a credit of 500 points") == 2


def test_pages_go_through_bulk_credits_and_decisions_once(
    sign_in, bella, manager, owner, anna, click, many, monkeypatch
):
    monkeypatch.setattr("guests.views.history.PAGE_ENTRIES", 3)
    for _n in range(4):
        many(5, anna)
    limit(bella, 100)
    for n in range(3):
        decide(click(anna, 500 + n, ref=str(n)), owner)
    client, query, seen = sign_in(manager), "", []
    for _page in range(10):
        page = history(client, anna, query)
        seen += entries(page)
        query = page.context["pager"]["next"]
        if not query:
            break
    told = [(entry.words, entry.subject.label) for entry in seen]
    assert len(told) == len(set(told)) == 10
    moments = [entry.at for entry in seen]
    assert moments == sorted(moments, reverse=True)


def test_the_number_of_queries_does_not_follow_the_number_of_credits(
    sign_in, bella, owner, anna, boris, click, many
):
    limit(bella, 100)
    for guest, times in ((anna, 1), (boris, 8)):
        for n in range(times):
            many(5, guest)
            click(guest, 1, ref=f"below {n}")
            decide(click(guest, 500 + n, ref=str(n)), owner)
    client, counts = sign_in(owner), []
    for guest in (anna, boris):
        with CaptureQueriesContext(connection) as queries:
            assert "bulk credit" in text_of(history(client, guest))
        counts.append(len(queries))
    assert counts[0] == counts[1]
