"""Many guests at once: exactly those who were confirmed, and back exactly those nobody touched."""

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from core.models import Change, Job
from guests.models import BulkChange, BulkChangeGuest, Category, Guest, MemberTier
from guests.services import bulk_changes
from guests.services.bulk_changes import NothingToChange, NotNow, SetChanged
from guests.services.bulk_changes_sets import concerned, is_large, mark_of
from guests.services.bulk_changes_steps import CategoryGone
from guests.services.tiers import TierGone, delete_tier
from tests.guests.crowds import NOW, active, confirmed, crowd, inside, touch, undo

pytestmark = pytest.mark.django_db

Action, State = BulkChange.Action, Job.State
#: What is done to the guests of a list. Deleting a category: see test_deleted_categories.
ON_LISTS = [action for action in Action.values if action != Action.DELETE_CATEGORY]


@pytest.fixture
def vip(bella):
    return Category.objects.create(company=bella, name="VIP")


@pytest.fixture
def gold(bella):
    return MemberTier.objects.create(company=bella, name="Gold", rank=2)


@pytest.fixture
def silver(bella):
    return MemberTier.objects.create(company=bella, name="Silver", rank=1)


def tiers(ids):
    guests = Guest.objects.filter(pk__in=ids).order_by("pk")
    return list(guests.values_list("member_tier", flat=True))


def versions(ids):
    return set(Guest.objects.filter(pk__in=ids).values_list("version", flat=True))


# -- What is done


def test_deleting_deactivates_whom_the_filters_mean(bella, manager):
    mark, others = crowd(bella, 3, last_name="Mark"), crowd(bella, 2, first=10, last_name="Oliver")
    change = confirmed(bella, Action.DELETE, "q=mark", actor=manager)
    assert active(bella) == set(others)
    assert (versions(mark), versions(others)) == ({2}, {1})
    assert (change.state, change.total, change.changed, change.done) == (State.DONE, 3, 3, 3)
    assert (change.words, change.query) == (["Search: “mark”"], "q=mark")


def test_restoring_brings_back_the_deleted_ones_of_the_list(bella, manager):
    away = crowd(bella, 3, is_active=False)
    crowd(bella, 2, first=10)
    change = confirmed(bella, Action.RESTORE, "inactive=on", actor=manager)
    assert (change.total, change.changed) == (3, 3)
    assert set(away) < active(bella)


def test_without_show_inactive_there_is_nobody_to_restore(bella):
    crowd(bella, 3, is_active=False)
    with pytest.raises(NothingToChange):
        confirmed(bella, Action.RESTORE)
    assert BulkChange.objects.count() == 0
    assert BulkChangeGuest.objects.count() == 0


def test_adding_to_a_category_leaves_whoever_is_in_it(bella, vip):
    ids = crowd(bella, 5)
    confirmed(bella, Action.ADD_CATEGORY, f"guest={ids[0]}", category=vip)
    change = confirmed(bella, Action.ADD_CATEGORY, category=vip)
    assert inside(vip) == set(ids)
    assert (change.total, change.changed) == (5, 4)
    assert versions(ids) == {2}


def test_taking_out_of_a_category_leaves_the_guests_and_other_categories(bella, vip):
    other = Category.objects.create(company=bella, name="Regulars")
    ids = crowd(bella, 4)
    for category in (vip, other):
        confirmed(bella, Action.ADD_CATEGORY, category=category)
    change = confirmed(bella, Action.REMOVE_CATEGORY, f"category={vip.pk}", category=vip)
    assert (inside(vip), inside(other), active(bella)) == (set(), set(ids), set(ids))
    assert (change.changed, change.category_name) == (4, "VIP")


def test_a_tier_is_set_and_undo_gives_each_their_own_back(bella, manager, gold, silver):
    ids = crowd(bella, 4)
    Guest.objects.filter(pk=ids[0]).update(member_tier=gold)
    Guest.objects.filter(pk__in=ids[1:3]).update(member_tier=silver)
    before = tiers(ids)
    change = confirmed(bella, Action.SET_TIER, tier=gold, actor=manager)
    assert (change.total, change.changed, change.tier_name) == (4, 3, "Gold")
    assert tiers(ids) == [gold.pk] * 4
    assert versions(ids[1:]) == {2}
    assert versions(ids[:1]) == {1}
    told = Change.objects.get(action="set_tier_guests")
    assert told.values == {"member_tier": [None, "Gold"]}
    undo(change)
    assert tiers(ids) == before


def test_a_tier_can_be_taken_from_many(bella, gold):
    ids = crowd(bella, 3)
    Guest.objects.filter(pk__in=ids[:2]).update(member_tier=gold)
    change = confirmed(bella, Action.SET_TIER, tier=None)
    assert (change.changed, tiers(ids)) == (2, [None] * 3)
    undo(change)
    assert tiers(ids) == [gold.pk, gold.pk, None]


def test_a_tier_that_was_deleted_since_does_not_come_back(bella, gold, silver):
    ids = crowd(bella, 2)
    Guest.objects.filter(pk=ids[0]).update(member_tier=silver)
    change = confirmed(bella, Action.SET_TIER, tier=gold)
    delete_tier(tier=silver, actor=None, source="web", now=NOW)
    assert undo(change).undone == 2
    assert tiers(ids) == [None, None]


def test_undo_leaves_the_tier_of_whoever_got_another_since(bella, gold, silver):
    ids = crowd(bella, 2)
    change = confirmed(bella, Action.SET_TIER, tier=gold)
    confirmed(bella, Action.SET_TIER, f"guest={ids[0]}", tier=silver)
    assert undo(change).undone == 1
    assert tiers(ids) == [silver.pk, None]


def test_a_tier_that_is_gone_is_not_set(bella, gold):
    ids = crowd(bella, 2)
    MemberTier.objects.filter(pk=gold.pk).delete()
    with pytest.raises((TierGone, IntegrityError)):
        confirmed(bella, Action.SET_TIER, tier=gold)
    assert tiers(ids) == [None, None]


def test_nothing_to_do_leaves_no_receipt(bella, vip):
    crowd(bella, 2)
    with pytest.raises(NothingToChange):
        confirmed(bella, Action.REMOVE_CATEGORY, category=vip)
    assert BulkChange.objects.count() == 0
    assert Change.objects.filter(subject="guests.bulkchange").count() == 0


@pytest.mark.parametrize("action", ON_LISTS)
def test_merged_and_erased_guests_are_never_touched(bella, vip, gold, action):
    is_active = action == Action.DELETE
    kept, merged, erased, plain = crowd(bella, 4, is_active=is_active)
    Guest.objects.filter(pk=merged).update(merged_into=kept, is_active=False)
    Guest.objects.filter(pk=erased).update(phone=None)
    address = "inactive=on"
    change = confirmed(bella, action if "category" not in action else Action.ADD_CATEGORY, address,
                       category=vip if "category" in action else None, tier=gold)  # fmt: skip
    met = set(change.guests.values_list("guest_id", flat=True))
    assert met == {kept, plain}
    assert versions([merged, erased]) == {1}


def test_the_company_next_door_is_out_of_reach(bella, roma, vip):
    own, theirs = crowd(bella, 2), crowd(roma, 2)
    confirmed(bella, Action.DELETE)
    assert active(roma) == set(theirs)
    ticked = f"guest={own[0]}&guest={theirs[0]}"
    change = confirmed(bella, Action.ADD_CATEGORY, ticked, category=vip)
    assert (inside(vip), change.total) == ({own[0]}, 1)


def test_one_change_is_recorded_with_who_and_how_many(bella, manager, vip):
    crowd(bella, 3)
    change = confirmed(bella, Action.ADD_CATEGORY, actor=manager, category=vip)
    undo(change, manager)
    told = Change.objects.filter(subject="guests.bulkchange", subject_id=change.pk).order_by("pk")
    assert [(each.action, each.actor, each.values) for each in told] == [
        ("add_category_guests", manager, {"category": [None, "VIP"]}),
        ("undo_bulk_change", manager, {"category": [None, "VIP"]}),
    ]


def test_receipts_are_numbered_in_their_company(bella, roma):
    crowd(bella, 2)
    crowd(roma, 1)
    first = confirmed(bella, Action.DELETE)
    second = confirmed(bella, Action.RESTORE, "inactive=on")
    assert (first.number, second.number, confirmed(roma, Action.DELETE).number) == (1, 2, 1)


# -- What was seen is what is done


def test_another_set_than_was_seen_is_not_confirmed(bella):
    ids = crowd(bella, 3)
    seen = str(mark_of(concerned(Guest.objects.for_company(bella), Action.DELETE)))
    crowd(bella, 1, first=10)
    with pytest.raises(SetChanged) as changed:
        confirmed(bella, Action.DELETE, seen=seen)
    assert changed.value.mark.count == 4
    assert set(ids) < active(bella)
    assert BulkChangeGuest.objects.count() == 0


def test_as_many_but_other_guests_are_another_set(bella):
    ids = crowd(bella, 3)
    seen = str(mark_of(concerned(Guest.objects.for_company(bella), Action.DELETE)))
    Guest.objects.filter(pk=ids[0]).update(is_active=False)
    crowd(bella, 1, first=10)
    with pytest.raises(SetChanged) as changed:
        confirmed(bella, Action.DELETE, seen=seen)
    assert changed.value.mark.count == 3
    assert Guest.objects.for_company(bella).active().count() == 3


def test_marks_tell_sets_apart(bella):
    ids = crowd(bella, 40)
    guests = Guest.objects.for_company(bella)
    # 1+4 and 2+3 have the same sum: the ids alone, added up, would not tell them apart.
    pairs = [(ids[a], ids[b]) for a in range(40) for b in range(a)]
    marks = {str(mark_of(guests.filter(pk__in=pair))) for pair in pairs[::7]}
    assert len(marks) == len(pairs[::7])


@pytest.mark.parametrize(
    ("count", "everybody", "large"),
    [(0, 0, False), (1, 5, False), (1, 4, True), (20, 100, False), (21, 100, True)],
)
def test_a_fifth_of_the_company_is_large(bella, count, everybody, large):
    crowd(bella, everybody)
    assert is_large(count, Guest.objects.for_company(bella)) is large


def test_more_than_a_thousand_are_large_however_many_there_are(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert is_large(1_001, Guest.objects.all())


# -- Undo


@pytest.mark.parametrize("action", ON_LISTS)
def test_undo_puts_everything_back(bella, manager, vip, gold, action):
    ids = crowd(bella, 4, is_active=action != Action.RESTORE)
    if action == Action.REMOVE_CATEGORY:
        confirmed(bella, Action.ADD_CATEGORY, category=vip)
    before = (active(bella), inside(vip), tiers(ids))
    category = vip if "category" in action else None
    change = confirmed(bella, action, "inactive=on", category=category, tier=gold)
    assert (active(bella), inside(vip), tiers(ids)) != before
    change = undo(change, manager)
    assert (active(bella), inside(vip), tiers(ids)) == before
    assert (change.state, change.undone, change.undone_by) == (State.UNDONE, len(ids), manager)


def test_undo_leaves_whoever_was_touched_since(bella):
    ids = crowd(bella, 4)
    change = confirmed(bella, Action.DELETE)
    touch(ids[1])
    Guest.objects.filter(pk=ids[2]).update(is_active=True, version=3)
    change = undo(change)
    assert active(bella) == {ids[0], ids[2], ids[3]}
    assert Guest.objects.get(pk=ids[2]).version == 3
    assert (change.undone, change.changed) == (2, 4)
    left = change.guests.filter(is_undone=False).values_list("guest_id", flat=True)
    assert sorted(left) == ids[1:3]


def test_undo_touches_only_whom_the_change_changed(bella, vip):
    ids = crowd(bella, 3)
    confirmed(bella, Action.ADD_CATEGORY, f"guest={ids[0]}", category=vip)
    change = confirmed(bella, Action.ADD_CATEGORY, category=vip)
    undo(change)
    assert inside(vip) == {ids[0]}


def test_undo_leaves_merged_erased_and_vanished_guests(bella):
    kept, merged, erased, gone, plain = ids = crowd(bella, 5)
    change = confirmed(bella, Action.DELETE)
    # As badly as can be: without a new version.
    Guest.objects.filter(pk=merged).update(merged_into=kept)
    Guest.objects.filter(pk=erased).update(phone=None)
    Guest.objects.filter(pk=gone).delete()
    assert undo(change).undone == 2
    assert active(bella) == {kept, plain}
    assert len(ids) == 5


def test_undo_happens_once(bella):
    crowd(bella, 3)
    change = undo(confirmed(bella, Action.DELETE))
    again = confirmed(bella, Action.DELETE)
    with pytest.raises(NotNow):
        undo(change)
    assert active(bella) == set()
    assert again.changed == 3


def test_a_newer_change_is_not_undone_by_the_older_ones_undo(bella):
    ids = crowd(bella, 3)
    first = confirmed(bella, Action.DELETE)
    confirmed(bella, Action.RESTORE, f"inactive=on&guest={ids[0]}")
    second = confirmed(bella, Action.DELETE)
    assert undo(first).undone == 2
    assert active(bella) == set(ids[1:])
    assert undo(second).undone == 1


def test_without_its_category_nothing_can_be_undone(bella, vip):
    crowd(bella, 2)
    change = confirmed(bella, Action.ADD_CATEGORY, category=vip)
    vip.delete()
    change.refresh_from_db()
    with pytest.raises(CategoryGone):
        undo(change)
    change.refresh_from_db()
    assert (change.state, change.category_name) == (State.DONE, "VIP")


def test_deleting_a_category_deletes_no_guest(bella, vip):
    ids = crowd(bella, 2)
    confirmed(bella, Action.ADD_CATEGORY, category=vip)
    vip.delete()
    assert active(bella) == set(ids)


# -- Queries


def test_the_number_of_queries_does_not_grow_with_the_guests(bella, vip):
    counts = []
    for first, count in ((0, 3), (100, 300)):
        crowd(bella, count, first=first)
        with CaptureQueriesContext(connection) as asked:
            undo(confirmed(bella, Action.ADD_CATEGORY, category=vip))
        counts.append(len(asked))
    assert counts[0] == counts[1] < 40


def test_ten_thousand_are_left_to_a_worker(bella, monkeypatch):
    monkeypatch.setattr(bulk_changes, "LARGE", 3)
    ids = crowd(bella, 3)
    change = confirmed(bella, Action.DELETE)
    assert (change.state, change.total, change.changed) == (State.QUEUED, 3, 0)
    assert active(bella) == set(ids)
    with pytest.raises(NotNow):
        undo(change)
