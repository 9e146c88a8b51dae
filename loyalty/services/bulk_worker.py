"""What a worker does with a bulk credit or debit: it posts it, or takes it back, in chunks."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from core import jobs
from core.models import Job, User
from core.services.jobs import Attempt
from guests.models import Guest
from loyalty.models import BulkAdjustment, BulkAdjustmentGuest, LedgerEntry
from loyalty.services.ledger import post_entries
from loyalty.services.postings import (
    AlreadyPosted,
    Move,
    Outcome,
    Posted,
    Posting,
    Refused,
    Reversal,
)

State, Step = Job.State, BulkAdjustment.Step
Fate = BulkAdjustmentGuest.Outcome
Row = tuple[int, int | None]

#: Guests that commit together: few, because tills wait for their accounts.
CHUNK_GUESTS = 1_000


def register() -> None:
    """Make BulkAdjustment known to the workers."""
    jobs.register(BulkAdjustment, perform)


def perform(change: BulkAdjustment, attempt: Attempt[BulkAdjustment]) -> None:
    """Post to the set, or take it back, from the checkpoint on. A guest is met once in each."""
    chunk = _undo_chunk if change.step == Step.UNDO else _post_chunk
    while chunk(attempt):
        pass


def _post_chunk(attempt: Attempt[BulkAdjustment]) -> bool:
    """Post to the next guests, and return whether to go on."""
    with attempt.chunk() as change:
        rows = _next(change, Fate.WAITING)
        if not rows or change.stop_asked:
            attempt.end(change, _end_state(change, stopped=bool(rows)))
            return False
        outcomes = _post_to(change, [guest for guest, _entry in rows])
        fates = [
            (change.pk, guest, *_fate(outcome))
            for (guest, _e), outcome in zip(rows, outcomes, strict=True)
        ]
        _write(fates)
        posted = sum(fate[2] == Fate.POSTED for fate in fates)
        attempt.advance(
            change,
            checkpoint=rows[-1][0],
            done=change.done + len(rows),
            posted=change.posted + posted,
            refused=change.refused + len(rows) - posted,
        )
    return True


def _undo_chunk(attempt: Attempt[BulkAdjustment]) -> bool:
    """Take back what the next guests were given, and return whether to go on."""
    with attempt.chunk() as change:
        rows = _next(change, Fate.POSTED)
        if not rows:
            attempt.end(change, State.UNDONE)
            return False
        reversals = [_reversal(change, entry) for _guest, entry in rows]
        outcomes = _post(change, reversals, change.undone_by or change.actor)
        fates = [
            (change.pk, guest, *_undo_fate(outcome, change, entry))
            for (guest, entry), outcome in zip(rows, outcomes, strict=True)
        ]
        _write(fates)
        undone = sum(fate[2] in (Fate.UNDONE, Fate.IN_PART) for fate in fates)
        attempt.advance(
            change,
            checkpoint=rows[-1][0],
            done=change.done + len(rows),
            undone=change.undone + undone,
        )
    return True


def _next(change: BulkAdjustment, fate: str) -> list[Row]:
    rows = BulkAdjustmentGuest.objects.filter(
        change_id=change.pk, outcome=fate, guest_id__gt=change.checkpoint
    )
    return list(rows.order_by("guest_id").values_list("guest_id", "entry_id")[:CHUNK_GUESTS])


def _post_to(change: BulkAdjustment, guests: Sequence[int]) -> list[Outcome]:
    """Post to those of the guests who are still there, and return what became of each.

    A deleted guest cannot spend: whoever was deleted since it was confirmed is left out. Nobody is
    locked for that: who is deleted from here on was given it the moment before.
    """
    deleted = set(
        Guest.objects.for_company(change.company)
        .open()
        .filter(pk__any=guests, is_active=False)
        .values_list("pk", flat=True)
    )
    moves = [_move(change, guest) for guest in guests if guest not in deleted]
    outcomes = iter(_post(change, moves, change.actor))
    return [Refused("deleted", {}) if guest in deleted else next(outcomes) for guest in guests]


def _post(change: BulkAdjustment, postings: Sequence[Posting], actor: User | None) -> list[Outcome]:
    return post_entries(company=change.company, postings=postings, actor=actor, now=timezone.now())


def _move(change: BulkAdjustment, guest_id: int) -> Move:
    return Move(
        guest_id=guest_id,
        program_id=change.program_id,
        amount=change.amount,
        source=LedgerEntry.Source.BULK,
        source_ref=f"{change.pk}:{guest_id}",
        reason=change.reason,
        comment=change.comment,
        restaurant_id=change.restaurant_id,
    )


def _reversal(change: BulkAdjustment, entry_id: int | None) -> Reversal:
    assert entry_id is not None
    return Reversal(
        entry_id=entry_id,
        shortfall="what_is_left",
        source=LedgerEntry.Source.BULK,
        source_ref=f"{change.pk}:undo:{entry_id}",
        restaurant_id=change.restaurant_id,
    )


def _fate(outcome: Outcome) -> tuple[str, int | None, str, dict[str, Any]]:
    """Return what became of a posting, as its row has it."""
    if isinstance(outcome, Posted | AlreadyPosted):
        return Fate.POSTED, outcome.entry_id, "", {}
    assert isinstance(outcome, Refused)
    return Fate.REFUSED, None, outcome.code, _plain(outcome.params)


def _undo_fate(
    outcome: Outcome, change: BulkAdjustment, entry: int | None
) -> tuple[str, int | None, str, dict[str, Any]]:
    if isinstance(outcome, Refused):
        return Fate.KEPT, entry, outcome.code, _plain(outcome.params)
    assert isinstance(outcome, Posted | AlreadyPosted)
    missing = abs(change.amount) - abs(outcome.amount)
    if missing:
        left = abs(outcome.amount)
        return Fate.IN_PART, entry, "spent", {"left": f"{left:f}", "shortfall": f"{missing:f}"}
    return Fate.UNDONE, entry, "", {}


def _write(fates: Iterable[tuple[Any, ...]]) -> None:
    """Write what became of them: in groups of the same, for most have the same."""
    rows = list(fates)
    groups: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {}
    for row in rows:
        groups.setdefault((row[2], row[4], str(row[5])), []).append(row)
    for members in groups.values():
        change, _guest, outcome, _entry, code, params = members[0]
        BulkAdjustmentGuest.objects.filter(
            change_id=change, guest__any=[row[1] for row in members]
        ).update(outcome=outcome, code=code, params=params)
    _write_entries(rows)


def _write_entries(rows: list[tuple[Any, ...]]) -> None:
    """Write which entry each guest got, found by its cause."""
    entries = {row[3]: row[1] for row in rows if row[3] is not None and row[2] == Fate.POSTED}
    if not entries:
        return
    found = [
        BulkAdjustmentGuest(change_id=rows[0][0], guest_id=guest, entry_id=entry)
        for entry, guest in entries.items()
    ]
    BulkAdjustmentGuest.objects.bulk_update(found, ["entry"], batch_size=500)


def _plain(params: dict[str, Any]) -> dict[str, str]:
    return {
        name: f"{value:f}" if hasattr(value, "as_tuple") else str(value)
        for name, value in params.items()
    }


def _end_state(change: BulkAdjustment, *, stopped: bool) -> str:
    if stopped:
        return State.STOPPED
    return State.DONE_WITH_ERRORS if change.refused else State.DONE
