"""Balances from a file: topped up or set, once for each cause, taken back by reversal."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from guests.models import Card, ExternalId, Guest
from imports import pipeline
from imports.columns import BALANCES
from imports.models import ImportJob, ImportRow
from imports.options import Options
from imports.services import importing, runs, uploads
from imports.services.money import IsRepeat, answer_repeat, ask_approval, repeat_of
from imports.services.undo_forecast import forecast
from loyalty.models import Account, CreditLot, LedgerEntry, Program, Terms
from loyalty.services.checking import disagreeing
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move, Reversal
from tests.guests.cast import merge
from tests.imports.web import worked as finish

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inline")]

ANNA, BORIS = "+442079460958", "+442079460959"


@pytest.fixture
def anna(bella):
    guest = Guest.objects.create(
        company=bella, phone=ANNA, first_name="Anna", registered_at=timezone.now()
    )
    Card.objects.create(company=bella, guest=guest, number="7001", track="T7001")
    ExternalId.objects.create(company=bella, guest=guest, value="A-1")
    return guest


@pytest.fixture
def boris(bella):
    return Guest.objects.create(
        company=bella, phone=BORIS, first_name="Boris", registered_at=timezone.now()
    )


@pytest.fixture
def points(bella):
    return Program.objects.create(
        company=bella, name="Points", code="points", currency="GBP", is_default=True
    )


@pytest.fixture
def deposit(bella):
    return Program.objects.create(
        company=bella, name="Deposit", code="deposit", kind="deposit", currency="GBP"
    )


@pytest.fixture(autouse=True)
def _books_agree(bella):
    yield
    assert list(disagreeing(bella)) == []


def draft(company, content, *, corrects=None, actor=None, **options):
    job = uploads.receive_upload(
        company=company,
        actor=actor,
        chunks=[content.encode()],
        filename="balances.csv",
        kind=BALANCES,
        corrects=corrects,
    )
    stored = Options.from_json({**job.options, **options})
    ImportJob.objects.filter(pk=job.pk).update(options=stored.to_json())
    job.refresh_from_db()
    return job


def brought_in(company, content, **options):
    job = draft(company, content, **options)
    runs.start_import(job=job, actor=job.actor, source="command", now=timezone.now())
    return finish(job)


def balance(guest, program):
    account = Account.objects.filter(guest=guest, program=program).first()
    return account.balance if account else None


def reasons(job):
    rows = ImportRow.objects.filter(job_id=job.pk, reasons__isnull=False).in_file_order()
    return {row.line: [reason[0] for reason in row.reasons] for row in rows}


def test_guests_are_found_by_phone_external_id_and_card(bella, anna, points):
    content = (
        "phone,external_id,card,amount,currency,reference\n"
        f"{ANNA},,,10,GBP,a\n,A-1,,20,GBP,b\n,,7001,30,GBP,c\n,,T7001,40,GBP,d\n"
    )
    job = brought_in(bella, content)
    assert (job.state, job.counts) == ("done", {"updated": 4})
    assert balance(anna, points) == Decimal(100)
    assert job.money["programs"] == {
        str(points.pk): {"credited": 1_000_000, "debited": 0, "lines": 4}
    }


def test_a_negative_amount_is_taken_and_too_much_is_refused(bella, anna, boris, points):
    brought_in(bella, f"phone,amount,currency\n{ANNA},50,GBP\n")
    content = f"phone,amount,currency\n{ANNA},-20,GBP\n{BORIS},-5,GBP\n"
    job = brought_in(bella, content, partial=True)
    assert job.state == "done_with_errors"
    assert reasons(job) == {3: ["insufficient"]}
    assert (balance(anna, points), balance(boris, points)) == (Decimal(30), None)


def test_a_balance_can_be_set_and_the_difference_is_posted(bella, anna, boris, points):
    brought_in(bella, f"phone,amount,currency\n{ANNA},50,GBP\n")
    content = f"phone,amount,currency\n{ANNA},12.5,GBP\n{BORIS},7,GBP\n"
    job = brought_in(bella, content, mode="set")
    assert job.counts == {"updated": 2}
    assert (balance(anna, points), balance(boris, points)) == (Decimal("12.5"), Decimal(7))
    again = brought_in(bella, content.replace("\n", "\r\n"), mode="set")
    assert again.counts == {"unchanged": 2}


def test_a_program_is_named_by_its_code_and_a_credit_may_have_a_last_day(
    bella, anna, points, deposit
):
    content = f"phone,program,amount,currency,expires\n{ANNA},DEPOSIT,5,GBP,2099-12-31\n"
    assert brought_in(bella, content).state == "done"
    assert (balance(anna, deposit), balance(anna, points)) == (Decimal(5), None)
    assert CreditLot.objects.get().expires_on == date(2099, 12, 31)


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("+442079460000,,5,GBP,,", ["guest_unknown"]),
        (f"{ANNA},,5,,,", ["credit_no_currency"]),
        (f"{ANNA},gold,5,GBP,,", ["program_unknown"]),
        (f"{ANNA},,5,EUR,,", ["no_default_program"]),
        (f"{ANNA},points,5,EUR,,", ["program_of_other_currency"]),
        (f"{ANNA},,5.0001,GBP,,", ["amount_of_currency"]),
        (f"{ANNA},,5,GBP,2001-01-01,", ["credit_expired"]),
        (f"{ANNA},,NaN,GBP,,", ["amount_format"]),
        (f"{ANNA},,1e1000000,GBP,,", ["amount_too_large"]),
        (f"{ANNA},,,GBP,,", ["amount_missing"]),
        (",,5,GBP,,", ["guest_missing"]),
        (f"{ANNA},,5,pounds,,", ["currency_unknown"]),
        (f"{BORIS},,5,GBP,,A-1", ["guest_differs"]),
    ],
)
def test_every_mistake_has_its_reason_and_nothing_is_written(
    bella, anna, boris, points, line, codes
):
    job = brought_in(bella, f"phone,program,amount,currency,expires,external_id\n{line}\n")
    assert (job.state, reasons(job)) == ("refused", {2: codes})
    assert not LedgerEntry.objects.exists()


def test_the_same_line_twice_needs_a_reference(bella, anna, points):
    head = "phone,amount,currency,reference\n"
    job = brought_in(bella, f"{head}{ANNA},5,GBP,\n{ANNA},5,GBP,\n")
    assert (job.state, reasons(job)) == ("refused", {3: ["credit_again"]})
    job = brought_in(bella, f"{head}{ANNA},5,GBP,1\n{ANNA},5,GBP,2\n")
    assert (job.state, balance(anna, points)) == ("done", Decimal(10))


@pytest.mark.parametrize(
    "second",
    [f"{ANNA},,7,GBP,,2", f"{ANNA},,7,GBP,2099-12-31,", ",A-1,7,GBP,,", f"{ANNA},A-1,5,GBP,,3"],
)
def test_a_guest_has_one_balance_in_a_program(bella, anna, points, second):
    """No reference tells two apart: whichever came last would stay."""
    head = "phone,external_id,amount,currency,expires,reference\n"
    job = brought_in(bella, f"{head}{ANNA},,5,GBP,,1\n{second}\n", mode="set")
    assert (job.state, reasons(job)) == ("refused", {3: ["balance_again"]})
    assert not LedgerEntry.objects.exists()


def test_a_guest_named_in_two_ways_is_found_out(bella, anna, points):
    content = f"phone,external_id,amount,currency\n{ANNA},,5,GBP\n,A-1,5,GBP\n"
    job = brought_in(bella, content)
    assert (job.state, reasons(job)) == ("refused", {3: ["credit_again"]})


def test_a_merged_guests_phone_leads_to_the_kept_one(bella, anna, boris, points):
    Guest.objects.filter(pk=boris.pk).update(is_active=False, merged_into=anna)
    assert brought_in(bella, f"phone,amount,currency\n{BORIS},5,GBP\n").state == "done"
    assert balance(anna, points) == Decimal(5)


def test_a_correction_pays_only_what_was_not_paid(bella, anna, boris, points):
    head = "phone,amount,currency\n"
    first = brought_in(bella, f"{head}{ANNA},5,GBP\n{BORIS},x,GBP\n", partial=True)
    assert (first.state, balance(anna, points)) == ("done_with_errors", Decimal(5))
    second = brought_in(bella, f"{head}{ANNA},5,GBP\n{BORIS},6,GBP\n", corrects=first)
    assert second.counts == {"updated": 1, "unchanged": 1, "credits_given_before": 1}
    assert (balance(anna, points), balance(boris, points)) == (Decimal(5), Decimal(6))


def test_a_correction_with_another_amount_is_an_error_and_pays_nothing(bella, anna, points):
    head = "phone,amount,currency\n"
    first = brought_in(bella, f"{head}{ANNA},5,GBP\n{BORIS},6,GBP\n", partial=True)
    corrected = f"{head}{ANNA},7,GBP\n"
    second = brought_in(bella, corrected, corrects=first, partial=True)
    (reason,) = ImportRow.objects.get(job_id=second.pk, line=2).reasons
    assert reason == ["credit_other_amount", "amount", "7", {"given": "5"}]
    assert (second.counts, balance(anna, points)) == ({"failed": 1}, Decimal(5))


def test_what_the_ledger_finds_given_with_another_amount_is_an_error(
    bella, anna, points, monkeypatch
):
    """Of two lines for one guest, named in two ways and far apart, a chunk sees only one."""
    monkeypatch.setattr("imports.pipeline.CHUNK_ROWS", 2)
    lines = f"{ANNA},,5,GBP,\n{ANNA},,1,GBP,a\n,A-1,7,GBP,\n"
    job = brought_in(bella, f"phone,external_id,amount,currency,reference\n{lines}", partial=True)
    assert reasons(job) == {4: ["credit_other_amount"]}
    assert balance(anna, points) == Decimal(6)


@pytest.mark.parametrize("spent", [False, True])
def test_what_was_given_before_a_merge_is_not_given_again_after_it(
    bella, anna, boris, points, spent
):
    head = "phone,amount,currency\n"
    content = f"{head}{BORIS},6,GBP\n{ANNA},5,GBP\n"
    first = brought_in(bella, f"{content}+442079460960,x,GBP\n", partial=True)
    if spent:
        _spend(boris, points, 6)
    merge(anna, boris)
    before = balance(anna, points)
    assert before == (5 if spent else 11)
    second = brought_in(bella, content, corrects=first)
    assert second.counts == {"unchanged": 2, "credits_given_before": 2}
    assert balance(anna, points) == before


def test_a_new_upload_asks_first_after_a_merge_as_well(bella, anna, boris, owner, points):
    content = f"phone,amount,currency\n{BORIS},6,GBP\n"
    first = brought_in(bella, content)
    merge(anna, boris)
    job = draft(bella, content + "\n", actor=owner)
    options, now = Options.from_json(job.options), timezone.now()
    job = finish(runs.request_check(job=job, options=options, results_to="", now=now))
    repeat = repeat_of(job)
    assert repeat is not None
    assert (repeat.earlier, repeat.percent) == (first, 100)


def test_a_new_upload_of_the_same_credits_asks_first(bella, anna, boris, owner, points):
    content = f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6,GBP\n"
    first = brought_in(bella, content)
    job = draft(bella, content + "\n", actor=owner)
    options = Options.from_json(job.options)
    now = timezone.now()
    job = finish(runs.request_check(job=job, options=options, results_to="", now=now))
    repeat = repeat_of(job)
    assert (repeat.earlier, repeat.percent) == (first, 100)
    with pytest.raises(IsRepeat):
        runs.start_import(job=job, actor=owner, source="web", now=now)
    job = answer_repeat(job=job, same=False)
    runs.start_import(job=job, actor=owner, source="web", now=now)
    assert finish(job).state == "done"
    assert balance(anna, points) == Decimal(10)


def test_an_error_file_uploaded_as_new_asks_about_a_single_credit(
    bella, anna, boris, owner, points
):
    """What it holds was left out: what has been given since, somebody has corrected elsewhere."""
    head = "phone,amount,currency,reference\n"
    lines = [f"{ANNA},5,GBP,a", *(f"{BORIS},{n},GBP,{n}" for n in range(1, 4))]
    wrong = "\n".join(line.replace("GBP", "GBX") for line in lines)
    first = brought_in(bella, head + wrong, partial=True)
    brought_in(bella, f"{head}{lines[0]}\n", corrects=first)
    remarks = "".join(f"{line},No such currency\n" for line in lines)
    job = draft(bella, f"{head[:-1]},What was wrong\n{remarks}", actor=owner)
    options, now = Options.from_json(job.options), timezone.now()
    job = finish(runs.request_check(job=job, options=options, results_to="", now=now))
    repeat = repeat_of(job)
    assert repeat is not None
    assert (repeat.earlier, repeat.percent) == (first, 25)
    job = answer_repeat(job=job, same=True)
    options = Options.from_json(job.options)
    job = finish(runs.request_check(job=job, options=options, results_to="", now=now))
    runs.start_import(job=job, actor=owner, source="web", now=now)
    assert finish(job).counts == {"unchanged": 1, "updated": 3, "credits_given_before": 1}
    assert (balance(anna, points), balance(boris, points)) == (Decimal(5), Decimal(6))


def test_what_several_imports_gave_is_the_same_again_of_each(bella, anna, boris, owner, points):
    """One answer is enough, and nothing is given twice for belonging to the other import."""
    of_anna, of_boris = f"{ANNA},5,GBP,a\n{ANNA},5,GBP,b\n", f"{BORIS},6,GBP,c\n"
    head = "phone,amount,currency,reference\n"
    brought_in(bella, head + of_anna)
    brought_in(bella, head + of_boris)
    job = draft(bella, head + of_anna + of_boris + f"{BORIS},7,GBP,d\n", actor=owner)
    options, now = Options.from_json(job.options), timezone.now()
    job = finish(runs.request_check(job=job, options=options, results_to="", now=now))
    assert repeat_of(job).percent == 50
    job = answer_repeat(job=job, same=True)
    job = runs.import_as_checked(
        job=job, options=Options.from_json(job.options), results_to="", actor=owner, now=now
    )
    job = finish(job)
    assert repeat_of(job) is None
    runs.start_import(job=job, actor=owner, source="web", now=now)
    job = finish(job)
    assert job.counts == {"unchanged": 3, "updated": 1, "credits_given_before": 3}
    assert (balance(anna, points), balance(boris, points)) == (Decimal(10), Decimal(13))


def test_a_repetition_that_is_the_same_gives_only_what_is_new(bella, anna, boris, owner, points):
    first = brought_in(bella, f"phone,amount,currency\n{ANNA},5,GBP\n")
    job = draft(bella, f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6,GBP\n", actor=owner)
    options, now = Options.from_json(job.options), timezone.now()
    job = finish(runs.request_check(job=job, options=options, results_to="", now=now))
    assert repeat_of(job).percent == 50
    job = answer_repeat(job=job, same=True)
    assert job.batch_id == first.pk
    job = runs.import_as_checked(
        job=job, options=Options.from_json(job.options), results_to="", actor=owner, now=now
    )
    job = finish(job)
    runs.start_import(job=job, actor=owner, source="web", now=now)
    assert finish(job).counts == {"updated": 1, "unchanged": 1, "credits_given_before": 1}
    assert (balance(anna, points), balance(boris, points)) == (Decimal(5), Decimal(6))


def test_of_two_who_start_the_same_credits_one_is_refused(bella, anna, boris, points):
    content = f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6,GBP\n"
    jobs = [draft(bella, content + "\n" * n) for n in range(2)]
    now = timezone.now()
    for job in jobs:
        options = Options.from_json(job.options)
        finish(runs.request_check(job=job, options=options, results_to="", now=now))
    for job in jobs:
        # Both were told that nobody gave these credits before.
        runs.start_import(job=job, actor=None, source="command", now=timezone.now())
    assert [finish(job).state for job in jobs] == ["done", "refused"]
    assert (balance(anna, points), balance(boris, points)) == (Decimal(5), Decimal(6))


def test_what_is_spent_between_check_and_import_is_refused_as_the_check_would(
    bella, anna, boris, points
):
    brought_in(bella, f"phone,amount,currency\n{ANNA},5,GBP\n")
    job = draft(bella, f"phone,amount,currency\n{ANNA},-4,GBP\n{BORIS},6,GBP\n", partial=True)
    options = Options.from_json(job.options)
    job = finish(runs.request_check(job=job, options=options, results_to="", now=timezone.now()))
    assert job.findings["counts"] == {"updated": 2}
    _spend(anna, points, 2)
    job = finish(runs.start_import(job=job, actor=None, source="command", now=timezone.now()))
    refused = ImportRow.objects.get(job_id=job.pk, line=2).reasons
    assert refused == [["insufficient", "amount", "-4", {"available": "3"}]]
    assert (balance(anna, points), balance(boris, points)) == (Decimal(3), Decimal(6))


@pytest.mark.parametrize(("spent", "reason"), [(0, None), (2, {"available": "3"})])
def test_what_is_spent_after_a_chunk_was_made_ready_counts(
    bella, anna, boris, points, monkeypatch, spent, reason
):
    brought_in(bella, f"phone,amount,currency\n{ANNA},5,GBP\n")
    apply = importing.apply

    def late(*args, **options):
        if spent:
            _spend(anna, points, spent)
        return apply(*args, **options)

    monkeypatch.setattr(importing, "apply", late)
    job = brought_in(bella, f"phone,amount,currency\n{ANNA},-4,GBP\n{BORIS},6,GBP\n", partial=True)
    found = ImportRow.objects.get(job_id=job.pk, line=2).reasons
    assert found == (reason and [["insufficient", "amount", "-4", reason]])
    assert job.counts == ({"updated": 1, "failed": 1} if spent else {"updated": 2})
    left = 5 - spent if spent else 1
    assert (balance(anna, points), balance(boris, points)) == (Decimal(left), Decimal(6))
    rows = ImportRow.objects.filter(job_id=job.pk, replaced__isnull=False)
    entries = {pk for row in rows for pk in row.replaced["entries"]}
    assert entries == set(
        LedgerEntry.objects.order_by("-pk").values_list("pk", flat=True)[: len(entries)]
    )


def test_a_guest_of_several_chunks_is_given_all(bella, anna, boris, points, monkeypatch):
    """What an earlier chunk gives is not there yet when the next one is made ready."""
    monkeypatch.setattr("imports.pipeline.CHUNK_ROWS", 2)
    lines = [f"{phone},{n},GBP,{n}\n" for n in range(1, 8) for phone in (ANNA, BORIS)]
    job = brought_in(bella, f"phone,amount,currency,reference\n{''.join(lines)}")
    assert (job.state, job.counts) == ("done", {"updated": 14})
    assert (balance(anna, points), balance(boris, points)) == (Decimal(28), Decimal(28))


@pytest.mark.postgres
def test_what_can_be_known_beforehand_is_made_ready_beforehand(
    bella, anna, boris, points, monkeypatch
):
    """Of the third chunk's guest the first may not have been written yet."""
    monkeypatch.setattr("imports.pipeline.CHUNK_ROWS", 1)
    made = []
    prepare = pipeline.prepare

    def seen(job, decisions, **options):
        made.extend(decision.line for decision in decisions)
        return prepare(job, decisions, **options)

    monkeypatch.setattr(pipeline, "prepare", seen)
    lines = f"{ANNA},1,GBP,1\n{BORIS},1,GBP,1\n{ANNA},2,GBP,2\n"
    job = brought_in(bella, f"phone,amount,currency,reference\n{lines}")
    assert (job.counts, made) == ({"updated": 3}, [2, 3])
    assert (balance(anna, points), balance(boris, points)) == (Decimal(3), Decimal(1))


def test_a_strict_import_that_the_ledger_refuses_leaves_nothing(bella, anna, boris, points):
    brought_in(bella, f"phone,amount,currency\n{ANNA},5,GBP\n")
    job = draft(bella, f"phone,amount,currency\n{BORIS},6,GBP\n{ANNA},-4,GBP\n")
    options = Options.from_json(job.options)
    job = finish(runs.request_check(job=job, options=options, results_to="", now=timezone.now()))
    _spend(anna, points, 2)
    job = finish(runs.start_import(job=job, actor=None, source="command", now=timezone.now()))
    assert job.state == "refused"
    assert (balance(anna, points), balance(boris, points)) == (Decimal(3), None)


def test_a_file_is_looked_through_beforehand_where_that_can_find_something(
    bella, anna, owner, points
):
    """The command line's first credits of all repeat nothing, and need nobody's approval."""
    content = f"phone,amount,currency,reference\n{ANNA},5,GBP,"

    def steps(job, actor=None):
        runs.start_import(job=job, actor=actor, source="command", now=timezone.now())
        return [job.step for job in ImportJob.objects.filter(pk=job.pk)]

    of_owner = draft(bella, content + "1", partial=True)
    assert steps(of_owner, owner) == ["check"]
    strict = draft(bella, content + "2")
    assert steps(strict) == ["check"]
    first = draft(bella, content + "3", partial=True)
    assert steps(first) == ["import"]
    assert finish(first).state == "done"
    second = draft(bella, content + "4", partial=True)
    assert steps(second) == ["check"]


def _spend(guest, program, amount):
    spend = Move(
        guest_id=guest.pk,
        program_id=program.pk,
        amount=Decimal(-amount),
        source="manual",
        source_ref="t",
    )
    post_entries(company=guest.company, postings=[spend], actor=None, now=timezone.now())


@pytest.fixture
def other(bella):
    return Program.objects.create(company=bella, name="Other", code="other", currency="GBP")


def _make_default(program):
    Program.objects.exclude(pk=program.pk).update(is_default=False)
    Program.objects.filter(pk=program.pk).update(is_default=True)


def _checked(job):
    options, now = Options.from_json(job.options), timezone.now()
    return finish(runs.request_check(job=job, options=options, results_to="", now=now))


def test_what_was_checked_for_another_default_program_is_checked_anew(
    bella, anna, owner, points, other
):
    job = _checked(draft(bella, f"phone,amount,currency\n{ANNA},5,GBP\n", actor=owner))
    assert list(job.findings["money"]["programs"]) == [str(points.pk)]
    _make_default(other)
    options, now = Options.from_json(job.options), timezone.now()
    job = finish(
        runs.import_as_checked(job=job, options=options, results_to="", actor=owner, now=now)
    )
    assert (job.state, list(job.findings["money"]["programs"])) == ("draft", [str(other.pk)])
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("change", ["default", "balance", "nothing"])
def test_what_was_approved_is_approved_anew_when_it_comes_to_more(
    bella, anna, boris, owner, manager, points, other, change
):
    """Between the second person's yes and the worker another import came first."""
    Terms.objects.create(company=bella, adjustment_limit=Decimal(10))
    brought_in(bella, f"phone,amount,currency\n{ANNA},80,GBP\n")
    job = draft(bella, f"phone,amount,currency\n{ANNA},100,GBP\n", actor=manager, mode="set")
    job = ask_approval(job=_checked(job), actor=manager, now=timezone.now())
    job = runs.start_import(job=job, actor=owner, source="web", now=timezone.now())
    assert (job.approved_by, job.actor) == (owner, manager)
    if change == "default":
        _make_default(other)
    content = f"phone,amount,currency,program\n{BORIS},1,GBP,points\n"
    content += f"{ANNA},-40,GBP,points\n" if change == "balance" else ""
    brought_in(bella, content)
    job = finish(ImportJob.objects.get(pk=job.pk))
    if change == "nothing":
        assert (job.state, balance(anna, points)) == ("done", Decimal(100))
        return
    assert (job.state, job.approved_by) == ("draft", None)
    assert (balance(anna, points), balance(anna, other)) == (
        Decimal(40 if change == "balance" else 80),
        None,
    )
    runs.start_import(job=job, actor=owner, source="web", now=timezone.now())
    job = finish(job)
    assert (job.state, job.approved_by, job.actor) == ("done", owner, manager)


def test_undo_reverses_and_says_what_was_spent(bella, anna, boris, points):
    job = brought_in(bella, f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6,GBP\n")
    _spend(anna, points, 2)
    version = Guest.objects.get(pk=anna.pk).version
    runs.request_undo(job=job, actor=None, now=timezone.now())
    job = finish(job)
    assert (job.state, job.undo_counts) == ("undone", {"in_part": 1, "undone": 1})
    assert (balance(anna, points), balance(boris, points)) == (Decimal(0), Decimal(0))
    row = ImportRow.objects.get(job_id=job.pk, line=2)
    assert row.undo_notes == [["credit_spent", "", "", {"spent": "2"}]]
    assert Guest.objects.get(pk=anna.pk).version == version


def test_undo_does_not_give_back_to_who_was_merged_since(bella, anna, boris, owner, points):
    brought_in(bella, f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6,GBP\n")
    job = brought_in(bella, f"phone,amount,currency,reference\n{ANNA},-1,GBP,a\n{BORIS},-2,GBP,b\n")
    merge(anna, boris)
    runs.request_undo(job=job, actor=owner, now=timezone.now())
    job = finish(job)
    assert job.undo_counts == {"kept": 1, "undone": 1}
    assert (balance(anna, points), balance(boris, points)) == (Decimal(9), Decimal(0))
    row = ImportRow.objects.get(job_id=job.pk, line=3)
    assert row.undo_notes == [["debit_of_closed", "", "", {}]]
    # What goes back bears the name of who took it back.
    assert LedgerEntry.objects.get(source="import", kind="reversal").actor_id == owner.pk


def test_what_was_undone_can_be_given_again_by_a_correction(bella, anna, points):
    content = f"phone,amount,currency\n{ANNA},5,GBP\n"
    job = brought_in(bella, content)
    runs.request_undo(job=job, actor=None, now=timezone.now())
    finish(job)
    again = brought_in(bella, content, corrects=ImportJob.objects.get(pk=job.pk))
    assert (again.state, balance(anna, points)) == ("done", Decimal(5))


def test_before_an_undo_it_is_said_what_is_spent_and_stays(bella, anna, boris, points):
    lines = (f"{ANNA},2027-01-31,5,GBP", f"{ANNA},,5,GBP", f"{BORIS},,6,GBP")
    job = brought_in(bella, "phone,expires,amount,currency\n" + "\n".join(lines))
    found = forecast(job)
    assert (found.entries, found.kept, +found.reasons) == (3, 0, {})
    _spend(anna, points, 7)
    found = forecast(job)
    assert (found.entries, found.kept) == (2, 2)
    assert +found.reasons == {"credit_would_be_short": 2}
    runs.request_undo(job=job, actor=None, now=timezone.now())
    assert finish(job).undo_counts == {"undone": 1, "in_part": 1, "kept": 1}


@pytest.mark.parametrize("mode", ["topup", "set"])
def test_a_correction_of_what_was_undone_does_not_give_again_what_was_spent(
    bella, anna, boris, points, mode
):
    """Of Anna's credit nothing went back, of another one a part, of Boris' all."""
    lines = (f"{ANNA},2027-01-31,5,GBP", f"{ANNA},,5,GBP", f"{BORIS},,6,GBP")
    content = "phone,expires,amount,currency\n" + "\n".join(lines if mode == "topup" else lines[1:])
    job = brought_in(bella, content, mode=mode)
    _spend(anna, points, 7 if mode == "topup" else 3)
    runs.request_undo(job=job, actor=None, now=timezone.now())
    finish(job)
    assert (balance(anna, points), balance(boris, points)) == (Decimal(0), Decimal(0))
    again = brought_in(bella, content, corrects=ImportJob.objects.get(pk=job.pk), mode=mode)
    kept = 2 if mode == "topup" else 1
    assert again.counts == {"unchanged": kept, "updated": 1, "credits_given_before": kept}
    assert (balance(anna, points), balance(boris, points)) == (Decimal(0), Decimal(6))


def test_what_an_undone_correction_gave_can_be_given_by_another(bella, anna, boris, points):
    first = brought_in(bella, f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},x,GBP\n", partial=True)
    corrected = f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},6,GBP\n"
    for _round in range(2):
        second = brought_in(bella, corrected, corrects=first)
        assert (balance(anna, points), balance(boris, points)) == (Decimal(5), Decimal(6))
        runs.request_undo(job=second, actor=None, now=timezone.now())
        finish(second)
        assert (balance(anna, points), balance(boris, points)) == (Decimal(5), Decimal(0))
    third = brought_in(bella, corrected, corrects=first)
    assert third.counts == {"unchanged": 1, "updated": 1, "credits_given_before": 1}
    fourth = brought_in(bella, corrected, corrects=first)
    assert fourth.counts == {"unchanged": 2, "credits_given_before": 2}
    assert (balance(anna, points), balance(boris, points)) == (Decimal(5), Decimal(6))


@pytest.mark.parametrize("spent", [True, False])
def test_a_correction_does_not_give_again_what_was_spent_or_reversed_by_hand(
    bella, anna, boris, points, spent
):
    first = brought_in(bella, f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},x,GBP\n", partial=True)
    corrected = f"phone,amount,currency\n{BORIS},6,GBP\n"
    second = brought_in(bella, corrected, corrects=first)
    if spent:
        _spend(boris, points, 2)
        runs.request_undo(job=second, actor=None, now=timezone.now())
        finish(second)
    else:
        entry = LedgerEntry.objects.get(account__guest=boris)
        back = Reversal(entry_id=entry.pk, source="manual", source_ref="back")
        post_entries(company=bella, postings=[back], actor=None, now=timezone.now())
    third = brought_in(bella, corrected, corrects=first)
    assert third.counts == {"unchanged": 1, "credits_given_before": 1}
    assert balance(boris, points) == Decimal(0)


def test_another_companys_guests_and_programs_are_not_there(bella, roma, anna, points):
    job = brought_in(roma, f"phone,program,amount,currency\n{ANNA},points,5,GBP\n")
    assert reasons(job) == {2: ["guest_unknown", "program_unknown"]}
