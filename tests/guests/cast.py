"""Guests for the tests of merging and erasing, and a part of them that some other app keeps."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.utils import timezone

from core.models import Change, Company, User
from guests import dependents
from guests.models import Card, Category, ExternalId, Guest, GuestCategory, GuestMerge
from guests.services.bulk import create_guests
from guests.services.merging import merge_guests

ANNA, ANN = "+442079460958", "+442079460959"


def guest(company: Company, phone: str = ANNA, **fields: Any) -> Guest:
    """Create a guest as services do, so that search and sort know them too."""
    (pk,) = create_guests(company.pk, [{"phone": phone, "registered_at": timezone.now(), **fields}])
    found = Guest.objects.get(pk=pk)
    found.company = company
    return found


def card(owner: Guest, number: str, track: str | None = None) -> Card:
    return Card.objects.create(company_id=owner.company_id, guest=owner, number=number, track=track)


def external_id(owner: Guest, value: str) -> ExternalId:
    return ExternalId.objects.create(company_id=owner.company_id, guest=owner, value=value)


def put_in(owner: Guest, *names: str) -> None:
    for name in names:
        category, _created = Category.objects.get_or_create(company=owner.company, name=name)
        GuestCategory.objects.create(company=owner.company, guest=owner, category=category)


def names_of_categories(owner: Guest) -> set[str]:
    return set(owner.categories.values_list("name", flat=True))


def merge(
    kept: Guest,
    merged: Guest,
    *,
    actor: User | None = None,
    now: datetime | None = None,
    **choices: str,
) -> GuestMerge:
    """Merge two guests as they are: `kept` keeps all but what `choices` takes from the other."""
    return merge_guests(
        company=kept.company,
        kept=kept,
        merged=merged,
        choices=choices,
        kept_version=kept.version,
        merged_version=merged.version,
        actor=actor,
        source=Change.Source.WEB,
        now=now or timezone.now(),
    )


class Stamps:
    """A part as another app would declare it: how many stamps a guest has, and their notes."""

    key = "stamps"

    def __init__(self) -> None:
        self.notes: dict[int, list[str]] = {}
        self.refuses = ""

    def describe(self, guest: Guest) -> str:
        count = len(self.notes.get(guest.pk, ()))
        return f"{count} stamps" if count else ""

    def move(self, *, source: Guest, target: Guest) -> Any:
        if self.refuses:
            raise dependents.Refused(self.refuses)
        moved = self.notes.pop(source.pk, [])
        self.notes.setdefault(target.pk, []).extend(moved)
        return moved

    def put_back(self, receipt: Any, *, source: Guest, target: Guest) -> None:
        if self.refuses:
            raise dependents.Refused(self.refuses)
        self.notes[target.pk] = [n for n in self.notes[target.pk] if n not in receipt]
        self.notes[source.pk] = receipt

    def erase(self, guest: Guest, *, now: Any) -> None:
        assert guest.phone, "the parts are asked while the guest is still known"
        self.notes.pop(guest.pk, None)

    def everything(self, guest: Guest, *, only: Collection[int] | None) -> Any:
        return self.notes.get(guest.pk, [])


@contextmanager
def another_part() -> Iterator[Stamps]:
    """Declare Stamps for as long as the test runs, beside the real parts."""
    stamps = Stamps()
    dependents.register(stamps)
    try:
        yield stamps
    finally:
        del dependents._dependents[stamps.key]
