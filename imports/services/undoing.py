"""Undo: an import taken back line by line, as far as nobody has touched its guests since."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone

from core.models import Job
from core.services.jobs import Attempt, publish
from guests.services import takeback
from imports.models import ImportJob, ImportRow
from imports.services.results import announce
from imports.services.undoing_credits import owners_among, reverse_entries
from imports.services.undoing_orders import take_back_orders

#: Lines that commit together. A line costs more to take back than to bring in, so it is fewer.
CHUNK_ROWS = min(2_000, settings.IMPORT_CHUNK_ROWS)

Undo = ImportRow.Undo

#: What an import replaces of a guest or adds to them.
_PARTS = ("fields", "cards", "categories", "external_ids", "completed")


def undo(job: ImportJob, attempt: Attempt[ImportJob]) -> None:
    """Take the job's lines back from its checkpoint on. Safe to repeat: a line is undone once."""
    while _undo_chunk(attempt):
        pass
    with attempt.chunk() as locked:
        if locked.then == ImportJob.Then.REFUSE:
            # A strict import that broke while it was written: list all its errors, as a check does.
            attempt.advance(
                locked, state=Job.State.QUEUED, step=ImportJob.Step.CHECK, checkpoint=0, done=0
            )
            publish(locked)
        else:
            _end(attempt, locked)


def _end(attempt: Attempt[ImportJob], locked: ImportJob) -> None:
    attempt.end(locked, Job.State.UNDONE, stop_request="", done=locked.done, total=locked.done)
    announce(locked, now=timezone.now())


def _undo_chunk(attempt: Attempt[ImportJob]) -> bool:
    """Undo the next lines, and return whether there were any."""
    with attempt.chunk() as job:
        rows = list(
            ImportRow.objects.filter(job_id=job.pk, line__gt=job.checkpoint)
            .to_undo()
            .in_file_order()[:CHUNK_ROWS]
        )
        if not rows:
            return False
        if job.kind == ImportJob.Kind.ORDERS:
            take_back_orders(job, rows)
        else:
            rows = _each_guest_once(rows)
            _take_back(job, rows)
        _save(job, rows)
        counts = Counter(job.undo_counts) + Counter(
            Undo(row.undo or 0).name.lower() for row in rows
        )
        attempt.advance(
            job,
            checkpoint=rows[-1].line,
            done=job.done + len(rows),
            undo_counts=dict(counts),
        )
    return True


def _each_guest_once(rows: list[ImportRow]) -> list[ImportRow]:
    """Return the rows up to where a guest comes again, whom a merge lets two lines lead to."""
    seen: set[int] = set()
    for place, row in enumerate(rows):
        if row.guest_id in seen:
            return rows[:place]
        if row.guest_id is not None:
            seen.add(row.guest_id)
    return rows


def _take_back(job: ImportJob, rows: Sequence[ImportRow]) -> None:
    """Take the lines back and write on each how it went."""
    money = reverse_entries(job, rows)
    created = [_guest_of(r) for r in rows if r.outcome == ImportRow.Outcome.CREATED]
    kept = takeback.remove_created(job.company, created, owning=owners_among(job, created))
    replaced = {
        _guest_of(r): r.replaced or {}
        for r in rows
        if r.outcome == ImportRow.Outcome.UPDATED and set(r.replaced or {}) != {"entries"}
    }
    left = takeback.restore_replaced(job.company, replaced)
    for row in rows:
        if row.outcome == ImportRow.Outcome.CREATED:
            notes = [kept[_guest_of(row)]] if row.guest_id in kept else []
            whole = bool(notes) and notes[0].code != "guest_has_ledger"
        else:
            notes = left.get(_guest_of(row), [])
            whole = _is_whole(row.replaced or {}, notes)
        taken = money.get(row.line)
        reasons = [_reason(note) for note in notes]
        if taken is not None:
            reasons += taken.notes
            whole = (whole or set(row.replaced or {}) == {"entries"}) and taken.is_kept
        row.undo = (Undo.KEPT if whole else Undo.IN_PART) if reasons else Undo.UNDONE
        row.undo_notes = reasons or None


def _guest_of(row: ImportRow) -> int:
    """Return the guest of a line that changed one."""
    assert row.guest_id is not None
    return row.guest_id


def _is_whole(replaced: Mapping[str, Any], notes: Sequence[takeback.Left]) -> bool:
    """Whether nothing of a line was taken back: the guest is gone, or all of it overwritten."""
    if any(note.code in ("guest_gone", "guest_merged") for note in notes):
        return True
    parts = sum(len(replaced.get(name, ())) for name in _PARTS)
    # Of one field two things may have been in the way.
    return len({(note.field, note.pk) for note in notes}) == parts


def _save(job: ImportJob, rows: Sequence[ImportRow]) -> None:
    """Write how the lines went: together for those that went alike, which are nearly all."""
    alike: dict[str, list[ImportRow]] = {}
    for row in rows:
        alike.setdefault(json.dumps([row.undo, row.undo_notes]), []).append(row)
    for group in alike.values():
        ImportRow.objects.filter(job_id=job.pk, line__any=[row.line for row in group]).update(
            undo=group[0].undo, undo_notes=group[0].undo_notes
        )


def _reason(left: takeback.Left) -> list[Any]:
    return [left.code, left.field, "", {} if left.pk is None else {"pk": left.pk}]
