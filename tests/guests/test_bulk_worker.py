"""A large change in the worker's hands: in chunks, stopped, broken off, taken over, undone."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core.models import Job
from core.services import jobs
from guests.models import BulkChange, Category, Guest, GuestCategory, MemberTier
from guests.services import bulk_changes, bulk_changes_worker
from guests.services.bulk_changes import NotNow, request_stop
from guests.services.bulk_changes_worker import perform
from guests.services.tiers import InUse, delete_tier
from tests.guests.crowds import active, confirmed, crowd, inside, touch, undo
from tests.processes import eventually
from tests.torture.at_once import at_once, somebody_waits

pytestmark = pytest.mark.django_db

Action, State = BulkChange.Action, Job.State


@pytest.fixture
def small(monkeypatch):
    """Ten guests are large, and a chunk has three."""
    monkeypatch.setattr(bulk_changes, "LARGE", 10)
    monkeypatch.setattr(bulk_changes_worker, "CHUNK_GUESTS", 3)


def now(change):
    return BulkChange.objects.get(pk=change.pk)


def run(change):
    """Do what a worker does, and return the change as it is then."""
    jobs.run(BulkChange, change.pk)
    return now(change)


def chunks(change, count):
    """Do so many chunks of the change as a worker, which then dies without a word."""
    claimed = jobs.claim(BulkChange, change.pk, now=timezone.now())
    attempt = jobs.Attempt(claimed)
    step = claimed.step == BulkChange.Step.UNDO
    act = bulk_changes_worker._undo_chunk if step else bulk_changes_worker._change_chunk
    for _ in range(count):
        act(attempt)
    return attempt


def test_a_worker_changes_the_whole_set_and_no_more(bella, small):
    ids = crowd(bella, 20)
    change = confirmed(bella, Action.DELETE)
    late = crowd(bella, 5, first=100)
    change = run(change)
    assert (change.state, change.done, change.changed) == (State.DONE, 20, 20)
    assert active(bella) == set(late)
    assert set(Guest.objects.filter(pk__in=ids).values_list("version", flat=True)) == {2}


def test_what_changed_between_confirmation_and_execution_is_left(bella, small):
    ids = crowd(bella, 12)
    change = confirmed(bella, Action.DELETE)
    Guest.objects.filter(pk=ids[0]).update(is_active=False, version=2)
    Guest.objects.filter(pk=ids[1]).update(merged_into=ids[2], is_active=False)
    Guest.objects.filter(pk=ids[3]).update(phone=None)
    Guest.objects.filter(pk=ids[4]).delete()
    touch(ids[5])
    change = run(change)
    assert (change.total, change.done, change.changed) == (12, 12, 8)
    assert active(bella) == {ids[3]}
    assert not change.guests.get(guest_id=ids[5]).is_undone
    undo_of = run(undo(change))
    # Whoever was away before stays away, and whoever was there comes back.
    assert undo_of.undone == 8
    assert active(bella) == {*ids[2:4], *ids[5:]}


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_is_followed_by_one_that_goes_on(bella, small):
    ids = crowd(bella, 20)
    change = confirmed(bella, Action.DELETE)
    first = chunks(change, 2)
    assert len(active(bella)) == 14
    jobs.sweep(now=timezone.now() + timedelta(hours=1))
    change = run(change)
    assert (change.state, change.attempt, change.changed) == (State.DONE, 2, 20)
    assert set(Guest.objects.filter(pk__in=ids).values_list("version", flat=True)) == {2}
    with pytest.raises(jobs.LeaseLost):
        bulk_changes_worker._change_chunk(first)


@pytest.mark.django_db(transaction=True)
def test_an_undo_that_dies_is_gone_on_with(bella, small):
    ids = crowd(bella, 20)
    change = run(confirmed(bella, Action.DELETE))
    touch(ids[4])
    change = undo(change)
    assert change.state == State.QUEUED
    chunks(change, 2)
    jobs.sweep(now=timezone.now() + timedelta(hours=1))
    change = run(change)
    assert (change.state, change.undone, change.changed) == (State.UNDONE, 19, 20)
    assert active(bella) == set(ids) - {ids[4]}
    assert set(Guest.objects.filter(pk__in=ids).values_list("version", flat=True)) == {3}


def test_a_chunk_that_fails_leaves_nothing_of_itself(bella, small, monkeypatch):
    crowd(bella, 20)
    change = confirmed(bella, Action.DELETE)
    advance, calls = jobs.Attempt.advance, []

    def break_off(attempt, job, **fields):
        calls.append(job.checkpoint)
        if len(calls) == 3:
            raise RuntimeError("the power went")
        advance(attempt, job, **fields)

    monkeypatch.setattr(jobs.Attempt, "advance", break_off)
    change = run(change)
    assert (change.state, change.done, len(active(bella))) == (State.QUEUED, 6, 14)
    change = run(change)
    assert (change.state, change.changed, active(bella)) == (State.DONE, 20, set())


def test_stop_keeps_what_is_done_and_undo_takes_it_back(bella, small):
    ids = crowd(bella, 20)
    change = confirmed(bella, Action.DELETE)
    attempt = chunks(change, 2)
    request_stop(change=change)
    perform(now(change), attempt)
    change = now(change)
    assert (change.state, change.done, change.changed) == (State.STOPPED, 6, 6)
    assert len(active(bella)) == 14
    with pytest.raises(NotNow):
        request_stop(change=change)
    change = undo(change)
    assert (change.state, change.undone, active(bella)) == (State.UNDONE, 6, set(ids))


def test_a_category_deleted_on_the_way_ends_it_with_a_reason(bella, small):
    vip = Category.objects.create(company=bella, name="VIP")
    crowd(bella, 20)
    change = confirmed(bella, Action.ADD_CATEGORY, category=vip)
    attempt = chunks(change, 2)
    vip.delete()
    perform(now(change), attempt)
    change = now(change)
    assert (change.state, change.changed) == (State.STOPPED, 6)
    assert change.error == "The category was deleted."
    assert GuestCategory.objects.count() == 0


def test_a_worker_sets_a_tier_and_gives_the_former_ones_back(bella, small):
    gold = MemberTier.objects.create(company=bella, name="Gold")
    silver = MemberTier.objects.create(company=bella, name="Silver")
    ids = crowd(bella, 20)
    Guest.objects.filter(pk__in=ids[:7]).update(member_tier=silver)
    change = confirmed(bella, Action.SET_TIER, tier=gold)
    perform(now(change), chunks(change, 2))
    assert Guest.objects.filter(member_tier=gold).count() == 20
    assert now(change).changed == 20
    undo(now(change))
    assert run(change).undone == 20
    assert Guest.objects.filter(pk__in=ids[:7], member_tier=silver).count() == 7
    assert Guest.objects.filter(member_tier=None).count() == 13


def test_a_tier_deleted_before_its_turn_ends_it_with_a_reason(bella, small):
    gold = MemberTier.objects.create(company=bella, name="Gold")
    crowd(bella, 20)
    change = confirmed(bella, Action.SET_TIER, tier=gold)
    delete_tier(tier=gold, actor=None, source="web", now=timezone.now())
    change = run(change)
    assert (change.state, change.changed, change.error) == (
        State.STOPPED,
        0,
        "The tier was deleted.",
    )


# -- At once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["set", "given back"])
def test_no_tier_is_deleted_while_a_worker_gives_it(bella, small, how):
    gold = MemberTier.objects.create(company=bella, name="Gold")
    ids = crowd(bella, 12)
    if how == "set":
        change = confirmed(bella, Action.SET_TIER, tier=gold)
    else:
        Guest.objects.filter(pk__in=ids).update(member_tier=gold)
        change = run(confirmed(bella, Action.SET_TIER, tier=None))
        undo(change)
    raised = []

    def delete():
        try:
            delete_tier(tier=gold, actor=None, source="web", now=timezone.now())
        except InUse as used:
            raised.append(used)
        finally:
            connection.close()

    other = threading.Thread(target=delete)
    with transaction.atomic():
        chunks(change, 1)
        other.start()
        # Long enough to get in between, if nothing keeps it from that.
        other.join(1)
    other.join()
    assert len(raised) == 1
    assert MemberTier.objects.get() == gold
    assert Guest.objects.filter(member_tier=gold).count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_undos_at_once_undo_once(bella):
    ids = crowd(bella, 50)
    change = confirmed(bella, Action.DELETE)
    raised = at_once(partial(undo, change), partial(undo, change))
    assert [type(each) for each in raised] == [NotNow]
    assert active(bella) == set(ids)
    assert set(Guest.objects.values_list("version", flat=True)) == {3}
    assert now(change).undone == 50


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_the_same_do_it_once(bella):
    ids = crowd(bella, 50)
    raised = at_once(*[partial(confirmed, bella, Action.DELETE)] * 2)
    # The second finds another set than it saw, or nobody left whom it could delete.
    assert len(raised) <= 1, raised
    assert active(bella) == set()
    assert set(Guest.objects.filter(pk__in=ids).values_list("version", flat=True)) == {2}
    assert sum(BulkChange.objects.values_list("changed", flat=True)) == 50


@pytest.mark.django_db(transaction=True)
def test_two_who_add_to_a_category_add_once(bella):
    vip = Category.objects.create(company=bella, name="VIP")
    ids = crowd(bella, 50)
    act = partial(confirmed, bella, Action.ADD_CATEGORY, category=vip)
    raised = at_once(act, act)
    assert [type(each).__name__ for each in raised] in ([], ["NothingToChange"])
    assert inside(vip) == set(ids)
    assert set(Guest.objects.values_list("version", flat=True)) == {2}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_guest_saved_while_the_change_waits_for_them_is_changed_after(bella):
    ids = crowd(bella, 10)
    vip = Category.objects.create(company=bella, name="VIP")

    is_held = threading.Event()

    def save_slowly():
        with transaction.atomic():
            guest = Guest.objects.select_for_update().get(pk=ids[3])
            is_held.set()
            eventually(somebody_waits)
            vip_place = guest.categories.through
            vip_place.objects.create(company=bella, guest=guest, category=vip)
            Guest.objects.filter(pk=ids[3]).update(version=2)

    def confirm():
        is_held.wait()
        confirmed(bella, Action.ADD_CATEGORY, category=vip)

    # Put in by somebody else while this one waited: met, found inside, and left alone.
    assert at_once(save_slowly, confirm) == []
    change = BulkChange.objects.get()
    assert (change.total, change.changed) == (10, 9)
    assert inside(vip) == set(ids)


# -- A real worker


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_does_a_large_change_and_its_undo(bella, worker):
    ids = crowd(bella, 12_000)
    change = confirmed(bella, Action.DELETE)
    assert change.state == State.QUEUED
    eventually(lambda: now(change).state == State.DONE)
    assert active(bella) == set()
    touch(ids[0], ids[-1])
    change = undo(now(change))
    assert change.state == State.QUEUED
    eventually(lambda: now(change).state == State.UNDONE)
    assert now(change).undone == 11_998
    assert active(bella) == set(ids[1:-1])
