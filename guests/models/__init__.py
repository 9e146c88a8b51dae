"""Who the guests are.

Imports fill these tables by the million, and a foreign-key check costs more than the insert
itself. So `company` and the references that may safely dangle carry no constraint, and cards,
categories and external ids carry one: the composite key to the guest, which is also the wall
between companies (declared in guests.guards, installed by core.guards).
"""

from guests.models.belongings import Card, ErasedPhone, ExternalId, GuestCategory
from guests.models.bulk_changes import BulkChange, BulkChangeGuest
from guests.models.duplicates import DuplicateSearch, PossibleDuplicate
from guests.models.erasures import Erasure
from guests.models.exports import GuestExport
from guests.models.groups import Category, Colour, MemberTier
from guests.models.guests import Guest, Sex
from guests.models.lists import GuestListChoice, RecentGuest, SavedView
from guests.models.merges import GuestMerge

__all__ = [
    "BulkChange",
    "BulkChangeGuest",
    "Card",
    "Category",
    "Colour",
    "DuplicateSearch",
    "ErasedPhone",
    "Erasure",
    "ExternalId",
    "Guest",
    "GuestCategory",
    "GuestExport",
    "GuestListChoice",
    "GuestMerge",
    "MemberTier",
    "PossibleDuplicate",
    "RecentGuest",
    "SavedView",
    "Sex",
]
