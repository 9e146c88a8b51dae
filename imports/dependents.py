"""What imports keep about a guest: the lines of files that touched them."""

from datetime import datetime
from typing import Any

from guests import dependents
from guests.models import Guest
from imports.models import ImportRow
from imports.services import forgetting


class ImportLines(dependents.Staying):
    """A guest's lines, which stay with whom they were about.

    Undo speaks of guests by their ids, and gives a merged guest back what an import replaced.
    """

    key = "imports"

    def erase(self, guest: Guest, *, now: datetime) -> None:
        """That there was a line stays, and how it ended; what it said goes."""
        _lines(guest).update(replaced=None, reasons=None, notes=None, cells=None)

    def everything(self, guest: Guest) -> Any:
        lines = _lines(guest).select_related("job").order_by("job_id", "line")
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
