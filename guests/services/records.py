"""One guest's record: created, changed, deleted and restored, each with its Change.

The web form and the API call these; imports have guests.services.bulk, whose audit is a row per
line of the file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from core.models import Company, User
from core.services.changes import plain, record
from guests.models import Category, Guest, MemberTier
from guests.services import bulk
from guests.services.belongings import Told, set_cards, set_categories, set_external_ids
from guests.services.bulk import DERIVED, derived
from guests.services.claims import (
    Claim,
    Draft,
    Forgotten,
    Taken,
    find_claims,
    forget_the_wish,
    is_forgotten,
)
from guests.services.tiers import TierGone, hold

__all__ = [
    "ChangedMeanwhile",
    "Claim",
    "Closed",
    "Draft",
    "Forgotten",
    "Taken",
    "TierGone",
    "create_guest",
    "set_active",
    "update_guest",
]


class ChangedMeanwhile(Exception):
    """Somebody saved the guest since it was read; `guest` is as it is now."""

    def __init__(self, guest: Guest) -> None:
        super().__init__(f"guest {guest.pk} has version {guest.version} by now")
        self.guest = guest


class Closed(Exception):
    """The guest was merged into another or erased: the record is read only from then on."""

    def __init__(self, guest: Guest) -> None:
        super().__init__(f"guest {guest.pk} was merged or erased")
        self.guest = guest


def create_guest(
    *,
    company: Company,
    draft: Draft,
    actor: User | None,
    source: str,
    now: datetime,
    despite_wish: bool = False,
) -> Guest:
    """Create a guest, and return them. What the draft leaves open is as the company has it by
    default, categories too.

    Raises Taken, TierGone, and Forgotten for the telephone of somebody who asked to be forgotten,
    unless whoever asks confirmed it (`despite_wish`).
    """
    with _told_who_has_it(company, draft, own=None), transaction.atomic():
        _refuse_taken(company, draft, own=None)
        came_back = _heed_wish(company, draft.fields["phone"], despite_wish)
        values = {
            "consent": company.default_consent,
            "subscribed": company.default_subscribed,
            "registered_at": now,
            **draft.fields,
        }
        (pk,) = bulk.create_guests(company.pk, [values])
        _hold_tier(company, values.get("member_tier_id"))
        guest = Guest.objects.for_company(company).get(pk=pk)
        if draft.categories is None:
            defaults = Category.objects.for_company(company).defaults()
            draft = replace(draft, categories=list(defaults.values_list("pk", flat=True)))
        record(
            company=company,
            actor=actor,
            source=source,
            action="create_guest",
            subject=guest,
            values=_created(company, values) | came_back | _set_belongings(guest, draft),
            now=now,
        )
    return guest


def update_guest(
    *,
    company: Company,
    guest: Guest,
    expected: int | None,
    draft: Draft,
    actor: User | None,
    source: str,
    now: datetime,
    despite_wish: bool = False,
) -> Told:
    """Change a guest as the draft says, and return what was changed: nothing, if it was so already.

    `expected` is the version that whoever changes it has seen; None overrules everybody. Raises
    ChangedMeanwhile when it is another by now, Taken, TierGone and Forgotten like `create_guest`,
    Closed for a guest who was merged or erased.
    """
    with _told_who_has_it(company, draft, own=guest.pk), transaction.atomic():
        guest = _locked(company, guest)
        if expected is not None and guest.version != expected:
            raise ChangedMeanwhile(guest)
        _refuse_taken(company, draft, own=guest.pk)
        changes = _changes(guest, draft)
        if "member_tier_id" in changes:
            _hold_tier(company, changes["member_tier_id"][1])
        told = _told(company, changes)
        if "phone" in changes:
            told |= _heed_wish(company, changes["phone"][1], despite_wish)
        told |= _set_belongings(guest, draft)
        if told:
            _save(guest, {name: new for name, (_old, new) in changes.items()})
            record(
                company=company,
                actor=actor,
                source=source,
                action=_action(told),
                subject=guest,
                values=told,
                now=now,
            )
    return told


@transaction.atomic
def set_active(
    *,
    company: Company,
    guest: Guest,
    is_active: bool,
    actor: User | None,
    source: str,
    now: datetime,
) -> bool:
    """Restore a guest, or delete, which deactivates; return whether that changed anything.

    Raises Closed for a guest who was merged or erased.
    """
    guest = _locked(company, guest)
    if guest.is_active == is_active:
        return False
    _save(guest, {"is_active": is_active})
    told = {"is_active": [not is_active, is_active]}
    record(
        company=company,
        actor=actor,
        source=source,
        action=_action(told),
        subject=guest,
        values=told,
        now=now,
    )
    return True


# -- Who else is there --------------------------------------------------------------------------


@contextmanager
def _told_who_has_it(company: Company, draft: Draft, *, own: int | None) -> Iterator[None]:
    """Turn the database's word that something is taken into who has it.

    Two who want the same at the same moment both find it free: the constraint lets one through.
    """
    try:
        yield
    except IntegrityError:
        _refuse_taken(company, draft, own=own)
        raise


def _refuse_taken(company: Company, draft: Draft, *, own: int | None) -> None:
    claims = find_claims(company, draft, own=own)
    if claims:
        raise Taken(claims)


def _heed_wish(company: Company, phone: str, despite: bool) -> Told:
    """Refuse the telephone of somebody who asked to be forgotten; if confirmed, they are back."""
    if not is_forgotten(company, phone):
        return {}
    if not despite:
        raise Forgotten
    forget_the_wish(company, phone)
    return {"despite_wish": [None, True]}


def _hold_tier(company: Company, tier: int | None) -> None:
    """Have the tier that a guest gets, if any, outlive this transaction. Raises TierGone."""
    hold(company.pk, [tier] if tier else [])


def _locked(company: Company, guest: Guest) -> Guest:
    """Return the guest as it is now, locked. Raises Closed."""
    guest = Guest.objects.for_company(company).select_for_update().get(pk=guest.pk)
    if not guest.is_open:
        raise Closed(guest)
    return guest


# -- The guest's own fields ---------------------------------------------------------------------


def _changes(guest: Guest, draft: Draft) -> Told:
    present = {name: getattr(guest, name) for name in draft.fields}
    return {
        name: [present[name], new] for name, new in draft.fields.items() if new != present[name]
    }


def _set_belongings(guest: Guest, draft: Draft) -> Told:
    told: Told = {}
    if draft.cards is not None:
        told |= set_cards(guest, draft.cards)
    if draft.external_ids is not None:
        told |= set_external_ids(guest, draft.external_ids)
    if draft.categories is not None:
        told |= set_categories(guest, draft.categories)
    return told


def _save(guest: Guest, values: dict[str, Any]) -> None:
    for name, value in (values | derived(vars(guest) | values)).items():
        setattr(guest, name, value)
    guest.version += 1
    guest.save(update_fields=[*values, *DERIVED, "version"])


def _action(told: Told) -> str:
    """Return what a change is called: to tick or untick Active and nothing else has a name."""
    if told.keys() == {"is_active"}:
        return "restore_guest" if told["is_active"][1] else "delete_guest"
    return "update_guest"


def _created(company: Company, values: dict[str, Any]) -> Told:
    """Return what is told of a new guest: all that they were given."""
    given = {name: value for name, value in values.items() if value not in (None, "")}
    given.pop("registered_at")
    return _told(company, {name: [None, value] for name, value in given.items()})


def _told(company: Company, changes: Told) -> Told:
    """Return changes as JSON can hold them. A tier is told by its name, which outlives it."""
    told = {name: [plain(old), plain(new)] for name, (old, new) in changes.items()}
    if "member_tier_id" in told:
        ids = told.pop("member_tier_id")
        tiers = MemberTier.objects.for_company(company).in_bulk([pk for pk in ids if pk])
        told["member_tier"] = [str(tiers[pk]) if pk in tiers else pk for pk in ids]
    return told
