"""Every reusable read of guests. A read starts from the company."""

from guests.querysets.belongings import (
    CardQuerySet,
    CategoryQuerySet,
    MemberTierQuerySet,
    RecentGuestQuerySet,
    SavedViewQuerySet,
)
from guests.querysets.guests import GuestQuerySet

__all__ = [
    "CardQuerySet",
    "CategoryQuerySet",
    "GuestQuerySet",
    "MemberTierQuerySet",
    "RecentGuestQuerySet",
    "SavedViewQuerySet",
]
