"""Step 1: a file comes in."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from core.models import Company
from core.web.access import CompanyRequest, company_view
from core.web.ids import id_in
from imports import columns
from imports.forms import UploadForm
from imports.models import ImportJob
from imports.options import Options
from imports.pipeline.read import FileRefused
from imports.services.runs import request_check
from imports.services.trips import gives_money
from imports.services.uploads import receive_upload
from imports.views.pages import may
from loyalty.models import Program


@company_view("imports.add_importjob")
def new(request: CompanyRequest, company: Company) -> HttpResponse:
    """Take a file of guests and go on to its columns, or of a corrected file to its check."""
    corrects = _corrected(request, company)
    if corrects is not None and gives_money(corrects) and not _may_give(request, company):
        raise PermissionDenied
    return _new(request, company, columns.GUESTS, corrects)


@company_view("loyalty.adjust_balance")
def new_balances(request: CompanyRequest, company: Company) -> HttpResponse:
    """Take a file of balances and go on to its columns."""
    return _new(request, company, columns.BALANCES, None)


def _may_give(request: CompanyRequest, company: Company) -> bool:
    return request.user.has_perm("loyalty.adjust_balance", company)


def _new(
    request: CompanyRequest,
    company: Company,
    kind: columns.FileKind,
    corrects: ImportJob | None,
) -> HttpResponse:
    form = UploadForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial={"corrects": corrects.number if corrects else None},
    )
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            job = receive_upload(
                company=company,
                actor=request.user,
                chunks=file.chunks(),
                filename=file.name,
                corrects=corrects,
                kind=kind,
            )
        except FileRefused as refused:
            form.add_error("file", str(refused))
        else:
            return _go_on(request, job)
    context = {
        "form": form,
        "max_bytes": settings.IMPORT_MAX_UPLOAD_BYTES,
        "corrects": corrects,
        "balances": (corrects.kind if corrects else kind.key) == ImportJob.Kind.BALANCES,
        "has_programs": Program.objects.for_company(company).with_ledger().exists(),
    }
    return render(request, "imports/upload.html", context)


def _corrected(request: CompanyRequest, company: Company) -> ImportJob | None:
    """Return the import that the file corrects: named in the address, and then in the form."""
    number = request.POST.get("corrects") or request.GET.get("corrects")
    if not number:
        return None
    jobs = ImportJob.objects.for_company(company)
    return get_object_or_404(jobs, number=id_in(number) or 0)


def _go_on(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """A corrected file needs no new mapping: it is checked at once, if it can be."""
    page = "columns"
    kind = columns.KINDS[job.kind]
    if job.corrects and not columns.problems(job.mapping, may=may(request, job), kind=kind):
        options = Options.from_json(job.options)
        request_check(job=job, options=options, results_to=job.results_to, now=timezone.now())
        page = "check"
    return redirect(f"imports:{page}", job.company.slug, job.number)
