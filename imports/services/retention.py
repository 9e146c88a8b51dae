"""Letting go of uploads: the file and the raw cells of an import are kept for a while only."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from imports.models import ImportJob, ImportRow
from imports.services.drafts import remove

#: Jobs in one go: the clock comes again.
BATCH = 200


def forget_old_uploads(*, now: datetime) -> int:
    """Delete what is older than IMPORT_KEEP_DAYS, and return of how many imports.

    Drafts go altogether. Of other imports the counts, the outcome of every line and what Undo needs
    stay; the error file goes, and what was wrong with each line, for a reason repeats the value.
    """
    before = now - timedelta(days=settings.IMPORT_KEEP_DAYS)
    old = ImportJob.objects.filter(created_at__lt=before).exclude(file="").order_by("pk")
    jobs = [job for job in old[:BATCH] if not job.is_active]
    for job in jobs:
        _forget(job)
    return len(jobs)


def _forget(job: ImportJob) -> None:
    """Empty the rows first: a file that is gone while its cells remain could not be found again."""
    with transaction.atomic():
        locked = ImportJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
        if locked.is_active:
            return
        if locked.state == ImportJob.State.DRAFT:
            # Nothing was ever done with it, and nothing can be any more.
            remove(locked)
            return
        ImportRow.objects.filter(job_id=job.pk, cells__isnull=False).update(
            cells=None, reasons=None
        )
        locked.file.delete(save=False)
        locked.file, locked.findings = "", {"counts": locked.findings.get("counts", {})}
        locked.save(update_fields=["file", "findings"])
