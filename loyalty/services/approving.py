"""Adjustments above the company's limit, which were asked for: decided by a second person or
withdrawn."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, cast

from core import mail as mails
from core.models import User
from core.services.jobs import enqueue
from core.services.mail import post
from guests.models import Guest
from loyalty.models import Adjustment, BulkAdjustment, LedgerEntry
from loyalty.services import known
from loyalty.services.asking import is_of_their_restaurants, write_down
from loyalty.services.bulk_undoing import begin_undo, is_undoable
from loyalty.services.ledger import post_entries
from loyalty.services.postings import AlreadyPosted, Move, Posted, Posting, Refused, Reversal
from loyalty.services.retrying import whole

State = Adjustment.State
DECISION_MAIL = "adjustment_decided"


class NotYours(Exception):
    """Nobody decides what they asked for themselves, or what is another restaurant's; and nobody
    withdraws what another one asked for."""


class Decided(Exception):
    """It was decided before, or has lapsed; `adjustment` is as it is."""

    def __init__(self, adjustment: Adjustment) -> None:
        super().__init__(adjustment.state)
        self.adjustment = adjustment


class CannotPost(Exception):
    """The ledger refuses it as things are; it goes on waiting. `refused` says why."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.code)
        self.refused = refused


def approve(*, adjustment: Adjustment, actor: User, source: str, now: datetime) -> Adjustment:
    """Post it, or hand it to the worker if it is of many, or of the undo of many.

    Raises NotYours, Decided, and CannotPost, after which it goes on waiting.
    """

    def act() -> Adjustment:
        if adjustment.guest_id:
            # Guests before all else, as whoever merges them does it.
            known.keep_guests(adjustment.company, {adjustment.guest_id})
        locked = _open(adjustment, actor, now)
        locked.state, locked.decided_by, locked.decided_at = State.APPROVED, actor, now
        if locked.bulk is not None:
            enqueue(locked.bulk, now=now)
        elif locked.undoes is not None:
            _undo(locked.undoes, locked, source=source, now=now)
        else:
            locked.entry_id = _post(locked, now)
        locked.save(update_fields=["state", "decided_by", "decided_at", "entry"])
        _tell(locked, now=now)
        write_down(locked, "approve_adjustment", actor=actor, source=source, now=now)
        return locked

    return whole(act)


def decline(
    *, adjustment: Adjustment, note: str, actor: User, source: str, now: datetime
) -> Adjustment:
    """Say no. Raises NotYours and Decided."""

    def act() -> Adjustment:
        locked = _open(adjustment, actor, now)
        locked.state, locked.decided_by, locked.decided_at = State.DECLINED, actor, now
        locked.note = note
        locked.save(update_fields=["state", "decided_by", "decided_at", "note"])
        _end_bulk(locked)
        _tell(locked, now=now)
        write_down(locked, "decline_adjustment", actor=actor, source=source, now=now)
        return locked

    return whole(act)


def withdraw(*, adjustment: Adjustment, actor: User, source: str, now: datetime) -> Adjustment:
    """Let whoever asked think better of it. Raises NotYours and Decided."""

    def act() -> Adjustment:
        locked = _waiting(adjustment, now, may=lambda locked: locked.asked_by_id == actor.pk)
        locked.state, locked.decided_at = State.WITHDRAWN, now
        locked.save(update_fields=["state", "decided_at"])
        _end_bulk(locked)
        write_down(locked, "withdraw_adjustment", actor=actor, source=source, now=now)
        return locked

    return whole(act)


def lapse_due(*, now: datetime) -> int:
    """End what nobody has decided in time; return how many. Called by the clock."""
    ids = list(Adjustment.objects.run_out(now=now).order_by("pk").values_list("pk", flat=True))
    return sum(whole(partial(_lapse, pk, now)) for pk in ids)


def _lapse(pk: int, now: datetime) -> bool:
    rows = Adjustment.objects.run_out(now=now).select_for_update(of=("self",))
    adjustment = rows.select_related("company", "bulk").filter(pk=pk).first()
    if adjustment is None:
        return False
    _let_lapse(adjustment, now=now)
    return True


def lapse_for(guest: Guest, *, now: datetime) -> None:
    """End what is asked for a guest who is erased: nobody is left whom it could be given to."""
    rows = Adjustment.objects.for_company(guest.company).select_for_update(of=("self",))
    waiting = rows.filter(guest=guest, state=State.WAITING).select_related("company", "bulk")
    for adjustment in waiting.order_by("pk"):
        _let_lapse(adjustment, now=now)


def _let_lapse(adjustment: Adjustment, *, now: datetime) -> None:
    adjustment.state = State.LAPSED
    adjustment.save(update_fields=["state"])
    _end_bulk(adjustment)
    _tell(adjustment, now=now)
    write_down(adjustment, "lapse_adjustment", actor=None, source="worker", now=now)


def _tell(adjustment: Adjustment, *, now: datetime) -> None:
    """Mail whoever asked what became of it."""
    post(
        company=adjustment.company,
        kind=DECISION_MAIL,
        subject_id=adjustment.pk,
        to=adjustment.asked_by.email,
        message_id=mails.message_id(DECISION_MAIL, adjustment.pk),
        now=now,
    )


def may_decide(adjustment: Adjustment, actor: User) -> bool:
    """Whether `actor`, who has the permission, is another person and of the right restaurant."""
    if adjustment.asked_by_id == actor.pk:
        return False
    return is_of_their_restaurants(adjustment.company, actor, adjustment.restaurant_id)


def _open(adjustment: Adjustment, actor: User, now: datetime) -> Adjustment:
    """Return it locked, if it still waits and `actor` may decide it."""
    return _waiting(adjustment, now, may=lambda locked: may_decide(locked, actor))


def _waiting(
    adjustment: Adjustment, now: datetime, *, may: Callable[[Adjustment], bool]
) -> Adjustment:
    """Return it locked. Raises NotYours unless `may` says yes of it, and Decided if it is over."""
    rows = Adjustment.objects.for_company(adjustment.company).select_for_update(of=("self",))
    locked = rows.select_related("guest", "program", "bulk", "undoes").get(pk=adjustment.pk)
    locked.company = adjustment.company
    if not may(locked):
        raise NotYours
    if locked.state != State.WAITING or locked.lapses_at <= now:
        raise Decided(locked)
    return locked


def _undo(change: BulkAdjustment, adjustment: Adjustment, *, source: str, now: datetime) -> None:
    """Begin the undo, in the name of who asked for it. Raises Decided where it began before."""
    rows = BulkAdjustment.objects.select_for_update(of=("self",))
    locked = rows.select_related("company", "program").get(pk=change.pk)
    if not is_undoable(locked):
        raise Decided(adjustment)
    begin_undo(locked, actor=adjustment.asked_by, source=source, now=now)


def _post(adjustment: Adjustment, now: datetime) -> int:
    (outcome,) = post_entries(
        company=adjustment.company,
        postings=[_posting(adjustment)],
        actor=adjustment.asked_by,
        now=now,
    )
    if isinstance(outcome, Posted | AlreadyPosted):
        return outcome.entry_id
    assert isinstance(outcome, Refused)
    raise CannotPost(outcome)


def _posting(adjustment: Adjustment) -> Posting:
    if adjustment.reverses_id is not None:
        return Reversal(
            entry_id=adjustment.reverses_id,
            shortfall=cast(Any, adjustment.shortfall) or "refuse",
            source=LedgerEntry.Source.MANUAL,
            source_ref=f"reverse:{adjustment.reverses_id}",
            comment=adjustment.comment,
            restaurant_id=adjustment.restaurant_id,
        )
    assert adjustment.guest_id is not None
    return Move(
        guest_id=adjustment.guest_id,
        program_id=adjustment.program_id,
        amount=adjustment.amount,
        source=LedgerEntry.Source.MANUAL,
        source_ref=adjustment.source_ref,
        reason=adjustment.reason,
        comment=adjustment.comment,
        restaurant_id=adjustment.restaurant_id,
    )


def _end_bulk(adjustment: Adjustment) -> None:
    """What was not approved is not carried out."""
    if adjustment.bulk is not None:
        adjustment.bulk.state = BulkAdjustment.State.REFUSED
        adjustment.bulk.save(update_fields=["state"])
