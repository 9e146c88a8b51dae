"""The trip as a whole: chunks and checkpoints, strict and partial, stops, and others in the way."""

import threading
import time
import weakref
from contextlib import closing
from queue import Empty, SimpleQueue

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import Change
from core.services import jobs
from guests.models import Card, Category, Guest, MemberTier
from imports.models import ImportJob, ImportRow
from imports.options import Options
from imports.pipeline import ahead
from imports.pipeline.ahead import Ahead, read_ahead
from imports.services import importing, mappings, runs, uploads
from tests.imports.trips import (
    ANNA,
    JOHN,
    MAX,
    everything,
    guest,
    imported,
    outcomes,
    reasons,
    received,
    start,
    undone,
)
from tests.imports.web import worked


def rows(count, first=0):
    return [f"+4420794{n:05},N{n}" for n in range(first, first + count)]


def text(*lines, header="phone,name"):
    return "\n".join([header, *lines]) + "\n"


@pytest.fixture
def small_chunks(monkeypatch):
    """Two lines commit together."""
    for place in ("imports.pipeline", "imports.services.remainder", "imports.services.undoing"):
        monkeypatch.setattr(f"{place}.CHUNK_ROWS", 2)


def accounted(job):
    """Assert what holds of every import that ended: each line once, and the counters right."""
    lines = ImportRow.objects.filter(job_id=job.pk)
    found = {}
    for name in outcomes(job).values():
        found[name] = found.get(name, 0) + 1
    counted = {name: n for name, n in job.counts.items() if name in found and n}
    assert counted == found
    return lines.count()


# -- Strict and partial -------------------------------------------------------------------------


@pytest.mark.usefixtures("inline", "small_chunks")
def test_strict_one_error_anywhere_and_nothing_is_written_but_all_errors_are_listed(bella):
    guest(bella, ANNA)
    before = everything(bella)
    lines = [*rows(4), "12,x", f"{ANNA},Anna", "13,y"]
    job = imported(bella, text(*lines), partial=False)
    assert job.state == "refused"
    assert everything(bella) == before
    assert list(reasons(job)) == [6, 8]
    assert job.counts == {"failed": 2, "not_reached": 5}
    assert accounted(job) == 7
    assert not runs.is_undoable(job)


@pytest.mark.usefixtures("inline", "small_chunks")
def test_partial_leaves_out_what_is_wrong(bella):
    job = imported(bella, text(*rows(3), "12,x", *rows(2, 3)))
    assert job.counts == {"created": 5, "failed": 1}
    assert accounted(job) == 6
    assert (job.done, job.total, job.checkpoint) == (6, 6, 7)


@pytest.mark.usefixtures("inline")
def test_a_strict_import_that_was_checked_with_errors_does_not_start(bella):
    job = received(bella, text("12,x"), partial=False)
    options = Options.from_json(job.options)
    job = worked(runs.request_check(job=job, options=options, results_to="", now=timezone.now()))
    assert (job.state, job.counts) == ("draft", {})
    with pytest.raises(runs.StillWrong):
        runs.start_import(job=job, actor=None, source=Change.Source.WEB, now=timezone.now())


@pytest.mark.usefixtures("inline", "small_chunks")
def test_a_strict_import_that_breaks_while_it_is_written_takes_itself_back(bella, monkeypatch):
    """Between check and import somebody gave John's card to Max."""
    guest(bella, MAX)
    job = received(
        bella,
        text(
            f"{ANNA},n1",
            *(f"+4420794{n:05}," for n in range(3)),
            f"{JOHN},n2",
            header="phone,number_1",
        ),
        partial=False,
    )
    options = Options.from_json(job.options)
    job = worked(runs.request_check(job=job, options=options, results_to="", now=timezone.now()))
    assert job.findings["counts"] == {"created": 5}
    Card.objects.create(company=bella, guest=Guest.objects.get(phone=MAX), number="n2")
    before = everything(bella)
    job = start(job)
    assert job.state == "refused"
    assert everything(bella) == before
    assert reasons(job) == {6: [("number_taken", "number_1")]}
    assert job.counts["failed"] == 1
    assert not job.counts.get("created")
    assert accounted(job) == 5


@pytest.mark.usefixtures("inline", "small_chunks")
def test_what_was_changed_since_the_check_is_checked_again(bella):
    job = received(bella, text(*rows(2)), partial=False)
    options = Options.from_json(job.options)
    job = worked(runs.request_check(job=job, options=options, results_to="", now=timezone.now()))
    job = uploads.choose_columns(job=job, mapping=["phone", "email"], may=lambda permission: True)
    assert start(job).state == "refused"


# -- Stop ---------------------------------------------------------------------------------------


def stop_after(monkeypatch, chunks, *, keep):
    """Let somebody ask the import to stop when so many chunks are in."""
    written = importing.save_checkpoint
    count = []

    def saved(attempt, locked, *args, **fields):
        written(attempt, locked, *args, **fields)
        count.append(1)
        if len(count) == chunks:
            job = ImportJob.objects.get(pk=locked.pk)
            runs.request_stop(job=job, keep=keep, actor=None)

    for step in ("checking", "importing"):
        monkeypatch.setattr(f"imports.services.{step}.save_checkpoint", saved)


@pytest.mark.usefixtures("inline", "small_chunks")
def test_stopped_what_is_in_stays_and_the_rest_is_counted_as_not_reached(bella, monkeypatch):
    stop_after(monkeypatch, 2, keep=True)
    job = imported(bella, text(*rows(3), "12,x", *rows(4, 3)))
    assert (job.state, job.stop_request) == ("stopped", "")
    assert job.counts == {"created": 3, "failed": 1, "not_reached": 4}
    assert list(outcomes(job).values())[4:] == ["not_reached"] * 4
    assert (accounted(job), Guest.objects.count()) == (8, 3)
    assert runs.is_undoable(job)
    assert undone(job).state == "undone"
    assert not Guest.objects.exists()


@pytest.mark.usefixtures("inline", "small_chunks")
def test_stopped_and_undone(bella, monkeypatch):
    guest(bella, ANNA, first_name="Anna")
    stop_after(monkeypatch, 2, keep=False)
    job = imported(bella, text(f"{ANNA},Hanna", *rows(6)))
    assert job.state == "undone"
    assert job.counts == {"created": 3, "updated": 1, "not_reached": 3}
    assert list(Guest.objects.values_list("first_name")) == [("Anna",)]
    assert accounted(job) == 7


@pytest.mark.usefixtures("inline", "small_chunks")
def test_a_check_that_is_stopped_gives_the_import_back(bella, monkeypatch):
    stop_after(monkeypatch, 1, keep=True)
    job = received(bella, text("12,x", *rows(6)))
    options = Options.from_json(job.options)
    job = worked(runs.request_check(job=job, options=options, results_to="", now=timezone.now()))
    assert (job.state, job.findings, job.checked_key) == ("draft", {}, "")


@pytest.mark.usefixtures("inline", "small_chunks")
def test_stopped_before_a_file_turns_out_to_be_unreadable_it_still_ends(bella, monkeypatch):
    stop_after(monkeypatch, 1, keep=True)
    job = imported(bella, text(*rows(3_000)) + '+44,"x\n')
    assert job.state == "stopped"
    assert job.counts == {"created": 2, "not_reached": 2_998}


@pytest.mark.usefixtures("inline")
def test_nothing_that_has_ended_can_be_stopped(bella):
    job = imported(bella, text(*rows(1)))
    with pytest.raises(uploads.NotNow):
        runs.request_stop(job=job, keep=True, actor=None)


# -- Others in the way --------------------------------------------------------------------------


@pytest.mark.usefixtures("inline", "small_chunks")
def test_a_chunk_that_somebody_elses_change_breaks_is_decided_anew(bella, monkeypatch):
    anna = guest(bella, ANNA, first_name="Anna")
    decide, asked = importing.decide, []
    apply = importing.apply

    def someone_first(job, decisions, *args, **options):
        if not asked:
            asked.append("break")
            Guest.objects.filter(pk=anna.pk).update(version=7, comment="theirs")
            guest(bella, JOHN)
        return apply(job, decisions, *args, **options)

    def counted(trip, rows):
        asked.append(len(rows))
        return decide(trip, rows)

    monkeypatch.setattr(importing, "apply", someone_first)
    monkeypatch.setattr(importing, "decide", counted)
    job = imported(bella, text(f"{ANNA},Hanna", f"{JOHN},John", *rows(2)))
    assert asked == ["break", 2]
    anna.refresh_from_db()
    # What the other one wrote was in the chunk's transaction, and went with it.
    assert (job.state, anna.first_name) == ("done", "Hanna")
    assert job.counts == {"created": 3, "updated": 1}


@pytest.mark.usefixtures("inline", "small_chunks")
def test_who_comes_in_while_a_company_gets_its_first_guests_is_met_all_the_same(bella, monkeypatch):
    """A company without guests is not searched for them: what a host adds meanwhile is noticed."""
    land, planned = importing._land, []

    def host_first(attempt, trip, chunk, *, strict):
        planned.append([type(decision).__name__ for decision in chunk.decisions])
        if len(planned) == 2:
            guest(bella, JOHN, first_name="Johnny", comment="Sits at the window")
        land(attempt, trip, chunk, strict=strict)

    monkeypatch.setattr(importing, "_land", host_first)
    job = imported(bella, text(*rows(2), f"{JOHN},John", f"{ANNA},Anna"))
    assert planned == [["Create", "Create"], ["Create", "Create"]]
    assert outcomes(job) == {2: "created", 3: "created", 4: "updated", 5: "created"}
    john = Guest.objects.get(phone=JOHN)
    assert (john.first_name, john.comment) == ("John", "Sits at the window")


@pytest.mark.usefixtures("inline", "small_chunks")
@pytest.mark.parametrize("partial", [True, False])
def test_a_line_whose_tier_is_deleted_on_the_way_says_so(bella, monkeypatch, partial):
    tiers = [MemberTier.objects.create(company=bella, name=name) for name in ("Gold", "Silver")]
    gold, silver = tiers
    land, landed = importing._land, []

    def deleted_first(attempt, trip, chunk, *, strict):
        if not landed:
            gold.delete()
        landed.append(chunk)
        land(attempt, trip, chunk, strict=strict)

    monkeypatch.setattr(importing, "_land", deleted_first)
    lines = [f"{ANNA},Gold", f"{JOHN},Silver", f"{MAX},gold"]
    job = imported(bella, text(*lines, header="phone,member_tier"), partial=partial)
    told = {2: [("tier_unknown", "member_tier")], 4: [("tier_unknown", "member_tier")]}
    assert reasons(job) == told
    if partial:
        assert outcomes(job) == {2: "failed", 3: "created", 4: "failed"}
        assert Guest.objects.get().member_tier == silver
    else:
        assert job.state == "refused"
        assert not Guest.objects.exists()


@pytest.mark.usefixtures("inline", "small_chunks")
@pytest.mark.parametrize("error", [IntegrityError("taken"), importing.GuestsChanged("1 of 2")])
def test_after_three_tries_it_goes_line_by_line_and_one_that_still_fails_is_left_out(
    bella, monkeypatch, error
):
    apply, tried = importing.apply, []

    def refuse_john(job, decisions, *args, **options):
        tried.append(len(decisions))
        named = [getattr(decision, "values", {}).get("phone") for decision in decisions]
        if JOHN in named:
            raise error
        return apply(job, decisions, *args, **options)

    monkeypatch.setattr(importing, "apply", refuse_john)
    job = imported(bella, text(f"{ANNA},Anna", f"{JOHN},John", f"{MAX},Max"))
    assert tried == [2, 2, 2, 1, 1, 1, 1, 1, 1]
    assert outcomes(job) == {2: "created", 3: "failed", 4: "created"}
    assert reasons(job) == {3: [("changed_meanwhile", "")]}
    assert ImportRow.objects.get(job_id=job.pk, line=3).cells == [JOHN, "John"]
    assert accounted(job) == 3


@pytest.mark.usefixtures("inline", "small_chunks")
@pytest.mark.parametrize(("most", "told"), [(1, "1 attempt,"), (2, "2 attempts.")])
def test_an_error_that_is_no_race_is_not_tried_away(bella, monkeypatch, settings, most, told):
    settings.JOB_MAX_ATTEMPTS = most
    calls = []

    def broken(job, decisions, *args, **options):
        calls.append(1)
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(importing, "apply", broken)
    job = imported(bella, text(*rows(1)))
    assert (job.state, len(calls)) == ("failed", most)
    assert job.error.startswith(f"Given up after {told}")
    assert job.error.endswith("disk I/O error")


@pytest.mark.usefixtures("inline", "small_chunks")
def test_an_import_that_broke_goes_on_where_it_was(bella, monkeypatch):
    apply, calls = importing.apply, []

    def breaks(job, decisions, *args, **options):
        calls.append([decision.line for decision in decisions])
        if len(calls) == 3:
            raise RuntimeError("pulled the plug")
        return apply(job, decisions, *args, **options)

    monkeypatch.setattr(importing, "apply", breaks)
    lines = [*rows(2), "12,x", *rows(2, 2), rows(1)[0]]
    job = imported(bella, text(*lines))
    assert calls == [[2, 3], [4, 5], [6, 7], [6, 7]]
    # The last line repeats the first one: what was read before the break is still remembered.
    assert outcomes(job)[7] == "skipped"
    assert (job.state, job.attempt) == ("done_with_errors", 2)
    assert accounted(job) == 6


@pytest.mark.usefixtures("inline")
def test_one_writing_import_per_company_at_a_time_and_the_next_waits(bella, roma):
    first, second, other = (received(company, text(*rows(1))) for company in (bella, bella, roma))
    now = timezone.now()
    for job in (first, second, other):
        runs.start_import(job=job, actor=None, source=Change.Source.WEB, now=now)
    assert jobs.claim(ImportJob, first.pk, now=now)
    assert jobs.claim(ImportJob, second.pk, now=now) is None
    assert jobs.claim(ImportJob, other.pk, now=now)
    second.refresh_from_db()
    assert (second.state, second.attempt) == ("queued", 0)


@pytest.mark.usefixtures("inline")
def test_a_check_does_not_wait_for_a_writing_import(bella):
    first, second = received(bella, text(*rows(1))), received(bella, text(*rows(1)))
    now = timezone.now()
    runs.start_import(job=first, actor=None, source=Change.Source.WEB, now=now)
    options = Options.from_json(second.options)
    runs.request_check(job=second, options=options, results_to="", now=now)
    assert jobs.claim(ImportJob, first.pk, now=now)
    assert jobs.claim(ImportJob, second.pk, now=now)


# -- What it costs ------------------------------------------------------------------------------


@pytest.mark.usefixtures("inline")
def test_a_chunk_is_matched_and_written_in_a_fixed_number_of_queries(bella):
    Category.objects.create(company=bella, name="VIP", is_default=True)
    header = "phone,name,number_1,external_id,member_number"
    guest(bella, ANNA)  # In a company without guests nothing is matched.

    def queries(count, first):
        lines = (f"{row},c{n},x{n},m{n}" for n, row in enumerate(rows(count, first), start=first))
        job = received(bella, text(*lines, header=header))
        with CaptureQueriesContext(connection) as captured:
            start(job)
        return len(captured)

    queries(1, 50)  # A process asks once what counts a table's ids.
    assert queries(3, 0) == queries(60, 100)  # created
    assert queries(3, 0) == queries(60, 100)  # unchanged


# -- Signs of life ------------------------------------------------------------------------------


def test_a_file_that_is_only_looked_through_gives_signs_of_life(monkeypatch):
    """Whether its rows come slowly or quickly: a job that gives none for a lease is lost."""
    monkeypatch.setattr(ahead, "_PATIENCE", 0.05)
    ended, beats = [], []

    def slow(pause, count):
        try:
            for n in range(count):
                time.sleep(pause)
                yield n
        finally:
            ended.append(threading.current_thread().name)

    monkeypatch.setattr(ahead, "_AT_ONCE", 5)
    rows = read_ahead(slow(0.2, 2), on_wait=lambda: beats.append("slow"))
    assert list(rows) == [0, 1]
    rows = read_ahead(slow(0.005, 60), on_wait=lambda: beats.append("quick"))
    assert list(rows) == list(range(60))
    assert beats.count("slow") >= 3
    assert beats.count("quick") >= 3
    assert ended == ["ahead", "ahead"]


# -- The thread ahead ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_chunks")
def test_the_stages_run_ahead_with_a_connection_of_their_own(bella):
    guest(bella, ANNA)
    job = imported(bella, text(f"{ANNA},Anna", *rows(7), "12,x"))
    assert job.counts == {"created": 7, "updated": 1, "failed": 1}
    assert [thread.name for thread in threading.enumerate()].count("ahead") == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_chunks")
def test_of_an_import_that_breaks_no_thread_and_no_transaction_is_left(
    bella, monkeypatch, settings
):
    settings.JOB_MAX_ATTEMPTS = 1

    def broken(job, decisions, *args, **options):
        raise RuntimeError("no")

    monkeypatch.setattr(importing, "apply", broken)
    assert imported(bella, text(*rows(40))).state == "failed"
    assert [thread.name for thread in threading.enumerate()].count("ahead") == 0
    with transaction.atomic():
        Guest.objects.filter(company=bella).update(comment="")


@pytest.mark.pure
def test_ahead_is_bounded_and_hands_on_what_its_maker_raises():
    made = []

    def items():
        for n in range(10):
            made.append(n)
            yield n
        raise ValueError("the end")

    with closing(Ahead(items())) as found:
        assert next(found) == 0
        assert len(made) <= 2
        with pytest.raises(ValueError, match="the end"):
            list(found)
    assert made == list(range(10))


@pytest.mark.pure
def test_what_is_made_ahead_waits_for_the_item_before_to_be_used_up():
    made: SimpleQueue[int] = SimpleQueue()

    def items():
        for n in range(9):
            made.put(n)
            yield n

    with closing(Ahead(items())) as found:
        assert next(found) == 0
        assert [made.get(timeout=5), made.get(timeout=5)] == [0, 1]
        with pytest.raises(Empty):
            made.get(timeout=0.1)
        found.go_on()
        assert made.get(timeout=5) == 2
        found.go_on()  # Once is enough for an item.
        with pytest.raises(Empty):
            made.get(timeout=0.1)
        assert next(found) == 1
        assert next(found) == 2
        assert made.get(timeout=5) == 3
        assert list(found) == [3, 4, 5, 6, 7, 8]
        assert list(found) == []


@pytest.mark.pure
def test_what_was_used_is_thrown_away_by_the_thread_that_makes_the_next():
    class Thing:
        pass

    gone: SimpleQueue[str] = SimpleQueue()

    def items():
        for _n in range(9):
            thing = Thing()
            weakref.finalize(thing, lambda: gone.put(threading.current_thread().name))
            yield thing
            del thing

    with closing(Ahead(items())) as found:
        next(found)
        next(found)
        found.go_on()
        assert gone.get(timeout=5) == "ahead"


@pytest.mark.pure
def test_ahead_says_when_it_waits(monkeypatch):
    monkeypatch.setattr(ahead, "_PATIENCE", 0.01)
    go, waited = threading.Event(), []

    def items():
        go.wait(5)
        yield 1

    def on_wait():
        waited.append(1)
        go.set()

    with closing(Ahead(items(), on_wait=on_wait)) as found:
        assert list(found) == [1]
    assert waited


# -- Mappings that are kept ---------------------------------------------------------------------


@pytest.mark.usefixtures("inline")
def test_a_mapping_saved_under_a_name_is_offered_for_the_same_columns(bella, roma, owner):
    content = text(f"{ANNA},x", header="Tel,Bemerkung")
    job = received(bella, content)
    job = uploads.choose_columns(job=job, mapping=["phone", "comment"], may=lambda permission: True)
    keep = {"actor": owner, "source": "web", "now": timezone.now()}
    mappings.save_mapping(job=job, name=" Till ", **keep)
    (saved,) = uploads.saved_mappings(received(bella, content.replace("Tel,", " TEL ,")))
    assert (saved.name, saved.mapping) == ("Till", ["phone", "comment"])
    assert uploads.saved_mappings(received(bella, text(f"{ANNA},x", header="Tel,Notiz"))) == []
    assert uploads.saved_mappings(received(roma, content)) == []
    # The same name again is the same mapping, changed, if that is meant.
    job = received(bella, content)
    job = uploads.choose_columns(job=job, mapping=["phone", None], may=lambda permission: True)
    with pytest.raises(mappings.NameTaken):
        mappings.save_mapping(job=job, name="Till", **keep)
    mappings.save_mapping(job=job, name="Till", replace=True, **keep)
    (saved,) = uploads.saved_mappings(job)
    assert saved.mapping == ["phone", None]


@pytest.mark.usefixtures("inline")
def test_a_mapping_that_cannot_be_is_refused_with_every_problem(bella):
    job = received(bella, text(f"{ANNA},x"))
    with pytest.raises(uploads.MappingRefused) as refused:
        uploads.choose_columns(job=job, mapping=["deleted", "name"], may=lambda permission: False)
    assert [problem.code for problem in refused.value.problems] == [
        "phone_unmapped",
        "not_permitted",
    ]
