"""A category that was deleted comes back, with its guests who are still there."""

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import Change, Job
from core.services import jobs
from guests.models import BulkChange, BulkChangeGuest, Category, Guest, GuestCategory
from guests.services import bulk_changes, bulk_changes_worker, categories
from guests.services.bulk_changes import NotNow, delete_category, request_stop
from guests.services.bulk_changes_steps import CategoryGone
from guests.services.categories import InUse, NameTaken
from loyalty.models import Program, ProgramCategory
from tests.guests.crowds import NOW, confirmed, crowd, inside, touch, undo

pytestmark = pytest.mark.django_db

Action, State = BulkChange.Action, Job.State


@pytest.fixture
def vip(bella):
    return Category.objects.create(company=bella, name="VIP", colour="violet", is_default=True)


@pytest.fixture
def small(monkeypatch):
    """Ten guests are large, and a chunk has three."""
    monkeypatch.setattr(bulk_changes, "LARGE", 10)
    monkeypatch.setattr(bulk_changes_worker, "CHUNK_GUESTS", 3)


def put_in(category, ids):
    GuestCategory.objects.bulk_create(
        GuestCategory(company=category.company, guest_id=pk, category=category) for pk in ids
    )


def deleted(category, actor=None):
    return delete_category(category=category, actor=actor, source="web", now=NOW)


def now(change):
    return BulkChange.objects.get(pk=change.pk)


def run(change):
    jobs.run(BulkChange, change.pk)
    return now(change)


def test_what_was_deleted_comes_back_as_it_was(bella, vip, manager):
    ids = crowd(bella, 5)
    put_in(vip, ids[:3])
    change = deleted(vip, manager)
    assert (change.state, change.total, change.changed) == (State.DONE, 3, 3)
    assert not Category.objects.exists()
    assert not GuestCategory.objects.exists()
    change = undo(now(change), manager)
    back = Category.objects.get()
    assert (back.pk, back.name, back.colour, back.is_default) == (vip.pk, "VIP", "violet", True)
    assert inside(back) == set(ids[:3])
    assert (change.state, change.undone) == (State.UNDONE, 3)
    assert set(Guest.objects.values_list("version", flat=True)) == {1}
    with pytest.raises(NotNow):
        undo(now(change))


def test_it_comes_back_to_those_who_are_still_there_whoever_changed_them(bella, vip):
    ids = crowd(bella, 5)
    put_in(vip, ids)
    change = deleted(vip)
    touch(ids[0])
    Guest.objects.filter(pk=ids[1]).update(is_active=False)
    Guest.objects.filter(pk=ids[2]).update(merged_into=ids[0], is_active=False)
    Guest.objects.filter(pk=ids[3]).update(phone=None)
    change = undo(now(change))
    assert inside(Category.objects.get()) == {ids[0], ids[1], ids[4]}
    assert (change.changed, change.undone) == (5, 3)


def test_an_empty_category_comes_back_too(bella, vip):
    change = deleted(vip)
    assert (change.state, change.total) == (State.DONE, 0)
    assert undo(now(change)).state == State.UNDONE
    assert Category.objects.get().name == "VIP"


def test_other_changes_of_it_can_be_undone_again(bella, vip):
    ids = crowd(bella, 3)
    added = confirmed(bella, Action.ADD_CATEGORY, category=vip)
    change = deleted(vip)
    with pytest.raises(CategoryGone):
        undo(now(added))
    undo(now(change))
    assert undo(now(added)).undone == 3
    assert inside(Category.objects.get()) == set()
    assert set(Guest.objects.filter(pk__in=ids).values_list("version", flat=True)) == {3}


def test_a_name_that_is_taken_by_now_is_said(bella, vip, manager, sign_in):
    put_in(vip, crowd(bella, 2))
    change = deleted(vip)
    categories.create_category(
        company=bella, name="vip", colour="grey", is_default=False, actor=None, source="web",
        now=NOW,
    )  # fmt: skip
    with pytest.raises(NameTaken):
        undo(now(change))
    url = reverse("guests:undo_change", args=["bella", change.number])
    page = sign_in(manager).post(url, follow=True).content.decode()
    assert "There is a category “vip” already." in page
    assert "another name first" in page
    assert now(change).state == State.DONE
    assert not GuestCategory.objects.exists()


def test_the_other_company_keeps_what_it_has(bella, roma, vip, outsider, sign_in):
    theirs = Category.objects.create(company=roma, name="VIP")
    people = crowd(roma, 2, first=50)
    put_in(theirs, people)
    put_in(vip, crowd(bella, 2))
    change = deleted(vip)
    for name in ("change", "undo_change"):
        url = reverse(f"guests:{name}", args=["bella", change.number])
        assert sign_in(outsider).post(url).status_code == 404
        url = reverse(f"guests:{name}", args=["roma", change.number])
        assert sign_in(outsider).post(url).status_code == 404
    assert inside(theirs) == set(people)
    undo(now(change))
    assert inside(theirs) == set(people)


def test_only_who_may_delete_categories_brings_one_back(bella, vip, operator, manager, sign_in):
    put_in(vip, crowd(bella, 2))
    change = deleted(vip, manager)
    receipt = reverse("guests:change", args=["bella", change.number])
    url = reverse("guests:undo_change", args=["bella", change.number])
    page = sign_in(operator).get(receipt).content.decode()
    assert "“VIP” is deleted: 2 guests left it." in page
    assert "Bring back" not in page
    assert sign_in(operator).post(url).status_code == 403
    assert (
        "Bring back “VIP” with 2 guests in Bella" in sign_in(manager).get(receipt).content.decode()
    )
    page = sign_in(manager).post(url, follow=True).content.decode()
    assert "“VIP” is back, with 2 guests." in page


# -- By a worker ----------------------------------------------------------------------------------


def test_a_large_one_is_left_to_a_worker(bella, vip, small):
    ids = crowd(bella, 20)
    put_in(vip, ids)
    change = deleted(vip)
    assert (change.state, change.total) == (State.QUEUED, 20)
    assert inside(vip) == set(ids)
    assert not BulkChangeGuest.objects.exists()
    change = run(change)
    assert (change.state, change.done, change.changed) == (State.DONE, 20, 20)
    assert (change.category_id, Category.objects.count()) == (None, 0)
    change = undo(change)
    assert change.state == State.QUEUED
    change = run(change)
    assert (change.state, change.undone) == (State.UNDONE, 20)
    assert inside(Category.objects.get()) == set(ids)


def test_whoever_comes_into_it_on_the_way_leaves_it_too(bella, vip, small):
    ids = crowd(bella, 12)
    put_in(vip, ids)
    change = deleted(vip)
    attempt = jobs.Attempt(jobs.claim(BulkChange, change.pk, now=timezone.now()))
    for _chunk in range(2):
        bulk_changes_worker._change_chunk(attempt)
    late = crowd(bella, 2, first=100)
    put_in(vip, [*late, ids[0]])
    bulk_changes_worker.perform(now(change), attempt)
    change = now(change)
    assert (change.state, change.changed) == (State.DONE, 14)
    undo(change)
    run(change)
    assert inside(Category.objects.get()) == {*ids, *late}


def test_what_needs_it_by_then_keeps_it(bella, vip, small):
    put_in(vip, crowd(bella, 12))
    change = deleted(vip)
    program = Program.objects.create(company=bella, name="Bonus", code="B", currency="GBP")
    ProgramCategory.objects.create(company=bella, program=program, category=vip)
    change = run(change)
    assert (change.state, change.changed) == (State.STOPPED, 12)
    assert "The program “Bonus” is for this category" in change.error
    undo(change)
    run(change)
    assert len(inside(vip)) == 12


def test_one_that_was_stopped_cannot_be_undone_once_it_was_deleted_after_all(bella, vip, small):
    put_in(vip, crowd(bella, 12))
    stopped = deleted(vip)
    attempt = jobs.Attempt(jobs.claim(BulkChange, stopped.pk, now=timezone.now()))
    bulk_changes_worker._change_chunk(attempt)
    with pytest.raises(InUse):
        deleted(vip)
    request_stop(change=now(stopped))
    bulk_changes_worker.perform(now(stopped), attempt)
    stopped = now(stopped)
    assert (stopped.state, stopped.changed, len(inside(vip))) == (State.STOPPED, 3, 9)
    deleted(vip)
    with pytest.raises(CategoryGone):
        undo(now(stopped))


# -- What is told of it ---------------------------------------------------------------------------


def test_history_and_activity_tell_of_deletion_and_undo(bella, vip, manager, owner, sign_in):
    put_in(vip, ids := crowd(bella, 1))
    undo(now(deleted(vip, manager)), owner)
    history = sign_in(owner).get(reverse("guests:history", args=["bella", ids[0]]))
    said = " ".join(history.content.decode().split())
    assert "deleted the category “VIP”, which this guest was in, by" in said
    assert "put this guest back into “VIP” by undoing" in said
    page = sign_in(owner).get(reverse("core:activity", args=["bella"])).content.decode()
    assert "deleted the category" in page
    assert "“VIP” (bulk change 1)" in page
    assert "undid the change of" in page
    told = Change.objects.filter(subject="guests.bulkchange").values_list("action", "actor")
    assert set(told) == {("delete_category", manager.pk), ("undo_bulk_change", owner.pk)}
