"""Reads of what guests hold and are sorted into, and of saved views."""

from collections.abc import Set
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from core.querysets import CompanyOwnedQuerySet
from guests.querysets.literals import LAST

if TYPE_CHECKING:
    from core.models import User


class CardQuerySet(CompanyOwnedQuerySet):
    def with_tracks(self, tracks: Set[str]) -> Self:
        return self.filter(track__any=tracks)

    def with_numbers(self, numbers: Set[str]) -> Self:
        return self.filter(number__any=numbers)

    def beginning_with(self, text: str) -> Self:
        """Cards whose number or track begins with `text`, in capitals or not.

        As a range of code points, which a plain index answers; LIKE would read them all on SQLite.
        """
        found = Q()
        for start in {text, text.upper(), text.lower()}:
            for name in ("number", "track"):
                found |= Q(**{f"{name}__gte": start, f"{name}__lt": start + LAST})
        return self.filter(found)


class CategoryQuerySet(CompanyOwnedQuerySet):
    def defaults(self) -> Self:
        """The categories that a new guest gets when nobody says otherwise."""
        return self.filter(is_default=True)

    def with_guest_counts(self) -> Self:
        """Each with `guests_count`: how many are in it, deleted guests too.

        A category is one company's, and so is all that is in it: to say so again would be to look
        at every row, where the index of a category knows how many there are.
        """
        from guests.models import GuestCategory

        inside = GuestCategory.objects.filter(category=OuterRef("pk"))
        return self.annotate(guests_count=_counted(inside, "category"))


class MemberTierQuerySet(CompanyOwnedQuerySet):
    def with_guest_counts(self) -> Self:
        """Each with `guests_count`: how many hold it, deleted guests too, merged ones not.

        The index of tiers knows all of them, and few were merged: one less the other looks at no
        guest who was not.
        """
        from guests.models import Guest

        holding = Guest.objects.filter(company=OuterRef("company"), member_tier=OuterRef("pk"))
        merged = holding.filter(merged_into__isnull=False)
        return self.annotate(
            guests_count=_counted(holding, "member_tier") - _counted(merged, "member_tier")
        )


def _counted(rows: "QuerySet[Any]", field: str) -> Coalesce:
    """Return how many of `rows` share a value of `field`, of which they have one."""
    counted = rows.order_by().values(field).annotate(count=Count("*")).values("count")
    return Coalesce(Subquery(counted), 0)


class SavedViewQuerySet(CompanyOwnedQuerySet):
    def for_user(self, user: "User") -> Self:
        """The user's own views and those of the whole company."""
        return self.filter(Q(owner=user) | Q(owner__isnull=True))

    def in_order(self) -> Self:
        """The company's views first, each group by name."""
        return self.order_by(F("owner").asc(nulls_first=True), "name", "pk")


class RecentGuestQuerySet(CompanyOwnedQuerySet):
    def of_user(self, user: "User") -> Self:
        """Whom the user opened, the latest first; not who was merged or erased meanwhile."""
        there = self.filter(user=user, guest__phone__isnull=False, guest__merged_into__isnull=True)
        return there.select_related("guest__member_tier").order_by("-opened_at", "-pk")
