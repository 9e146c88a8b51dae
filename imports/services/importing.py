"""The step that writes a file's guests, chunk by chunk, each together with its checkpoint."""

from collections import Counter
from collections.abc import Callable, Sequence

from django.db import IntegrityError, OperationalError
from django.utils import timezone

from core.models import Job
from core.races import is_lost_race
from core.services.jobs import Attempt
from guests.services.bulk import GuestsChanged, refresh_statistics
from guests.services.tiers import TierGone
from imports.models import ImportJob, ImportRow
from imports.pipeline import Planned, Trip, decide, travel
from imports.pipeline.apply import apply
from imports.pipeline.decisions import Create, Decision, NewOrder, Reject
from imports.pipeline.findings import gift_of
from imports.pipeline.giving import CreditsRefused
from imports.pipeline.money import Money
from imports.pipeline.read import FileRefused
from imports.pipeline.rows import CleanRow, Reason
from imports.pipeline.seen import Screened
from imports.services.money import is_stale, must_be_checked
from imports.services.remainder import account_for_rest
from imports.services.steps import (
    StopAsked,
    end,
    end_unreadable,
    forget_rows,
    heed_stop,
    queue_step,
    save_checkpoint,
)
from imports.services.trips import gives_money, is_checked, trip_of
from loyalty.services.ledger import refresh_statistics as refresh_ledger_statistics

Step, Then, State = ImportJob.Step, ImportJob.Then, Job.State

#: How often a chunk that a concurrent change broke is matched again before its rows go one by one.
CHUNK_TRIES = 3


class StrictBroken(Exception):
    """A line of a strict import failed while it was written: all of it has to go out again."""


def import_file(job: ImportJob, attempt: Attempt[ImportJob]) -> None:
    """Write the file's guests, chunk by chunk. A strict import is checked first as a whole."""
    strict = not job.options.get("partial", False)
    unsure = is_stale(job) if is_checked(job) else must_be_checked(job, job.actor)
    if unsure and not job.checkpoint:
        with attempt.chunk() as locked:
            queue_step(attempt, locked, Step.CHECK, then=Then.IMPORT)
        return
    if not job.checkpoint:
        forget_rows(job, attempt)
    try:
        now = job.queued_at or timezone.now()
        with trip_of(job, now=now, on_wait=attempt.beat) as trip:
            growth = _Growth(job)

            def land(chunk: Planned) -> None:
                _land(attempt, trip, chunk, strict=strict)
                growth.add(chunk, matched=not trip.nobody_yet)

            travel(trip, land, on_wait=attempt.beat)
            growth.end()
    except FileRefused as refused:
        _import_unreadable(job, attempt, refused)
    except StopAsked:
        _end_stopped(job, attempt)
    except StrictBroken:
        with attempt.chunk() as locked:
            queue_step(attempt, locked, Step.UNDO, then=Then.REFUSE)
    else:
        _end_import(attempt)


#: How many times what the planner knows a table has to grow by before it is looked at again. How
#: large it is the planner sees by itself; what it holds changes little from one chunk to the next.
_GROWN = 3


class _Growth:
    """Has the database look at tables again whenever they may have grown fourfold.

    An import that adds nobody lets those of the guests be, and one that gives nothing those of the
    ledger: to look at them costs as much as to write its lines.
    """

    def __init__(self, job: ImportJob) -> None:
        # Nobody looked at what an attempt that was broken off has added.
        unseen = int(bool(job.checkpoint))
        self._guests = _Grown(refresh_statistics, unseen)
        self._gives = gives_money(job)
        self._ledger = _Grown(refresh_ledger_statistics, unseen if self._gives else 0)

    def add(self, chunk: Planned, *, matched: bool) -> None:
        """Count a chunk that was written. Only matching needs to know before the end."""
        kinds = Counter(map(type, chunk.decisions))
        self._guests.add(kinds[Create] + kinds[NewOrder], look=matched)
        gifts = filter(None, map(gift_of, chunk.decisions)) if self._gives else ()
        self._ledger.add(sum(1 for _gift in gifts), look=True)

    def end(self) -> None:
        self._guests.end()
        self._ledger.end()


class _Grown:
    """How many rows were added since the database was last told."""

    def __init__(self, tell: Callable[[], None], unseen: int) -> None:
        self._tell, self._unseen, self._seen = tell, unseen, 0

    def add(self, count: int, *, look: bool) -> None:
        self._unseen += count
        if look and self._unseen >= _GROWN * self._seen:
            self.end()

    def end(self) -> None:
        if self._unseen:
            self._tell()
            self._seen, self._unseen = self._seen + self._unseen, 0


def _land(attempt: Attempt[ImportJob], trip: Trip, chunk: Planned, *, strict: bool) -> None:
    """Write a chunk; when others are in the way, decide anew, and at last line by line."""
    if _written(attempt, trip, chunk, strict=strict):
        return
    for row in chunk.rows:
        if not _written(attempt, trip, _decided(trip, [row]), strict=strict):
            reason = Reason("changed_meanwhile", "", "", {})
            cells = row.cells if isinstance(row, CleanRow) else []
            lost = Planned([row], [Reject(row.line, cells, [reason])])
            _write(attempt, lost, strict=strict)


def _decided(trip: Trip, rows: list[Screened]) -> Planned:
    return Planned(rows, decide(trip, rows))


def _written(attempt: Attempt[ImportJob], trip: Trip, chunk: Planned, *, strict: bool) -> bool:
    """Write a chunk as decided, or as decided anew after each race lost; False after the last."""
    for tries_left in reversed(range(CHUNK_TRIES)):
        try:
            _write(attempt, chunk, strict=strict)
        except CreditsRefused as refused:
            chunk = Planned(chunk.rows, _without(refused, chunk.rows, chunk.decisions))
        except TierGone as gone:
            trip.rules.forget_tiers(gone.ids)
            chunk = _decided(trip, chunk.rows)
        except (IntegrityError, GuestsChanged, OperationalError) as conflict:
            _raise_unless_race(conflict)
            if tries_left:
                chunk = _decided(trip, chunk.rows)
        else:
            return True
    return False


def _without(
    refused: CreditsRefused, rows: list[Screened], decisions: Sequence[Decision]
) -> list[Decision]:
    """Return the decisions with the lines rejected whose amounts the ledger refuses."""
    cells = {row.line: row.cells for row in rows if isinstance(row, CleanRow)}
    return [
        Reject(decision.line, cells[decision.line], [refused.reasons[decision.line]])
        if decision.line in refused.reasons
        else decision
        for decision in decisions
    ]


def _raise_unless_race(error: Exception) -> None:
    """Raise `error` again unless it means that somebody else was there first."""
    if isinstance(error, OperationalError) and not is_lost_race(error):
        raise error


def _write(attempt: Attempt[ImportJob], chunk: Planned, *, strict: bool) -> None:
    """Apply what was decided for a chunk in one transaction that also holds the checkpoint."""
    with attempt.chunk() as locked:
        heed_stop(locked)
        if strict and any(isinstance(decision, Reject) for decision in chunk.decisions):
            raise StrictBroken
        lines, given = apply(locked, chunk.decisions, chunk.prepared, now=timezone.now())
        if strict and lines["failed"]:
            raise StrictBroken
        counts = Counter(locked.counts) + lines
        fields: dict[str, object] = {"counts": dict(counts)}
        if given:
            money = Money(locked.money)
            money.add_sums(given)
            fields["money"] = {"programs": money.programs}
        save_checkpoint(attempt, locked, chunk.rows, **fields)


def _end_import(attempt: Attempt[ImportJob]) -> None:
    with attempt.chunk() as locked:
        if locked.stop_request == ImportJob.StopRequest.UNDO:
            # Asked after the last chunk was begun: too late to stop, not too late to undo.
            queue_step(attempt, locked, Step.UNDO)
            return
        state = State.DONE_WITH_ERRORS if locked.counts.get("failed") else State.DONE
        end(attempt, locked, state, total=locked.done)


def _end_stopped(job: ImportJob, attempt: Attempt[ImportJob]) -> None:
    """Write down which lines were not reached; then undo the others if that was asked."""
    account_for_rest(job, attempt)
    with attempt.chunk() as locked:
        if locked.stop_request == ImportJob.StopRequest.UNDO:
            queue_step(attempt, locked, Step.UNDO)
        else:
            end(attempt, locked, State.STOPPED)


def _import_unreadable(job: ImportJob, attempt: Attempt[ImportJob], refused: FileRefused) -> None:
    """A file that stops being readable half-way (a quote that never closes) is refused whole."""
    if not ImportRow.objects.filter(job_id=job.pk).to_undo().exists():
        end_unreadable(attempt, refused)
        return
    with attempt.chunk() as locked:
        queue_step(attempt, locked, Step.UNDO, then=Then.REFUSE, error=str(refused))
