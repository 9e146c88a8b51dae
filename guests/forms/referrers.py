"""Who referred a guest: one line of text that takes a telephone or a name.

A choice of the list that opens while one types is no more than such a text, "Anna Petrova,
+44 7700 900123"; so it works without script too, and what stands there is what is meant.
"""

import re
from collections.abc import Sequence

from core.models import Company
from core.web.telephones import telephone
from guests.models import Guest
from guests.normalize import Invalid, fold, phone
from guests.querysets import GuestQuerySet

#: So many are offered.
OFFERED = 8

#: A telephone in groups, as `telephone` writes them, or without.
_number_at_end = re.compile(r"(\+(?:[ -]?[0-9]){6,15})\s*\Z")


def label_of(guest: Guest) -> str:
    """Return the text that means this guest and no other."""
    if not guest.phone:
        return f"#{guest.pk}"
    number = telephone(guest.phone)
    return f"{guest.full_name}, {number}" if guest.full_name else number


def found(company: Company, text: str, *, own: int | None) -> list[Guest]:
    """Return whom `text` may mean, in the order of their names; one more than are offered."""
    text = text.strip()
    if not text:
        return []
    guests = Guest.objects.for_company(company).exclude(pk=own or 0)
    if number := _number(company, text):
        by_phone = list(guests.with_phones({number}))
        if by_phone:
            return by_phone
    return _by_name(company, guests, text)


def _number(company: Company, text: str) -> str:
    """Return the telephone at the end of a text, or that it is as a whole; "" if it is none."""
    match = _number_at_end.search(text)
    if match:
        return re.sub("[ -]", "", match[1])
    try:
        return phone(text, region=company.region)
    except Invalid:
        return ""


def _by_name(company: Company, guests: GuestQuerySet, text: str) -> list[Guest]:
    known = guests.open()
    matches = list(known.search(text, company).order_by("name_key", "pk")[: OFFERED + 1])
    return _exactly(matches, text) or matches


def _exactly(guests: Sequence[Guest], text: str) -> list[Guest]:
    """Return the only guest of this very name, whichever of the names is written first."""
    words = sorted(fold(text).replace(",", " ").split())
    same = [guest for guest in guests if sorted(fold(guest.full_name).split()) == words]
    return same if len(same) == 1 else []
