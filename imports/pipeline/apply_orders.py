"""Planned orders -> the database: new guests, the orders of a chunk, and one ImportRow per line.

Called by `apply`, inside the chunk's transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.models import Change, Company
from guests.models import Category
from guests.services.bulk import GuestsChanged, add_to_categories, create_guests
from imports.models import ImportJob, ImportRow
from imports.pipeline.decisions import (
    CorrectedOrder,
    Decision,
    NewOrder,
    Reject,
    SameOrder,
    Skip,
    Take,
)
from imports.pipeline.findings import count
from imports.pipeline.prepare import row_of, rows_batch
from visits.services.orders import (
    Crossed,
    OrderDraft,
    Outcome,
    UnknownGuest,
    UnknownRestaurant,
    Written,
    write_orders,
)
from visits.services.taking_back import Recorded, State

_CAME_TO: Mapping[Outcome, tuple[type[Take], int]] = {
    Outcome.CREATED: (NewOrder, int(ImportRow.Outcome.CREATED)),
    Outcome.CORRECTED: (CorrectedOrder, int(ImportRow.Outcome.UPDATED)),
    Outcome.UNCHANGED: (SameOrder, int(ImportRow.Outcome.UNCHANGED)),
}


def apply_orders(job: ImportJob, decisions: Sequence[Decision], *, now: datetime) -> Counter[str]:
    """Make the guests that are new, as tills do, record the orders, and count the lines.

    Raises IntegrityError or GuestsChanged when others were there in between: the transaction is
    lost then, and the chunk is to be matched again.
    """
    takes = [each for each in decisions if isinstance(each, Take)]
    new = _make_guests(job.company, takes, now=now)
    try:
        written = write_orders(
            company=job.company,
            orders=[_draft(take, new) for take in takes],
            actor=job.actor,
            source=Change.Source.WEB if job.actor_id else Change.Source.COMMAND,
            now=now,
        )
    except (Crossed, UnknownGuest, UnknownRestaurant) as conflict:
        raise GuestsChanged(str(conflict)) from conflict
    came_out = dict(zip((take.line for take in takes), written, strict=True))
    makers = _makers(takes)
    rows = list(_rows(decisions, came_out, makers))
    rows_batch(job.company_id, job.pk, rows).write()
    done = [_as_written(each, came_out) for each in decisions]
    return count(done) + Counter({"new_guests": len(new)} if new else {})


def recorded_of(row: ImportRow) -> Recorded | None:
    """Return what a line of a file of orders did, as its ImportRow tells it; None: nothing."""
    kept = (row.replaced or {}).get("order")
    if kept is None:
        return None
    before = _state(kept["before"]) if "before" in kept else None
    return Recorded(kept["id"], _state(kept["after"]), before)


def _draft(take: Take, new: Mapping[str, int]) -> OrderDraft:
    guest = take.guest_id if take.phone is None else new[take.phone]
    return OrderDraft(take.restaurant_id, take.order_id, guest, take.total, take.closed_at)


def _makers(takes: Sequence[Take]) -> set[int]:
    """Return the lines of which each is the first of a new guest."""
    first: dict[str, int] = {}
    for take in takes:
        if take.phone is not None:
            first.setdefault(take.phone, take.line)
    return set(first.values())


def _as_written(decision: Decision, came_out: Mapping[int, Written]) -> Decision:
    """Return the decision as it came out: somebody may have written the order in between."""
    if not isinstance(decision, Take):
        return decision
    kind, _outcome = _CAME_TO[came_out[decision.line].outcome]
    return kind(*decision)


def _rows(
    decisions: Sequence[Decision], came_out: Mapping[int, Written], makers: set[int]
) -> Iterator[tuple[Any, ...]]:
    for decision in decisions:
        if isinstance(decision, Reject | Skip):
            yield row_of(decision, None, None)
            continue
        assert isinstance(decision, Take)
        written = came_out[decision.line]
        outcome = _CAME_TO[written.outcome][1]
        replaced = _replaced(written, makes_guest=decision.line in makers)
        guest, notes = written.order.guest_id, list(decision.notes) or None
        yield decision.line, outcome, guest, replaced, None, notes, None


def _replaced(written: Written, *, makes_guest: bool) -> dict[str, Any] | None:
    """Return what Undo needs: the order as it is now, and as it was."""
    if written.outcome is Outcome.UNCHANGED:
        return None
    kept: dict[str, Any] = {"id": written.id, "after": _plain(*written.order[2:])}
    if written.before is not None:
        kept["before"] = _plain(*written.before[1:])
    return {"order": kept, **({"makes_guest": True} if makes_guest else {})}


def _plain(guest: int | None, total: Any, closed_at: datetime) -> list[Any]:
    return [guest, str(total), closed_at.isoformat()]


def _state(kept: Sequence[Any]) -> State:
    guest, total, closed_at = kept
    return State(guest, Decimal(total), datetime.fromisoformat(closed_at))


def _make_guests(company: Company, takes: Sequence[Take], *, now: datetime) -> dict[str, int]:
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
    return dict(zip(first, ids, strict=True))
