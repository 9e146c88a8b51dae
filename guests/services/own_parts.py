"""The guests' own parts of a merge and an erasure: cards, external ids, categories, referrals.

Each is a `guests.dependents.Dependent`, so that merging and erasing know no difference between
these and what other apps keep.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils.translation import ngettext

from core.models import Change
from guests import dependents
from guests.models import (
    Card,
    Category,
    ExternalId,
    Guest,
    GuestCategory,
    GuestMerge,
    PossibleDuplicate,
    RecentGuest,
)


class _Owned:
    """Rows that have one guest and may go to another: the receipt is their ids."""

    key: str
    model: Any

    def describe(self, guest: Guest) -> str:
        count = self._of(guest).count()
        return self._words(count) % {"count": count} if count else ""

    def move(self, *, source: Guest, target: Guest) -> Any:
        ids = list(self._of(source).order_by("pk").values_list("pk", flat=True))
        self._of(source).update(guest=target)
        return ids

    def put_back(self, receipt: Any, *, source: Guest, target: Guest) -> None:
        self._of(target).filter(pk__any=receipt).update(guest=source)

    def erase(self, guest: Guest, *, now: datetime) -> None:
        self._of(guest).delete()

    def everything(self, guest: Guest, *, only: Collection[int] | None) -> Any:
        raise NotImplementedError

    def _words(self, count: int) -> str:
        raise NotImplementedError

    def _of(self, guest: Guest) -> Any:
        return self.model.objects.for_company(guest.company).filter(guest=guest)


class Cards(_Owned):
    key, model = "cards", Card

    def _words(self, count: int) -> str:
        return ngettext("%(count)s card", "%(count)s cards", count)

    def everything(self, guest: Guest, *, only: Collection[int] | None) -> Any:
        return list(self._of(guest).order_by("pk").values("track", "number"))


class ExternalIds(_Owned):
    key, model = "external_ids", ExternalId

    def _words(self, count: int) -> str:
        return ngettext("%(count)s external ID", "%(count)s external IDs", count)

    def everything(self, guest: Guest, *, only: Collection[int] | None) -> Any:
        return list(self._of(guest).order_by("pk").values_list("value", flat=True))


class Categories:
    """The kept guest is in every category that either was in."""

    key = "categories"

    def describe(self, guest: Guest) -> str:
        count = _categories(guest).count()
        words = ngettext("%(count)s category", "%(count)s categories", count)
        return words % {"count": count} if count else ""

    def move(self, *, source: Guest, target: Guest) -> Any:
        left = set(_categories(source).values_list("category_id", flat=True))
        present = set(_categories(target).values_list("category_id", flat=True))
        _categories(source).delete()
        _put_in(target, left - present)
        return {"left": sorted(left), "added": sorted(left - present)}

    def put_back(self, receipt: Any, *, source: Guest, target: Guest) -> None:
        _categories(target).filter(category_id__in=receipt["added"]).delete()
        # A category that was deleted since is nobody's any more.
        there = Category.objects.for_company(source.company).filter(pk__in=receipt["left"])
        _put_in(source, set(there.values_list("pk", flat=True)))

    def erase(self, guest: Guest, *, now: datetime) -> None:
        _categories(guest).delete()

    def everything(self, guest: Guest, *, only: Collection[int] | None) -> Any:
        return list(guest.categories.order_by("name", "pk").values_list("name", flat=True))


class Referrals:
    """The guests whom somebody brought along. Only they change, and not by anybody's hand."""

    key = "referrals"

    def describe(self, guest: Guest) -> str:
        count = _referred(guest).count()
        words = ngettext("%(count)s referred guest", "%(count)s referred guests", count)
        return words % {"count": count} if count else ""

    def move(self, *, source: Guest, target: Guest) -> Any:
        # Nobody can have brought themselves: the target forgets the source as its referrer.
        ids = list(_referred(source).exclude(pk=target.pk).values_list("pk", flat=True))
        _referred(source).exclude(pk=target.pk).update(referrer=target)
        return sorted(ids)

    def put_back(self, receipt: Any, *, source: Guest, target: Guest) -> None:
        _referred(target).filter(pk__any=receipt).update(referrer=source)

    def erase(self, guest: Guest, *, now: datetime) -> None:
        _referred(guest).update(referrer=None)

    def everything(self, guest: Guest, *, only: Collection[int] | None) -> Any:
        return {"referred_guests": _referred(guest).count()}


class History(dependents.Staying):
    """What was written down about the guest: changes, merges, who looked."""

    key = "history"

    def erase(self, guest: Guest, *, now: datetime) -> None:
        """Who did what and when stays; every value goes.

        Of a merge also from the other guest's history, which says what came from this one.
        """
        company = guest.company
        changes = Change.objects.for_company(company)
        changes.about(guest).update(values={})
        merges = [*_merges(guest, "kept"), *_merges(guest, "merged")]
        others = {merge.kept_id for merge in merges} | {merge.merged_id for merge in merges}
        of_others = changes.filter(subject=Guest._meta.label_lower, subject_id__in=others)
        of_others.filter(action__in=MERGE_ACTIONS).update(values={})
        GuestMerge.objects.filter(pk__in=[merge.pk for merge in merges]).update(
            kept_before={}, merged_before={}, moved={}
        )
        RecentGuest.objects.for_company(company).filter(guest=guest).delete()
        pairs = PossibleDuplicate.objects.for_company(company)
        pairs.filter(first=guest).delete()
        pairs.filter(second=guest).delete()

    def everything(self, guest: Guest, *, only: Collection[int] | None) -> Any:
        changes = Change.objects.for_company(guest.company).about(guest).select_related("actor")
        return [
            {
                "at": change.at.isoformat(),
                "by": str(change.actor) if change.actor else None,
                "from": change.source,
                "action": change.action,
                "values": change.values,
            }
            for change in changes.order_by("at", "pk")
        ]


#: The actions of a merge, as Changes have them.
MERGE_ACTIONS = ("merge_guest", "merge_into_guest", "undo_merge", "undo_merge_into")


def register() -> None:
    """Make the guests' own parts known. Called once, when the apps are ready."""
    for part in (Cards(), ExternalIds(), Categories(), Referrals(), History()):
        dependents.register(part)


def _categories(guest: Guest) -> Any:
    return GuestCategory.objects.for_company(guest.company).filter(guest=guest)


def _put_in(guest: Guest, categories: set[int]) -> None:
    from guests.services import bulk

    already = set(_categories(guest).values_list("category_id", flat=True))
    new = sorted(categories - already)
    bulk.add_to_categories(guest.company_id, [(guest.pk, pk) for pk in new])


def _referred(guest: Guest) -> Any:
    return Guest.objects.for_company(guest.company).filter(referrer=guest)


def _merges(guest: Guest, side: str) -> Any:
    return GuestMerge.objects.for_company(guest.company).filter(**{side: guest})
