"""Planned orders -> the database: new guests and the orders of a chunk in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from core import bulk
from core.models import Change, Company
from guests.models import Category, Guest
from guests.services.bulk import add_to_categories, create_guests
from imports.pipeline.plan_orders import Take
from visits.services.orders import OrderDraft, Outcome, record_orders

_OUTCOMES = {
    Outcome.CREATED: "created",
    Outcome.CORRECTED: "updated",
    Outcome.UNCHANGED: "unchanged",
}


class Applied(NamedTuple):
    """Orders by what became of them, and how many guests they made."""

    counts: Counter[str]
    new_guests: int


@transaction.atomic
def apply_orders(company: Company, takes: Sequence[Take], *, source: str, now: datetime) -> Applied:
    """Make the guests that are new, as tills do, and record the orders.

    Raises IntegrityError, or what `record_orders` raises, when others were there in between: then
    nothing is written, and the chunk is to be matched again.
    """
    new = _make_guests(company, takes, source=source, now=now)
    outcomes = record_orders(
        company=company,
        orders=[
            OrderDraft(
                take.restaurant_id,
                take.order_id,
                take.guest_id if take.phone is None else new[take.phone],
                take.total,
                take.closed_at,
            )
            for take in takes
        ],
        actor=None,
        source=source,
        now=now,
    )
    return Applied(Counter(_OUTCOMES[outcome] for outcome in outcomes), len(new))


def _make_guests(
    company: Company, takes: Sequence[Take], *, source: str, now: datetime
) -> dict[str, int]:
    """Create a guest for each new phone, with the company's defaults; return their ids by phone.

    They are registered when they first came, so that a file of last year's orders does not make
    the guests of last year new ones.
    """
    first: dict[str, datetime] = {}
    for take in takes:
        if take.phone is not None:
            first[take.phone] = min(first.get(take.phone, now), take.closed_at)
    if not first:
        return {}
    defaults = {
        "consent": company.default_consent,
        "subscribed": company.default_subscribed,
    }
    drafts = [{"phone": phone, "registered_at": at, **defaults} for phone, at in first.items()]
    ids = create_guests(company.pk, drafts)
    categories = Category.objects.for_company(company).defaults().values_list("pk", flat=True)
    add_to_categories(company.pk, ((guest, each) for each in list(categories) for guest in ids))
    _write_changes(company, dict(zip(first, ids, strict=True)), source=source, now=now)
    return dict(zip(first, ids, strict=True))


def _write_changes(company: Company, new: dict[str, int], *, source: str, now: datetime) -> None:
    """Write down that an order made the guest: their history begins with it."""
    label = Guest._meta.label_lower
    fields = ("company_id", "at", "source", "action", "subject", "subject_id", "values")
    bulk.insert(
        Change,
        fields,
        (
            (company.pk, now, source, "create_guest", label, pk, {"phone": [None, phone]})
            for phone, pk in new.items()
        ),
    )
