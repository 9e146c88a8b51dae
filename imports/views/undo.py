"""Undo: what it would do, and what it did."""

from contextlib import suppress

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Job
from core.web.access import CompanyRequest
from core.web.lists import pager, paginate
from guests.models import Guest
from guests.services.bulk_changes_sets import MANY_GUESTS, is_large
from imports.forms import UndoForm
from imports.models import ImportJob
from imports.reports import undo as reports
from imports.services.money import NeedsAnother, may_take_back
from imports.services.runs import is_undoable, request_undo
from imports.services.undo_forecast import forecast
from imports.views.pages import import_view, may, page_context, page_of


@import_view("imports.view_importjob")
def undo(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Say exactly what an undo would do, and have it done; afterwards report it to all readers."""
    if job.state == Job.State.UNDONE:
        return _report(request, job)
    if not may(request, job)("imports.undo_importjob"):
        raise PermissionDenied
    if not is_undoable(job):
        messages.info(request, _("There is nothing to undo in this import."))
        return redirect(page_of(job))
    found = forecast(job)
    expected = found.size if _is_large(job, found.size) else None
    form = UndoForm(request.POST if request.method == "POST" else None, expected=expected)
    with suppress(NeedsAnother):
        if request.method == "POST" and form.is_valid():
            job = request_undo(job=job, actor=request.user, now=timezone.now())
            return redirect("imports:progress", request.company.slug, job.number)
    context = page_context(
        job,
        undo=reports.forecast_figures(job, found),
        needs_another=not may_take_back(job, request.user),
        form=form,
    )
    return render(request, "imports/undo.html", context)


def _is_large(job: ImportJob, size: int) -> bool:
    """Whether the number is typed first: of orders only when they are many, for guests are few."""
    if job.kind == ImportJob.Kind.ORDERS:
        return size > MANY_GUESTS
    return is_large(size, Guest.objects.for_company(job.company))


def _report(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    page = paginate(request, job.rows.not_undone().in_file_order())
    context = page_context(
        job,
        report=reports.report(job, list(page.object_list), page.paginator.count),
        pager=pager(request, page),
    )
    return render(request, "imports/undone.html", context)
