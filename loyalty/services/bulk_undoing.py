"""Taking a bulk credit or debit back: whether it can be, what it moves, and its beginning."""

from datetime import datetime
from decimal import Decimal

from core.models import Job, User
from core.services.changes import record
from core.services.jobs import enqueue
from loyalty.models import BulkAdjustment

State, Step = Job.State, BulkAdjustment.Step
#: States in which something may have been posted, and nothing is under way any more.
UNDOABLE = frozenset({State.DONE, State.DONE_WITH_ERRORS, State.STOPPED, State.FAILED})


def is_undoable(change: BulkAdjustment) -> bool:
    """Whether anything was posted that nobody has tried to take back."""
    return change.state in UNDOABLE and change.step == Step.POST and change.posted > 0


def moved_back(change: BulkAdjustment) -> Decimal:
    """Return what its undo moves, at most: what a debit took is given out, what a credit gave is
    taken, which is below zero.
    """
    moved: Decimal = -change.amount * change.posted
    return moved


def begin_undo(change: BulkAdjustment, *, actor: User, source: str, now: datetime) -> None:
    """Hand the undo to the worker. Called with the row locked, and while it is undoable."""
    enqueue(change, now=now, step=Step.UNDO, checkpoint=0, undone_by=actor, stop_asked=False)
    tell(change, f"undo_{action_of(change)}", actor=actor, source=source, now=now)


def action_of(change: BulkAdjustment) -> str:
    """Return what a Change calls it."""
    return "bulk_credit" if change.amount > 0 else "bulk_debit"


def tell(change: BulkAdjustment, action: str, *, actor: User, source: str, now: datetime) -> None:
    """Write down what was done with it."""
    record(
        company=change.company,
        actor=actor,
        source=source,
        action=action,
        subject=change,
        values={"program": [None, change.program_id], "amount": [None, f"{change.amount:f}"]},
        now=now,
    )
