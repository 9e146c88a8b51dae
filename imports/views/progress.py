"""Step 4: an import or its undo on its way, and how to stop it."""

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from core.web.access import CompanyRequest
from imports.forms import StopForm
from imports.models import ImportJob
from imports.reports.progress import progress as progress_of, written
from imports.services.runs import request_stop
from imports.views.pages import import_view, is_checking, may, page_context, page_of


@import_view("imports.view_importjob")
def progress(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Show how far it is; when it has ended, go where it is told."""
    if not job.is_active or is_checking(job):
        return HttpResponseClientRedirect(page_of(job)) if request.htmx else redirect(page_of(job))
    allowed = may(request, job)
    stoppable = job.step != ImportJob.Step.UNDO and not job.stop_request
    context = page_context(
        job,
        progress=progress_of(job, now=timezone.now()),
        can_stop=stoppable and allowed("imports.add_importjob"),
        can_undo=allowed("imports.undo_importjob"),
        written=written(job),
    )
    template = "imports/_progress.html" if request.htmx else "imports/progress.html"
    return render(request, template, context)


@require_POST
@import_view("imports.add_importjob")
def stop(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Stop a check or an import; what is in stays in or is undone."""
    form = StopForm(request.POST)
    if not form.is_valid():
        raise BadRequest("what: keep or undo")
    keep = form.cleaned_data["what"] == ImportJob.StopRequest.KEEP
    if not keep and not may(request, job)("imports.undo_importjob"):
        raise PermissionDenied
    only_check = "check" in request.POST
    job = request_stop(job=job, keep=keep, actor=request.user, only_check=only_check)
    messages.info(request, _stopping(job, asked=form.cleaned_data["what"]))
    job.company = request.company
    return redirect(page_of(job))


def _stopping(job: ImportJob, *, asked: str) -> str:
    """Return what becomes of the import: somebody else may have asked for something else before."""
    if job.stop_request == asked:
        return _("It stops as soon as the rows at hand are done.")
    if job.stop_request == ImportJob.StopRequest.KEEP:
        return _("Somebody else had it stopped before: what is in stays in. It can be undone then.")
    return _("Somebody else had it stopped before: what is in is undone.")
