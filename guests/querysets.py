"""Every reusable read of guests. A read starts from the company."""

from collections.abc import Collection, Set
from typing import TYPE_CHECKING, Self

from django.db.models import Q

from core.querysets import CompanyOwnedQuerySet

if TYPE_CHECKING:
    from core.models import User


class GuestQuerySet(CompanyOwnedQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def locked(self, ids: Collection[int]) -> Self:
        """Guests of these ids, locked in one order, so that two who lock never wait in a ring."""
        return self.filter(pk__any=list(ids)).select_for_update().order_by("pk")

    def with_phones(self, phones: Set[str]) -> Self:
        """Guests, deleted ones too, that have one of these E.164 phones."""
        return self.filter(phone__any=phones)


class CardQuerySet(CompanyOwnedQuerySet):
    def with_tracks(self, tracks: Set[str]) -> Self:
        return self.filter(track__any=tracks)

    def with_numbers(self, numbers: Set[str]) -> Self:
        return self.filter(number__any=numbers)


class CategoryQuerySet(CompanyOwnedQuerySet):
    def defaults(self) -> Self:
        """The categories that a new guest gets when nobody says otherwise."""
        return self.filter(is_default=True)


class SavedViewQuerySet(CompanyOwnedQuerySet):
    def for_user(self, user: "User") -> Self:
        """The user's own views and those of the whole company."""
        return self.filter(Q(owner=user) | Q(owner__isnull=True))
