"""Lines that say nothing new, told by a look: of a file that comes again they are most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imports.pipeline.clean import Card
from imports.pipeline.decisions import Unchanged
from imports.pipeline.met import LOCKED, Met, Surroundings
from imports.pipeline.rows import CleanRow
from imports.pipeline.seen import Screened

if TYPE_CHECKING:
    from imports.pipeline.plan import Rules


def at_a_look(row: Screened, met: Surroundings, rules: Rules) -> Unchanged | None:
    """Return what the plan makes of the row where a look is enough, else None."""
    if not isinstance(row, CleanRow) or rules.credits is not None:
        return None
    phone = row.values["phone"]
    guest = met.by_phone.get(phone)
    if guest is None or phone in met.merged_phones or phone in met.erased:
        return None
    if not _says_nothing_new(row, guest, met, rules.categories):
        return None
    return Unchanged(row.line, guest.id, row.notes)


def _says_nothing_new(
    row: CleanRow, guest: Met, met: Surroundings, categories: Sequence[int]
) -> bool:
    """Whether the guest has every value, card and category of the row just as it stands there.

    False only means that it takes a closer look: at a row that holds more than a guest's own
    fields and cards, for one.
    """
    known = guest.values
    for name, value in row.values.items():
        if name in known:
            if known[name] != value:
                return False
        elif name == "cards":
            if not _has_cards(guest.id, value, met):
                return False
        elif name not in LOCKED:
            return False
    return all((guest.id, category) in met.in_categories for category in categories)


def _has_cards(guest: int, cards: Sequence[Card], met: Surroundings) -> bool:
    for track, number in cards:
        if track and met.track_owner.get(track) != guest:
            return False
        if number and met.number_owner.get(number) != guest:
            return False
    return True
