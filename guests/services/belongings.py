"""What belongs to a guest: cards, external ids, places in categories, set as a whole.

Called inside the caller's transaction, with the guest locked; each returns what it changed, for the
caller's Change: `{key: [old, new]}`, or nothing.
"""

from collections.abc import Iterable
from typing import Any

from guests.models import Card, Category, ExternalId, Guest, GuestCategory
from guests.services import bulk
from guests.services.claims import CardPair

Told = dict[str, list[Any]]


def set_cards(guest: Guest, wanted: Iterable[CardPair]) -> Told:
    """Give the guest exactly these cards, and return what that changed."""
    cards = Card.objects.for_company(guest.company).filter(guest=guest).order_by("pk")
    present = {(card.track, card.number): card.pk for card in cards}
    wanted = list(dict.fromkeys(wanted))
    gone = [pk for pair, pk in present.items() if pair not in wanted]
    # Taken away first: a number may have gone from one card to another.
    cards.filter(pk__in=gone).delete()
    bulk.add_cards(guest.company_id, [(guest.pk, *pair) for pair in wanted if pair not in present])
    return _difference("cards", map(_card, present), map(_card, wanted))


def _card(pair: CardPair) -> dict[str, str]:
    parts = {"number": pair[1], "track": pair[0]}
    return {name: part for name, part in parts.items() if part}


def set_external_ids(guest: Guest, wanted: Iterable[str]) -> Told:
    rows = ExternalId.objects.for_company(guest.company).filter(guest=guest).order_by("pk")
    present = list(rows.values_list("value", flat=True))
    wanted = list(dict.fromkeys(wanted))
    rows.filter(value__in=set(present) - set(wanted)).delete()
    new = [value for value in wanted if value not in present]
    bulk.add_external_ids(guest.company_id, [(guest.pk, value) for value in new])
    return _difference("external_ids", present, wanted)


def set_categories(guest: Guest, wanted: Iterable[int]) -> Told:
    """Put the guest into exactly these categories. They are told by name, which outlives them."""
    rows = GuestCategory.objects.for_company(guest.company).filter(guest=guest)
    present, chosen = set(rows.values_list("category_id", flat=True)), set(wanted)
    concerned = Category.objects.for_company(guest.company).filter(pk__in=present | chosen)
    names = dict(concerned.order_by("name", "pk").values_list("pk", "name"))
    rows.filter(category_id__in=present - chosen).delete()
    # One that was deleted meanwhile has no name any more, and is nobody's.
    new = [pk for pk in names if pk in chosen - present]
    bulk.add_to_categories(guest.company_id, [(guest.pk, pk) for pk in new])
    return _difference(
        "categories",
        [name for pk, name in names.items() if pk in present],
        [name for pk, name in names.items() if pk in chosen],
    )


def _difference(key: str, before: Iterable[Any], after: Iterable[Any]) -> Told:
    """Return old and new of a list as a change; nothing when it holds the same."""
    old, new = list(before), list(after)
    same = len(old) == len(new) and all(item in new for item in old)
    return {} if same else {key: [old, new]}
