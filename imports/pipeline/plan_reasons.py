"""Why the row of a guest is kept out: whose it is, and what of it is another's or unknown. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guests.normalize import fold
from imports.pipeline.credits import VALUES as CREDIT_VALUES, read_beside
from imports.pipeline.met import Met, Surroundings
from imports.pipeline.rows import CleanRow, Reason, Rejected, card_places, rest_of

if TYPE_CHECKING:
    from imports.pipeline.plan import Rules

#: What the row carries beside the guest's own fields.
_NOT_FIELDS = frozenset(
    {
        "card_places",
        "cards",
        "categories",
        "deleted",
        "external_id",
        "member_tier",
        "more_external_ids",
        *CREDIT_VALUES,
    }
)


def wrong_besides(row: Rejected, met: Surroundings, rules: Rules) -> list[Reason]:
    """Return what else keeps a row out that is rejected already, as far as its values tell."""
    rest = rest_of(row)
    _wanted, reasons = named(rest, rules)
    if "phone" in rest.values:
        # Whose the row is must be known to say that something is another guest's.
        guest, of_guest = guest_of(rest, met)
        reasons = [*of_guest, *reasons, *taken(rest, guest, met)]
    if rules.credits is not None:
        _credit, _notes, wrong = read_beside(row, rules.credits)
        reasons += wrong
    return reasons


def guest_of(row: CleanRow, met: Surroundings) -> tuple[Met | None, list[Reason]]:
    """Find the guest by external id if the row has one, else by phone; both must agree."""
    phone, external_id = row.values["phone"], row.values.get("external_id")
    by_phone = met.by_phone.get(phone)
    by_id = met.by_external_id.get(external_id) if external_id else None
    if by_id is None or by_id is by_phone:
        return by_phone, []
    if by_phone is not None:
        return None, [Reason("two_guests", "external_id", str(external_id), {"phone": phone})]
    known = by_id.values["phone"] or ""
    return None, [Reason("phone_of_id_differs", "phone", phone, {"known": known})]


def named(row: CleanRow, rules: Rules) -> tuple[dict[str, Any], list[Reason]]:
    """Return the row's values by guest field, with names turned into ids."""
    values = row.values
    wanted = {name: value for name, value in values.items() if name not in _NOT_FIELDS}
    reasons = []
    if "deleted" in values:
        wanted["is_active"] = not values["deleted"]
    if "member_tier" in values:
        tier = rules.tier_ids.get(fold(values["member_tier"]))
        if tier is None:
            reasons.append(Reason("tier_unknown", "member_tier", values["member_tier"], {}))
        wanted["member_tier_id"] = tier
    if not rules.create_categories:
        reasons += [
            Reason("category_unknown", "categories", name, {})
            for name in values.get("categories", ())
            if fold(name) not in rules.category_ids
        ]
    return wanted, reasons


def taken(row: CleanRow, guest: Met | None, met: Surroundings) -> list[Reason]:
    """Return a reason for each card and member number that belongs to another guest."""
    own = guest.id if guest else None
    reasons = []
    cards = row.values.get("cards", ()) if met.track_owner or met.number_owner else ()
    for index, (track, number) in zip(card_places(row) if cards else (), cards, strict=True):
        if track and met.track_owner.get(track, own) != own:
            reasons.append(Reason("track_taken", f"track_{index}", track, {}))
        if number and met.number_owner.get(number, own) != own:
            reasons.append(Reason("number_taken", f"number_{index}", number, {}))
    for value in row.values.get("more_external_ids", ()):
        owner = met.by_external_id.get(value)
        if owner is not None and owner.id != own:
            reasons.append(Reason("external_id_taken", "external_id", value, {}))
    member = row.values.get("member_number")
    if member and met.member_owner.get(member, own) != own:
        reasons.append(Reason("member_number_taken", "member_number", member, {}))
    return reasons
