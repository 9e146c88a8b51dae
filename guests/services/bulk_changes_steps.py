"""What a bulk change does to the next guests of its set, and how it is taken back.

Called inside a transaction that holds the change's row. A guest's version counts up with every
change; the row of the set keeps the version that the change left behind, and only while the guest
still has that one does Undo touch it.

Ids are written out and bounded (`_among`): while the planner does not know yet how a table has
grown, it would read the list of a join (`__any`) anew for every row, two minutes for what takes two
seconds, or all of a company for every five thousand.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from core import bulk
from guests.models import BulkChange, BulkChangeGuest, Category, Guest, GuestCategory
from guests.querysets import GuestQuerySet
from guests.services.bulk import add_to_categories
from guests.services.bulk_changes_sets import concerned
from guests.services.tiers import held, hold

Action = BulkChange.Action

#: Taking a change back is doing this; tiers that were set are given back one by one.
OPPOSITE: dict[str, str] = {
    Action.DELETE: Action.RESTORE,
    Action.RESTORE: Action.DELETE,
    Action.ADD_CATEGORY: Action.REMOVE_CATEGORY,
    Action.REMOVE_CATEGORY: Action.ADD_CATEGORY,
    Action.DELETE_CATEGORY: Action.ADD_CATEGORY,
}
_SET_FIELDS = ("company_id", "change_id", "guest_id", "version", "is_undone")
CATEGORISING = frozenset({Action.ADD_CATEGORY, Action.REMOVE_CATEGORY})


class CategoryGone(Exception):
    """The category of a bulk change was deleted meanwhile: nothing more can be done with it."""


@dataclass(frozen=True)
class Piece:
    """What was done to a stretch of the set: how many it has, how many were changed, the last."""

    met: int
    changed: int
    last: int


def change_next(change: BulkChange, limit: int) -> Piece | None:
    """Change the next guests of the set after the checkpoint; None when there are no more.

    Those that are as asked already, or were merged or erased since, stay as they are. Raises
    CategoryGone and TierGone.
    """
    if change.action == Action.DELETE_CATEGORY:
        return _leave_next(change, limit)
    met = _next(change, Q(version__isnull=True), limit)
    if not met:
        return None
    changed = _do(change, change.action, _locked(change, met))
    _set_of(change, changed).update(
        version=Subquery(Guest.objects.filter(pk=OuterRef("guest_id")).values("version"))
    )
    return Piece(len(met), len(changed), met[-1])


def undo_next(change: BulkChange, limit: int) -> Piece | None:
    """Take back the next guests that were changed, after the checkpoint; None at the end.

    Whoever was touched since stays as they are; but a deleted category comes back to all who are
    still there. Raises CategoryGone.
    """
    met = _next(change, Q(version__isnull=False, is_undone=False), limit)
    if not met:
        return None
    guests = _locked(change, met)
    if change.action != Action.DELETE_CATEGORY:
        guests = guests.filter(as_left_by(change))
    if change.action == Action.SET_TIER:
        undone = _give_tiers_back(change, guests)
    else:
        undone = _do(change, OPPOSITE[change.action], guests)
    _set_of(change, undone).update(is_undone=True)
    return Piece(len(met), len(undone), met[-1])


def as_left_by(change: BulkChange) -> Exists:
    """Return the condition that nobody touched a guest since the change."""
    return Exists(
        BulkChangeGuest.objects.filter(
            change_id=change.pk, guest_id=OuterRef("pk"), version=OuterRef("version")
        )
    )


# -- The set ------------------------------------------------------------------------------------


def _next(change: BulkChange, condition: Q, limit: int) -> list[int]:
    rows = BulkChangeGuest.objects.filter(
        condition, change_id=change.pk, guest_id__gt=change.checkpoint
    )
    return list(rows.order_by("guest_id").values_list("guest_id", flat=True)[:limit])


def _set_of(change: BulkChange, ids: Collection[int]) -> QuerySet[BulkChangeGuest]:
    return BulkChangeGuest.objects.filter(_among("guest_id", ids), change_id=change.pk)


def _locked(change: BulkChange, ids: list[int]) -> GuestQuerySet:
    """Lock these guests, and return them.

    How they are is asked for afterwards: a statement that waits for a lock sees other tables as
    they were before it waited.
    """
    guests = _of(change, ids)
    list(guests.select_for_update().order_by("pk").values_list("pk", flat=True))
    return guests


# -- What is done -------------------------------------------------------------------------------


def _do(change: BulkChange, action: str, guests: GuestQuerySet) -> list[int]:
    """Do it to those of the locked `guests` who are not so already; return their ids."""
    guests = concerned(guests, action)
    if action in CATEGORISING:
        return _categorise(change, action, guests)
    if action == Action.SET_TIER:
        return _set_tier(change, guests)
    ids = list(guests.values_list("pk", flat=True))
    if ids:
        _of(change, ids).update(is_active=action == Action.RESTORE, version=F("version") + 1)
    return ids


def _categorise(change: BulkChange, action: str, guests: GuestQuerySet) -> list[int]:
    category = _category(change)
    found = list(guests.values_list("pk", flat=True))
    places = _places(change, category, found)
    inside = set(places.values_list("guest_id", flat=True))
    if action == Action.ADD_CATEGORY:
        ids = [pk for pk in found if pk not in inside]
        add_to_categories(change.company_id, [(guest, category) for guest in ids])
    else:
        ids = [pk for pk in found if pk in inside]
        places._raw_delete(places.db)
    if ids and change.action != Action.DELETE_CATEGORY:
        _of(change, ids).update(version=F("version") + 1)
    return ids


def _set_tier(change: BulkChange, guests: GuestQuerySet) -> list[int]:
    """Give the tier to whoever has another or none; what they had is kept, for it can come back."""
    tier = _tier(change)
    others = guests.exclude(member_tier=tier) if tier else guests.filter(member_tier__isnull=False)
    ids = list(others.values_list("pk", flat=True))
    if ids:
        had = Guest.objects.filter(pk=OuterRef("guest_id")).values("member_tier_id")
        _set_of(change, ids).update(tier_before=Subquery(had))
        _of(change, ids).update(member_tier=tier, version=F("version") + 1)
    return ids


def _give_tiers_back(change: BulkChange, guests: GuestQuerySet) -> list[int]:
    """Give these guests the tiers they had. One that was deleted since is none."""
    ids = list(concerned(guests, change.action).values_list("pk", flat=True))
    by_tier = defaultdict(list)
    for guest, tier in _set_of(change, ids).values_list("guest_id", "tier_before"):
        by_tier[tier].append(guest)
    there = held(change.company_id, [tier for tier in by_tier if tier])
    for tier, theirs in by_tier.items():
        back = tier if tier in there else None
        _of(change, theirs).update(member_tier=back, version=F("version") + 1)
    return ids


def _leave_next(change: BulkChange, limit: int) -> Piece | None:
    """Take the next guests out of the category that is deleted, and write them down.

    Whoever is put into it meanwhile comes last. Their versions stay: nothing of their own has
    changed, and a new one would keep other bulk changes and imports of them from being undone.
    """
    places = GuestCategory.objects.filter(
        company_id=change.company_id, category_id=_category(change)
    ).order_by("guest_id")
    met = list(places.values_list("guest_id", flat=True)[:limit])
    if not met:
        return None
    # Who came back into it on the way stands there already.
    already = set(_set_of(change, met).values_list("guest_id", flat=True))
    rows = [
        (change.company_id, change.pk, pk, version, False)
        for pk, version in _of(change, met).values_list("pk", "version")
        if pk not in already
    ]
    bulk.insert(BulkChangeGuest, _SET_FIELDS, rows)
    left = _places(change, _category(change), met)
    left._raw_delete(left.db)
    return Piece(len(met), len(rows), met[-1])


def _places(change: BulkChange, category: int, ids: list[int]) -> QuerySet[GuestCategory]:
    """Return the places in the category that guests of these ids have."""
    return GuestCategory.objects.filter(
        _among("guest_id", ids), company_id=change.company_id, category_id=category
    )


def _of(change: BulkChange, ids: list[int]) -> GuestQuerySet:
    return Guest.objects.filter(_among("pk", ids), company_id=change.company_id)


def _among(key: str, ids: Collection[int]) -> Q:
    if not ids:
        return Q(pk__in=[])
    return Q(**{f"{key}__in": ids, f"{key}__gte": min(ids), f"{key}__lte": max(ids)})


def _category(change: BulkChange) -> int:
    """Return the change's category, which stays until the transaction ends. Raises CategoryGone."""
    found = Category.objects.filter(company_id=change.company_id, pk=change.category_id or 0)
    pk = found.select_for_update(no_key=True).values_list("pk", flat=True).first()
    if pk is None:
        raise CategoryGone
    return pk


def _tier(change: BulkChange) -> int | None:
    """Return the tier that is set, which stays until the transaction ends; None to have none.

    Raises TierGone.
    """
    if not change.tier_name:
        return None
    # One that was deleted before has let go of the change.
    tier = change.member_tier_id or 0
    hold(change.company_id, [tier])
    return tier
