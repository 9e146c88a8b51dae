"""Taking back what a file of orders brought: the orders, then the guests that only they made."""

from collections import Counter
from collections.abc import Collection, Sequence

from guests.models import Guest
from guests.services import takeback
from imports.models import ImportJob, ImportRow
from imports.pipeline.apply_orders import recorded_of
from imports.services.undoing_credits import owners_among
from visits.services.taking_back import Recorded, left_as_they_are, take_back

Undo = ImportRow.Undo


def take_back_orders(job: ImportJob, rows: Sequence[ImportRow]) -> None:
    """Take the lines back, inside the chunk's transaction, and write on each how it went.

    A guest whom the import made goes with the last of their orders, unless somebody has touched
    them since.
    """
    left = take_back(company=job.company, recorded=_recorded(rows))
    guests = {row.guest_id for row in rows if row.guest_id is not None}
    kept = takeback.remove_created(
        job.company, made := _without_orders(job, guests), owning=owners_among(job, made)
    )
    last = {row.guest_id: row.line for row in rows}
    for row in rows:
        why = left.get(row.line)
        row.undo = Undo.KEPT if why else Undo.UNDONE
        row.undo_notes = [[why, "", "", {}]] if why else None
        if row.guest_id in kept and last[row.guest_id] == row.line and not why:
            row.undo = Undo.IN_PART
            row.undo_notes = [[kept[row.guest_id].code, "", "", {}]]


def forecast_orders(job: ImportJob, rows: Sequence[ImportRow]) -> tuple[int, Counter[str]]:
    """Return how many lines of these would be taken back, and why others would not."""
    recorded = _recorded(rows)
    why = Counter(left_as_they_are(job.company, recorded).values())
    return len(recorded) - why.total(), why


def _recorded(rows: Sequence[ImportRow]) -> dict[int, Recorded]:
    found = ((row.line, recorded_of(row)) for row in rows)
    return {line: each for line, each in found if each is not None}


def _without_orders(job: ImportJob, guests: Collection[int]) -> list[int]:
    """Return those of the guests whom the import made and who have no orders by now."""
    if not guests:
        return []
    makers = ImportRow.objects.for_company(job.company).filter(
        job_id=job.pk, guest__any=guests, replaced__makes_guest=True
    )
    made = set(makers.values_list("guest_id", flat=True))
    idle = Guest.objects.for_company(job.company).filter(pk__any=made, orders_count=0)
    return sorted(idle.values_list("pk", flat=True)) if made else []
