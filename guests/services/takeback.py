"""Taking back what an import did to guests: only what nobody has touched since."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, QuerySet

from core import bulk
from core.models import Company
from guests.models import Card, ExternalId, Guest, GuestCategory
from guests.services.bulk import DERIVED, derived
from guests.services.tiers import held


class Left(NamedTuple):
    """What could not be taken back of a guest, and why. `field` is "" for the guest as a whole.

    `pk` is that of the card or the external id. They are not named here: who is erased takes what
    they were known by with them.
    """

    code: str
    field: str
    pk: int | None = None


@transaction.atomic
def remove_created(
    company: Company, ids: Collection[int], *, owning: Collection[int] = ()
) -> dict[int, Left]:
    """Remove guests whom nobody has touched since they were created.

    Returns the others with the reason: changed or merged since, gone, visited, or named as a
    referrer. Who was merged into another is the way by which a file or a till finds that one.
    Those of them who are `owning` something that can never be removed are deleted as people delete
    guests, which keeps the row.
    """
    list(Guest.objects.for_company(company).locked(ids).values_list("pk"))
    left = kept_created(company, ids, owning=owning)
    _delete(company, [pk for pk in ids if pk not in left])
    owners = [pk for pk, why in left.items() if why.code == "guest_has_ledger"]
    if owners:
        deactivated = Guest.objects.for_company(company).active().filter(pk__any=owners)
        deactivated.update(is_active=False, version=F("version") + 1)
    return left


def kept_created(
    company: Company, ids: Collection[int], *, owning: Collection[int] = ()
) -> dict[int, Left]:
    """Return those of the guests whom `remove_created` would leave, with the reason."""
    guests = Guest.objects.for_company(company)
    rows = guests.filter(pk__any=list(ids)).values_list(
        "pk", "merged_into_id", "orders_count", "version"
    )
    found: dict[int, Any] = {pk: rest for pk, *rest in rows}
    referred = guests.filter(referrer__any=list(found))
    referrers = set(referred.values_list("referrer_id", flat=True))
    left: dict[int, Left] = {}
    for pk in ids:
        if pk not in found:
            left[pk] = Left("guest_gone", "")
            continue
        merged_into, orders_count, version = found[pk]
        if merged_into is not None:
            left[pk] = Left("guest_merged", "")
        elif orders_count:
            left[pk] = Left("guest_visited", "")
        elif version != 1:
            left[pk] = Left("guest_changed", "")
        elif pk in referrers:
            left[pk] = Left("guest_is_referrer", "")
        elif pk in owning:
            left[pk] = Left("guest_has_ledger", "")
    return left


def _delete(company: Company, ids: list[int]) -> None:
    """Delete guests with what hangs on them; children first, as their composite keys demand."""
    for model in (Card, GuestCategory, ExternalId):
        rows = model._default_manager.for_company(company).filter(guest__any=ids)
        rows._raw_delete(rows.db)
    guests = Guest.objects.for_company(company).filter(pk__any=ids)
    guests._raw_delete(guests.db)


@transaction.atomic
def restore_replaced(
    company: Company, replaced: Mapping[int, Mapping[str, Any]]
) -> dict[int, list[Left]]:
    """Give guests back what an import replaced, as its ImportRows tell it, by guest id.

    A field gets its old value back only while it still holds the imported one; a tier that was
    deleted since is none. Cards, categories and external ids that the import added go. Returns what
    was left, by guest.
    """
    left: dict[int, list[Left]] = {pk: [Left("guest_gone", "")] for pk in replaced}
    guests = list(Guest.objects.for_company(company).locked(replaced))
    tiers = held(company.pk, _tiers_before(replaced))
    holders = _holders_of_member_numbers(company, replaced)
    restored: set[str] = set()
    for guest in guests:
        if guest.merged_into_id is not None:
            # Only the way to the kept guest is left of them.
            left[guest.pk] = [Left("guest_merged", "")]
            continue
        fields_of = replaced[guest.pk].get("fields", {})
        changed, left[guest.pk] = _restore_fields(guest, fields_of, holders, tiers)
        restored.update(changed)
    fields = [*sorted(restored), *DERIVED]
    bulk.update(
        Guest,
        fields,
        (
            (g.pk, g.version, *(getattr(g, name) for name in fields))
            for g in guests
            if g.merged_into_id is None
        ),
    )
    there = {guest.pk for guest in guests if guest.merged_into_id is None}
    for pk, notes in added_left(company, replaced).items():
        if pk in there:
            left[pk] += notes
    _remove_added(company, replaced)
    return {pk: notes for pk, notes in left.items() if notes}


def fields_changed_since(guest: Guest, fields: Mapping[str, list[Any]]) -> list[str]:
    """Return those of the replaced fields that no longer hold the imported value."""
    return [
        name
        for name, (_old, new) in fields.items()
        if getattr(guest, name) != _column(name).to_python(new)
    ]


def _tiers_before(replaced: Mapping[int, Mapping[str, Any]]) -> set[int]:
    changes = (parts.get("fields", {}).get("member_tier_id") for parts in replaced.values())
    return {change[0] for change in changes if change and change[0]}


def _holders_of_member_numbers(
    company: Company, replaced: Mapping[int, Mapping[str, Any]]
) -> dict[str | None, int]:
    """Return who has, by now, the member numbers that would be given back."""
    changes = (parts.get("fields", {}).get("member_number") for parts in replaced.values())
    numbers = {change[0] for change in changes if change and change[0]}
    holders = Guest.objects.for_company(company).filter(member_number__any=numbers)
    return dict(holders.values_list("member_number", "pk")) if numbers else {}


def _restore_fields(
    guest: Guest,
    fields: Mapping[str, list[Any]],
    holders: Mapping[str | None, int],
    tiers: Collection[int],
) -> tuple[list[str], list[Left]]:
    """Set the old values on `guest`, unsaved; return which fields, and what was left.

    `holders` says who has a member number: one that somebody else has by now is not given back.
    `tiers` are those that can be given back.
    """
    left = [Left("field_changed", name) for name in fields_changed_since(guest, fields)]
    old_number = fields.get("member_number", [None])[0]
    if holders.get(old_number, guest.pk) != guest.pk:
        left.append(Left("member_number_used", "member_number"))
    kept = {note.field for note in left}
    changed = [name for name in fields if name not in kept]
    for name in changed:
        setattr(guest, name, _column(name).to_python(fields[name][0]))
    if "member_tier_id" in changed and guest.member_tier_id not in tiers:
        guest.member_tier_id = None
    for name, value in derived(vars(guest)).items():
        setattr(guest, name, value)
    return changed, left


@cache
def _column(name: str) -> Any:
    """Return the field that reads a stored value of "birthday" or "member_tier_id"."""
    field = Guest._meta.get_field(name.removesuffix("_id"))
    return getattr(field, "target_field", field)


def _remove_added(company: Company, replaced: Mapping[int, Mapping[str, Any]]) -> None:
    """Remove the cards, categories and external ids that were added and are still the guest's."""
    _halve_completed(company, replaced)
    added = {card: pk for pk, parts in replaced.items() for card in parts.get("cards", ())}
    _remove_of_owners(Card.objects.for_company(company).filter(pk__any=list(added)), "pk", added)
    ids = {value: pk for pk, parts in replaced.items() for value in parts.get("external_ids", ())}
    values = ExternalId.objects.for_company(company).filter(value__any=list(ids))
    _remove_of_owners(values, "value", ids)
    by_category: dict[int, list[int]] = {}
    for pk, parts in replaced.items():
        for category in parts.get("categories", ()):
            by_category.setdefault(category, []).append(pk)
    for category, guests in by_category.items():
        rows = GuestCategory.objects.for_company(company).filter(
            category_id=category, guest__any=guests
        )
        rows._raw_delete(rows.db)


def _halve_completed(company: Company, replaced: Mapping[int, Mapping[str, Any]]) -> None:
    """Take from cards the half that was added, of those that are the guest's and hold it still."""
    rows: dict[str, list[tuple[int, None]]] = {"track": [], "number": []}
    for pk, _owner, name in still_completed(company, replaced):
        rows[name].append((pk, None))
    for name, halved in rows.items():
        bulk.update(Card, (name,), halved, version=False)


def still_completed(
    company: Company, replaced: Mapping[int, Mapping[str, Any]]
) -> list[tuple[int, int, str]]:
    """Return `(card, guest, "track" or "number")` of the added halves that can go again."""
    return [
        (card.pk, owner, name)
        for card, owner, name, stays in _completed(company, replaced)
        if not stays
    ]


def added_left(
    company: Company, replaced: Mapping[int, Mapping[str, Any]]
) -> dict[int, list[Left]]:
    """Return, by the guest to whom they were added, the cards and external ids that stay.

    A completed card keeps what it has when it was changed since; what belongs to somebody else by
    now stays theirs. What is not there any more needs no taking back.
    """
    left: dict[int, list[Left]] = {}
    for card, owner, _name, stays in _completed(company, replaced):
        if stays:
            moved = card.guest_id != owner
            note = Left("card_elsewhere" if moved else "card_changed", "", card.pk)
            left.setdefault(owner, []).append(note)
    cards = {card: pk for pk, parts in replaced.items() for card in parts.get("cards", ())}
    for card in Card.objects.for_company(company).filter(pk__any=list(cards)) if cards else ():
        if card.guest_id != cards[card.pk]:
            left.setdefault(cards[card.pk], []).append(Left("card_elsewhere", "", card.pk))
    ids = {value: pk for pk, parts in replaced.items() for value in parts.get("external_ids", ())}
    there = ExternalId.objects.for_company(company).filter(value__any=list(ids))
    for pk, value, guest in there.values_list("pk", "value", "guest_id") if ids else ():
        if guest != ids[value]:
            left.setdefault(ids[value], []).append(Left("id_elsewhere", "", pk))
    return left


def _completed(
    company: Company, replaced: Mapping[int, Mapping[str, Any]]
) -> list[tuple[Card, int, str, bool]]:
    """Return `(card, guest, name, stays)` of the cards that were completed and are there still."""
    halves = {
        card: (owner, name, value)
        for owner, parts in replaced.items()
        for card, name, value in parts.get("completed", ())
    }
    if not halves:
        return []
    cards = Card.objects.for_company(company).filter(pk__any=list(halves))
    return [
        (card, owner, name, not (is_theirs and has_value and card.track and card.number))
        for card in cards.order_by("pk")
        for owner, name, value in [halves[card.pk]]
        for is_theirs, has_value in [(owner == card.guest_id, getattr(card, name) == value)]
    ]


def _remove_of_owners(rows: QuerySet, key: str, owners: Mapping[Any, int]) -> None:
    """Remove those of the rows that still belong to the guest to whom they were added."""
    if not owners:
        return
    present = rows.values_list("pk", key, "guest_id")
    gone = [pk for pk, value, guest in present if owners[value] == guest]
    rows.model._default_manager.filter(pk__any=gone).delete()
