"""Every reusable read of guests. A read starts from the company."""

from guests.querysets.belongings import (
    CardQuerySet,
    CategoryQuerySet,
    RecentGuestQuerySet,
    SavedViewQuerySet,
)
from guests.querysets.guests import GuestQuerySet

__all__ = [
    "CardQuerySet",
    "CategoryQuerySet",
    "GuestQuerySet",
    "RecentGuestQuerySet",
    "SavedViewQuerySet",
]
