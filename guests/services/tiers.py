"""Member tiers: what a host sees of a guest, and who waits less."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.models import Company, Restaurant, User
from core.services.changes import heed_others, record, state_of
from core.services.names import same_name
from core.texts import isolated
from guests.models import Guest, MemberTier
from guests.services.retrying import begun_anew

_FIELDS = ("name", "rank", "is_vip", "priority_minutes", "restaurants")


class NameTaken(Exception):
    """Another tier of the company has the name, whatever its capitals; the text says so."""


class InUse(Exception):
    """Guests hold the tier; the text says that they must get another first."""


class TierGone(Exception):
    """Tiers that guests were to get were deleted meanwhile; `ids` are theirs."""

    def __init__(self, ids: Collection[int]) -> None:
        super().__init__(f"member tiers {sorted(ids)}")
        self.ids = frozenset(ids)


def held(company_id: int, ids: Collection[int]) -> set[int]:
    """Return those of the tiers that are there, which stay until the transaction ends.

    Whoever gives guests a tier holds it: whoever deletes it waits, or is waited for, as no key of
    the database keeps a guest from outliving it. Called with the guests locked, as everybody does.
    """
    own = MemberTier.objects.filter(company_id=company_id, pk__in=ids).order_by("pk")
    return set(own.select_for_update(no_key=True).values_list("pk", flat=True)) if ids else set()


def hold(company_id: int, ids: Collection[int]) -> None:
    """Have the tiers stay until the transaction ends, as `held` does. Raises TierGone."""
    if gone := set(ids) - held(company_id, ids):
        raise TierGone(gone)


@transaction.atomic
def save_tier(
    *,
    company: Company,
    tier: MemberTier | None,
    values: dict[str, Any],
    restaurants: Collection[Restaurant],
    expected: Mapping[str, Any] | None = None,
    actor: User | None,
    source: str,
    now: datetime,
) -> MemberTier:
    """Create a tier (None) or change one; `values`: name, rank, is_vip, priority_minutes.

    Raises NameTaken and ChangedMeanwhile.
    """
    _check_name(company, values["name"], but=tier)
    if tier is None:
        saved, before = MemberTier(company=company), {}
    else:
        saved = MemberTier.objects.select_for_update().get(pk=tier.pk)
        heed_others(saved, expected, {**values, "restaurants": list(restaurants)})
        before = state_of(saved, _FIELDS)
    for name, value in values.items():
        setattr(saved, name, value)
    saved.save()
    saved.restaurants.set(restaurants)
    after = state_of(saved, _FIELDS)
    changed = {
        name: [before.get(name), value]
        for name, value in after.items()
        if before.get(name) != value and (before or value)
    }
    if changed:
        record(
            company=company,
            actor=actor,
            source=source,
            action="change_tier" if tier else "create_tier",
            subject=saved,
            values=changed,
            now=now,
        )
    return saved


@begun_anew
def delete_tier(*, tier: MemberTier, actor: User | None, source: str, now: datetime) -> None:
    """Delete a tier that no guest holds. Raises InUse.

    Whoever was merged into another cannot be given another tier, and so does not keep one.
    """
    # Not its key, which others look at when they commit; and whoever is giving the tier to many
    # holds it: they wait for this, or this for them, and no guest is left with a tier that is gone.
    Company.objects.select_for_update(no_key=True).get(pk=tier.company_id)
    list(MemberTier.objects.select_for_update().filter(pk=tier.pk))
    guests = Guest.objects.for_company(tier.company)
    if held := refusal(is_held=guests.holding(tier).exists()):
        raise InUse(held)
    guests.filter(member_tier=tier).update(member_tier=None)
    record(
        company=tier.company,
        actor=actor,
        source=source,
        action="delete_tier",
        subject=tier,
        values={"name": [tier.name, None]},
        now=now,
    )
    tier.delete()


def refusal(*, is_held: bool) -> str:
    """Return why a tier cannot be deleted; "" when it can, for no guest holds it."""
    return _("Guests hold this tier. Give them another one first.") if is_held else ""


def _check_name(company: Company, name: str, but: MemberTier | None) -> None:
    if taken := same_name(company, MemberTier.objects.for_company(company), name, but=but):
        raise NameTaken(_("There is a tier “%(name)s” already.") % {"name": isolated(taken)})
