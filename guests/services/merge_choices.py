"""Which of two guests each field of the kept one comes from: defaults, and what they come to.

Pure: works on two guests in memory. What is unique in a company changes hands, so that whoever
still knows the merged guest by it (a till, a file) finds the kept one.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from guests.models import Guest

KEPT, MERGED, BOTH = "kept", "merged", "both"

#: What is chosen together, by the guest's own fields.
FIELDS: dict[str, tuple[str, ...]] = {
    "phone": ("phone",),
    "first_name": ("first_name",),
    "middle_name": ("middle_name",),
    "last_name": ("last_name",),
    "birthday": ("birthday",),
    "sex": ("sex",),
    "email": ("email",),
    "employee_id": ("employee_id",),
    "consent": ("consent", "consent_details", "consent_date"),
    "subscribed": ("subscribed",),
    "referrer": ("referrer_id",),
    "comment": ("comment",),
    "member_number": ("member_number",),
    "member_tier": ("member_tier_id",),
    "image_url": ("image_url",),
    "is_active": ("is_active",),
    "registered_at": ("registered_at",),
}
#: Of these the two guests exchange their values: no two may ever have the same.
EXCHANGED = frozenset({"phone", "member_number"})


class Resolved(NamedTuple):
    """What is to be written on each of the two: values by field, only those that change."""

    kept: dict[str, Any]
    merged: dict[str, Any]


def value_of(guest: Guest, name: str) -> tuple[Any, ...]:
    """Return the guest's values of what is chosen together."""
    return tuple(getattr(guest, field) for field in FIELDS[name])


def differs(kept: Guest, merged: Guest, name: str) -> bool:
    if name == "referrer":
        return referrer_of(kept, merged) != referrer_of(merged, kept)
    return value_of(kept, name) != value_of(merged, name)


def referrer_of(guest: Guest, other: Guest) -> int | None:
    """Return who brought the guest along. Where that is the other, nobody: they are one."""
    return None if guest.referrer_id == other.pk else guest.referrer_id


def forced(kept: Guest, merged: Guest, name: str) -> str:
    """Return the side that nobody may overrule: a no is kept, as in an import; "" elsewhere.

    Whoever agreed again says so, and then it is changed on the record.
    """
    if not differs(kept, merged, name):
        return ""
    if name == "subscribed":
        return KEPT if not kept.subscribed else MERGED
    if name == "consent" and "revoked" in (kept.consent, merged.consent):
        return KEPT if kept.consent == "revoked" else MERGED
    return ""


def default(kept: Guest, merged: Guest, name: str) -> str:
    """Return the side to begin with: the fuller, and of two that are full the one seen later."""
    if side := forced(kept, merged, name):
        return side
    if not differs(kept, merged, name):
        return KEPT
    if _is_blank(merged, kept, name) or _is_blank(kept, merged, name):
        return KEPT if _is_blank(merged, kept, name) else MERGED
    if name == "comment":
        return BOTH
    if name == "registered_at":
        return KEPT if kept.registered_at <= merged.registered_at else MERGED
    if name == "is_active":
        return KEPT if kept.is_active else MERGED
    if name in EXCHANGED:
        return KEPT
    return MERGED if _last_seen(merged) > _last_seen(kept) else KEPT


def resolve(kept: Guest, merged: Guest, choices: Mapping[str, str]) -> Resolved:
    """Return what the two will hold. A field without a choice, or with one that is forced, gets
    its default. Raises ValueError for a choice that does not exist."""
    on_kept: dict[str, Any] = {}
    on_merged: dict[str, Any] = {}
    for name, fields in FIELDS.items():
        side = forced(kept, merged, name) or choices.get(name) or default(kept, merged, name)
        if side not in sides(kept, merged, name):
            raise ValueError(f"{name}: {side!r}")
        if side == BOTH:
            on_kept["comment"] = f"{kept.comment}\n{merged.comment}"
        elif side == MERGED:
            on_kept |= {field: getattr(merged, field) for field in fields}
            if name in EXCHANGED:
                on_merged |= {field: getattr(kept, field) for field in fields}
    if on_kept.get("referrer_id", kept.referrer_id) in (kept.pk, merged.pk):
        on_kept["referrer_id"] = None
    on_kept |= _sums(kept, merged)
    on_merged |= {"opening_total": 0, "is_active": False, "merged_into_id": kept.pk}
    return Resolved(_changed(kept, on_kept), _changed(merged, on_merged))


def sides(kept: Guest, merged: Guest, name: str) -> list[str]:
    """Return the sides that can be chosen."""
    if name == "comment" and kept.comment and merged.comment:
        return [KEPT, MERGED, BOTH]
    return [KEPT, MERGED]


def _sums(kept: Guest, merged: Guest) -> dict[str, Any]:
    """Return what both bring along. Orders and what follows from them come with the orders."""
    sent = [at for at in (kept.last_promo_sms_at, merged.last_promo_sms_at) if at]
    return {
        "opening_total": kept.opening_total + merged.opening_total,
        "last_promo_sms_at": max(sent, default=None),
    }


def _changed(guest: Guest, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if getattr(guest, name) != value}


def _is_blank(guest: Guest, other: Guest, name: str) -> bool:
    if name == "referrer":
        return referrer_of(guest, other) is None
    value = getattr(guest, FIELDS[name][0])
    return value is None or value == "" or (name == "consent" and value == "unknown")


def _last_seen(guest: Guest) -> datetime:
    return guest.last_visit_at or guest.registered_at


def stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON can hold them; the field's `to_python` reads them back."""
    return {name: _plain(value) for name, value in values.items()}


def read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `stored` was given."""
    return {name: _field(name).to_python(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _field(name: str) -> Any:
    field = Guest._meta.get_field(name.removesuffix("_id"))
    return getattr(field, "target_field", field)
