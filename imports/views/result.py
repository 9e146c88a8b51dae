"""Step 5: what became of the file, and what can still be done about it."""

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from core.models import Job
from core.web.access import CompanyRequest
from imports.models import ImportJob, ImportRow
from imports.reports import mending, result as reports, undo as undo_reports
from imports.services.runs import MENDABLE_ROWS, is_undoable, mend_rows, require_columns
from imports.services.uploads import MappingRefused
from imports.views.pages import import_view, is_closed, is_over, may, page_context, page_of


@import_view("imports.view_importjob", when=is_over)
def result(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Show how the import ended."""
    allowed = may(request, job)
    can_import = allowed("imports.add_importjob")
    closed = is_closed(request, job)
    rows = _rows_to_mend(job) if can_import and _may_mend(request, job) else []
    context = page_context(
        job,
        result=reports.result(job, with_groups=not rows and not closed),
        to_mend=reports.failed_rows(job),
        is_closed=closed,
        mend=mending.table(job, rows) if rows else None,
        too_many=MENDABLE_ROWS,
        mail=reports.mail(job),
        can_import=can_import,
        again="imports:new_balances"
        if job.kind == ImportJob.Kind.BALANCES and allowed("loyalty.adjust_balance")
        else "imports:new",
        can_undo=allowed("imports.undo_importjob") and is_undoable(job),
        undo=_undone(job),
    )
    return render(request, "imports/result.html", context)


@require_POST
@import_view("imports.add_importjob", when=is_over)
def mend(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Import the failed rows again as they were typed."""
    if is_closed(request, job):
        raise PermissionDenied
    rows = mending.typed(request.POST, _rows_to_mend(job))
    try:
        new = mend_rows(
            job=job, rows=rows, actor=request.user, may=may(request, job), now=timezone.now()
        )
    except ValueError as error:
        raise BadRequest(str(error)) from error
    except MappingRefused as refused:
        raise PermissionDenied(str(refused)) from refused
    new.company = request.company
    return redirect(page_of(new))


def _may_mend(request: CompanyRequest, job: ImportJob) -> bool:
    """Whether the person may see the rows, and import every column of the file."""
    if is_closed(request, job):
        return False
    try:
        require_columns(job, may(request, job))
    except MappingRefused:
        return False
    return True


def _rows_to_mend(job: ImportJob) -> list[ImportRow]:
    """Return the failed rows if they are few enough to be mended here.

    Not those of an import that was refused: its other rows are not in either.
    """
    if job.state == Job.State.REFUSED or not 0 < reports.failed_rows(job) <= MENDABLE_ROWS:
        return []
    return list(job.rows.to_mend().in_file_order()[:MENDABLE_ROWS])


def _undone(job: ImportJob) -> dict[str, str] | None:
    if job.state != Job.State.UNDONE:
        return None
    return {"url": page_of(job), "sentence": undo_reports.sentence(job)}
