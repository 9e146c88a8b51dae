"""What a worker does with a large bulk change: its present step, in chunks."""

from django.utils.translation import gettext as _

from core import jobs
from core.models import Job
from core.services.jobs import Attempt
from guests.models import BulkChange
from guests.services import deleted_categories
from guests.services.bulk_changes_steps import CategoryGone, change_next, undo_next
from guests.services.categories import InUse
from guests.services.tiers import TierGone

State, Step = Job.State, BulkChange.Step

#: Guests that commit together.
CHUNK_GUESTS = 5_000


def register() -> None:
    """Make BulkChange known to the workers."""
    jobs.register(BulkChange, perform)


def perform(change: BulkChange, attempt: Attempt[BulkChange]) -> None:
    """Change the set, or take it back, from the checkpoint on. A guest is met once in each."""
    chunk = _undo_chunk if change.step == Step.UNDO else _change_chunk
    try:
        while chunk(attempt):
            pass
    except CategoryGone:
        with attempt.chunk() as locked:
            attempt.end(locked, State.STOPPED, error=_("The category was deleted."))
    except TierGone:
        with attempt.chunk() as locked:
            attempt.end(locked, State.STOPPED, error=_("The tier was deleted."))
    except InUse as used:
        with attempt.chunk() as locked:
            attempt.end(locked, State.STOPPED, error=str(used))


def _change_chunk(attempt: Attempt[BulkChange]) -> bool:
    """Change the next guests, and return whether to go on."""
    with attempt.chunk() as change:
        if change.stop_asked and change.done < change.total:
            attempt.end(change, State.STOPPED)
            return False
        piece = change_next(change, CHUNK_GUESTS)
        if piece is None:
            _finish(attempt, change)
            return False
        done = change.done + piece.met
        attempt.advance(
            change,
            checkpoint=piece.last,
            done=done,
            total=max(change.total, done),
            changed=change.changed + piece.changed,
        )
    return True


def _finish(attempt: Attempt[BulkChange], change: BulkChange) -> None:
    if change.action != BulkChange.Action.DELETE_CATEGORY:
        attempt.end(change, State.DONE)
        return
    deleted_categories.drop(change)
    attempt.end(change, State.DONE, category=None, category_kept=change.category_kept)


def _undo_chunk(attempt: Attempt[BulkChange]) -> bool:
    """Take back the next guests, and return whether to go on."""
    with attempt.chunk() as change:
        piece = undo_next(change, CHUNK_GUESTS)
        if piece is None:
            attempt.end(change, State.UNDONE)
            return False
        attempt.advance(
            change,
            checkpoint=piece.last,
            done=change.done + piece.met,
            undone=change.undone + piece.changed,
        )
    return True
