"""Drafts that a command sets up in one go, and that leave nothing where nothing came of them."""

from django.db import OperationalError, transaction

from core.busy import is_busy
from imports.models import ImportJob, ImportRow
from imports.options import Options
from imports.services.uploads import NotNow, lock_draft

#: So many turns are waited for on a busy SQLite before a draft is left to the retention of uploads.
TURNS = 3


@transaction.atomic
def choose_rules(*, job: ImportJob, options: Options, results_to: str) -> ImportJob:
    """Set by what rules the file will be imported, and where its result goes.

    Raises NotNow when the import is under way.
    """
    locked = lock_draft(job)
    locked.company = job.company
    locked.options, locked.results_to = options.to_json(), results_to
    locked.save(update_fields=["options", "results_to"])
    return locked


@transaction.atomic
def have_checked_anew(*, job: ImportJob) -> ImportJob:
    """Let the last check count for nothing. Raises NotNow when the import is under way."""
    locked = lock_draft(job)
    locked.company = job.company
    locked.checked_key = ""
    locked.save(update_fields=["checked_key"])
    return locked


@transaction.atomic
def discard(*, job: ImportJob) -> None:
    """Remove a draft: its file, what a check said of its lines, and itself.

    Raises NotNow when the import is under way, or over.
    """
    remove(lock_draft(job))


def remove(locked: ImportJob) -> None:
    """Remove a draft that is locked."""
    # The row last: by a row without a file it is found again, by a file without a row it is not.
    ImportRow.objects.filter(job_id=locked.pk).delete()
    locked.file.delete(save=False)
    locked.delete()


def leave_nothing(*, job: ImportJob) -> bool:
    """Remove a draft that nobody will ask for, and return whether it is gone.

    It is not where others write all the time, or where it has begun after all.
    """
    for _turn in range(TURNS):
        try:
            discard(job=job)
        except NotNow:
            return False
        except OperationalError as error:
            if not is_busy(error):
                raise
        else:
            return True
    return False
