"""What a company says about itself: its name, its defaults, and whether it demands two factors."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import money_kept
from core.models import Company, User
from core.services import second_factor
from core.services.changes import assign, heed_others, record
from core.services.companies import validate

FIELDS = (
    "name",
    "timezone",
    "currency",
    "region",
    "phone_check",
    "default_consent",
    "default_subscribed",
    "import_preset",
)


class CurrencyInUse(Exception):
    """Money is kept in the present currency; the text says which, and why it stays."""


class NotYourself(Exception):
    """Whoever demands a second factor must have one: else they lock themselves out first."""


@transaction.atomic
def change_company(
    *,
    company: Company,
    values: dict[str, Any],
    expected: Mapping[str, Any] | None = None,
    actor: User | None,
    source: str,
    now: datetime,
) -> Company:
    """Change some of FIELDS, and return the company as it is now.

    Raises ValidationError with a sentence for each field that cannot be, and CurrencyInUse: amounts
    carry no currency of their own, so another one would make 100 pounds into 100 euros.
    ChangedMeanwhile when it is not as `expected` any more (core.services.changes).
    """
    locked = Company.objects.select_for_update().get(pk=company.pk)
    heed_others(locked, expected, values)
    changed = assign(locked, {name: values[name] for name in FIELDS if name in values})
    validate(locked)
    if "currency" in changed and (kept := money_kept.by(company)):
        raise CurrencyInUse(currency_sentence(changed["currency"][0], kept))
    if changed:
        locked.save(update_fields=list(changed))
        record(
            company=locked,
            actor=actor,
            source=source,
            action="change_company",
            subject=locked,
            values=changed,
            now=now,
        )
    return locked


def currency_sentence(currency: str, kept: list[str]) -> str:
    """Return why the currency stays as it is."""
    return _(
        "It stays %(currency)s, for amounts are kept in it: %(kept)s. Another currency would only "
        "rename them, not convert them."
    ) % {"currency": currency, "kept": ", ".join(kept)}


@transaction.atomic
def demand_second_factor(
    *,
    company: Company,
    demanded: bool,
    expected: Mapping[str, Any] | None = None,
    actor: User,
    source: str,
    now: datetime,
) -> None:
    """Say whether members must have a second factor. It holds from their next click.

    Raises NotYourself when the actor has none, and ChangedMeanwhile.
    """
    locked = Company.objects.select_for_update().get(pk=company.pk)
    heed_others(locked, expected, {"requires_second_factor": demanded})
    if demanded and not second_factor.is_on(actor):
        raise NotYourself(_("Set up a second factor for yourself first."))
    if locked.requires_second_factor == demanded:
        return
    locked.requires_second_factor = demanded
    locked.save(update_fields=["requires_second_factor"])
    record(
        company=locked,
        actor=actor,
        source=source,
        action="change_security",
        subject=locked,
        values={"requires_second_factor": [not demanded, demanded]},
        now=now,
    )
