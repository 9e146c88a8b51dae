"""What only one guest of a company can have, and who has it: telephone, cards, numbers, ids."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from core.models import Company
from guests.models import Card, ErasedPhone, ExternalId, Guest
from guests.privacy import erasure_digest

#: A card's track and number, of which one may be None.
CardPair = tuple[str | None, str | None]


@dataclass(frozen=True)
class Draft:
    """What a record shall say, clean by guests.normalize.

    `fields` are values by the guest's own fields (`member_tier_id`, `referrer_id`); those that are
    not named stay as they are, and so do cards, external ids and categories that are None.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    cards: Sequence[CardPair] | None = None
    external_ids: Sequence[str] | None = None
    categories: Sequence[int] | None = None


@dataclass(frozen=True)
class Claim:
    """`guest` has the `value` that was wanted for another. `field` is phone, member_number, track,
    number or external_id.

    Of a guest who was merged into another that other one is named, with `was_merged`.
    """

    field: str
    value: str
    guest: Guest
    was_merged: bool = False


class Taken(Exception):
    """Some of what was wanted belongs to other guests: all such claims at once."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        super().__init__(", ".join(f"{claim.field} {claim.value}" for claim in claims))
        self.claims = list(claims)


class Forgotten(Exception):
    """The telephone is of somebody who asked to be forgotten: ask whoever types it to confirm."""


def find_claims(company: Company, draft: Draft, *, own: int | None = None) -> list[Claim]:
    """Return what of the draft belongs to other guests than `own`. At most four queries, but for
    guests who were merged."""
    found = list(_guests(company, draft, own))
    found += _cards(company, draft.cards or (), own)
    found += _external_ids(company, draft.external_ids or (), own)
    return [_led_on(company, claim) for claim in found]


def is_forgotten(company: Company, phone: str) -> bool:
    """Whether somebody with this telephone was erased on their wish."""
    return _erased(company, phone).exists()


def forget_the_wish(company: Company, phone: str) -> None:
    """Take away that whoever had the telephone asked to be forgotten: they came back."""
    _erased(company, phone).delete()


def kept_guest(company: Company, guest: Guest) -> Guest:
    """Return the guest into whom `guest` was merged, in the end; `guest` if it never was."""
    seen = {guest.pk}
    while guest.merged_into_id and guest.merged_into_id not in seen:
        seen.add(guest.merged_into_id)
        following = Guest.objects.for_company(company).filter(pk=guest.merged_into_id).first()
        if following is None:
            break
        guest = following
    return guest


def _erased(company: Company, phone: str) -> Any:
    digest = erasure_digest(company.pk, phone)
    return ErasedPhone.objects.for_company(company).filter(digest=digest)


def _guests(company: Company, draft: Draft, own: int | None) -> Iterator[Claim]:
    wanted = {name: draft.fields.get(name) for name in ("phone", "member_number")}
    condition = Q()
    for name, value in wanted.items():
        if value:
            condition |= Q(**{name: value})
    if not condition:
        return
    for guest in Guest.objects.for_company(company).filter(condition).exclude(pk=own or 0):
        for name, value in wanted.items():
            if value and getattr(guest, name) == value:
                yield Claim(name, value, guest)


def _cards(company: Company, cards: Iterable[CardPair], own: int | None) -> Iterator[Claim]:
    tracks = {track for track, _number in cards if track}
    numbers = {number for _track, number in cards if number}
    if not tracks and not numbers:
        return
    condition = Q(track__in=tracks) | Q(number__in=numbers)
    taken = Card.objects.for_company(company).filter(condition).exclude(guest=own or 0)
    for card in taken.select_related("guest"):
        if card.track in tracks:
            yield Claim("track", str(card.track), card.guest)
        if card.number in numbers:
            yield Claim("number", str(card.number), card.guest)


def _external_ids(company: Company, ids: Sequence[str], own: int | None) -> Iterator[Claim]:
    if ids:
        taken = ExternalId.objects.for_company(company).filter(value__in=ids)
        for each in taken.exclude(guest=own or 0).select_related("guest"):
            yield Claim("external_id", each.value, each.guest)


def _led_on(company: Company, claim: Claim) -> Claim:
    """Name the guest who was kept where the one who has the value was merged."""
    if claim.guest.merged_into_id is None:
        return claim
    return Claim(claim.field, claim.value, kept_guest(company, claim.guest), was_merged=True)
