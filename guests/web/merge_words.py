"""Two guests side by side, in words; and why they look like one."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.models import Company
from core.web.telephones import telephone
from guests import dependents
from guests.models import Guest
from guests.services import merge_choices


def label(name: str) -> str:
    """Return what a field, or what is chosen together, is called."""
    field: Any = Guest._meta.get_field(name)
    return capfirst(str(field.verbose_name))


def values_of(company: Company, kept: Guest, merged: Guest) -> dict[str, tuple[str, str]]:
    """Return every field of both, as people read it. One query for those who referred them."""
    ids = {guest.referrer_id for guest in (kept, merged) if guest.referrer_id}
    referrers = Guest.objects.for_company(company).in_bulk(ids) if ids else {}
    return {
        name: (_shown(kept, merged, name, referrers), _shown(merged, kept, name, referrers))
        for name in merge_choices.FIELDS
    }


def _shown(guest: Guest, other: Guest, name: str, referrers: dict[int, Guest]) -> str:
    value = getattr(guest, merge_choices.FIELDS[name][0])
    if name == "referrer":
        value = merge_choices.referrer_of(guest, other)
    if value is None or value == "":
        return ""
    special: dict[str, Callable[[], str]] = {
        "phone": lambda: telephone(value),
        "birthday": lambda: date_format(value, "j M Y"),
        "registered_at": lambda: date_format(timezone.localtime(value), "j M Y"),
        "referrer": lambda: str(referrers.get(value, f"#{value}")),
        "member_tier": lambda: str(guest.member_tier),
        "consent": lambda: _consent(guest),
    }
    if name in special:
        return special[name]()
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    field: Any = Guest._meta.get_field(name)
    return str(dict(field.flatchoices).get(value, value))


def _consent(guest: Guest) -> str:
    day = date_format(guest.consent_date, "j M Y") if guest.consent_date else ""
    return ", ".join(filter(None, (guest.get_consent_display(), day, guest.consent_details)))


def decided(kept: Guest, merged: Guest, texts: dict[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the fields that nobody may choose: a no that is kept."""
    return [
        {"label": label(name), "value": on_kept if side == "kept" else on_merged}
        for name, (on_kept, on_merged) in texts.items()
        if (side := merge_choices.forced(kept, merged, name))
    ]


def alike(kept: Guest, merged: Guest, texts: dict[str, tuple[str, str]]) -> list[dict[str, str]]:
    """Return the fields that both have in common; what neither has is not worth a line."""
    return [
        {"label": label(name), "value": on_kept}
        for name, (on_kept, _on_merged) in texts.items()
        if on_kept and not merge_choices.differs(kept, merged, name)
    ]


def moves(guest: Guest) -> list[str]:
    """Return what would go from the guest to the kept one, part by part."""
    sentences = (part.describe(guest) for part in dependents.all_dependents())
    return [sentence for sentence in sentences if sentence]


def reasons(first: Guest, second: Guest) -> list[str]:
    """Return why two guests may be one."""
    found = []
    same_name = bool(first.name_key) and first.name_key == second.name_key
    if same_name and first.birthday and first.birthday == second.birthday:
        found.append(_("Same name and birthday"))
    if first.email and first.email.lower() == second.email.lower():
        found.append(_("Same e-mail"))
    if same_name and is_one_digit_apart(first.phone or "", second.phone or ""):
        found.append(_("Same name, telephones one digit apart"))
    return found


def is_one_digit_apart(one: str, other: str) -> bool:
    """Whether two texts differ by one character that is another, missing, or too many."""
    shorter, longer = sorted((one, other), key=len)
    start = _common(zip(shorter, longer, strict=False))
    end = _common(zip(reversed(shorter), reversed(longer), strict=False))
    if len(longer) - len(shorter) > 1 or one == other:
        return False
    return start + end >= len(longer) - 1


def _common(pairs: Iterable[tuple[str, str]]) -> int:
    count = 0
    for one, other in pairs:
        if one != other:
            break
        count += 1
    return count
