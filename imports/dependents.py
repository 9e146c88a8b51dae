"""What imports keep about a guest: the lines of files that touched them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from guests import dependents
from guests.models import Guest
from imports.models import ImportRow
from imports.services import forgetting
from visits.models import Order


class ImportLines(dependents.Staying):
    """A guest's lines, which stay with whom they were about.

    Undo speaks of guests by their ids, and gives a merged guest back what an import replaced.
    """

    key = "imports"

    def erase(self, guest: Guest, *, now: datetime) -> None:
        """That there was a line stays, and how it ended; what it said goes."""
        _lines(guest).update(replaced=None, reasons=None, notes=None, cells=None)

    def everything(self, guest: Guest, *, only: Collection[int] | None) -> Any:
        lines = _lines(guest).select_related("job").order_by("job_id", "line")
        if only is not None:
            lines = _without_other_orders(list(lines), only)
        return [
            {
                "import": row.job.number,
                "file": row.job.filename,
                "at": row.job.queued_at.isoformat() if row.job.queued_at else None,
                "line": row.line,
                "outcome": ImportRow.Outcome(row.outcome).name.lower(),
                "replaced": row.replaced,
                "notes": row.notes,
            }
            for row in lines
        ]


def register() -> None:
    """Make this part known. Called once, when the apps are ready."""
    dependents.register(ImportLines())
    dependents.register_cleaner("imports", forgetting.clean)


def _lines(guest: Guest) -> Any:
    return ImportRow.objects.for_company(guest.company).filter(guest=guest)


def _without_other_orders(lines: list[ImportRow], only: Collection[int]) -> list[ImportRow]:
    """Return the lines but for those that brought an order of another restaurant, with its total.

    An order that is gone, because its import was undone, is of none that could be told.
    """
    kept = {line: (line.replaced or {}).get("order") for line in lines}
    orders = [each["id"] for each in kept.values() if each]
    own = set(
        Order.objects.in_restaurants(only).filter(pk__any=orders).values_list("pk", flat=True)
    )
    return [line for line, order in kept.items() if order is None or order["id"] in own]
