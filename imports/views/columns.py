"""Step 2: how the file is read, and which column is which field."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Change
from core.web.access import CompanyRequest
from core.web.ids import id_in
from imports.forms import MappingForm, ReadForm
from imports.models import ColumnMapping, ImportJob
from imports.options import Options
from imports.pipeline.read import FileRefused
from imports.reports.columns import (
    columns_shown,
    left_out,
    mappings_shown,
    other_columns,
    rows_shown,
    unfit,
)
from imports.services.fitting import Unfit, fit
from imports.services.mappings import NameTaken, save_mapping, use_mapping
from imports.services.previews import Preview, preview
from imports.services.runs import request_check
from imports.services.uploads import choose_columns, read_again
from imports.views.pages import import_view, is_draft, may, page_context


@import_view("imports.add_importjob", when=is_draft)
def columns(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Show the columns, and do what one of the page's four buttons asks."""
    actions = {"read": _read, "use": _use, "look": _look, "check": _check}
    action = actions.get(request.POST.get("action", ""), _look)
    if request.method == "POST":
        return action(request, job)
    form = MappingForm.of(job.mapping, job=job, may=may(request, job))
    return _page(request, job, form=form, is_first=True)


def _read(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Read the file as the operator says."""
    looked = preview(job)
    read_form = ReadForm(request.POST, job=job, sheets=looked.sheets)
    if read_form.is_valid():
        try:
            read_again(job=job, overrides=read_form.overrides())
        except FileRefused as refused:
            read_form.add_error(None, str(refused))
        else:
            return _back(job)
    form = MappingForm.of(job.mapping, job=job, may=may(request, job))
    return _page(request, job, form=form, is_first=True, read_form=read_form, looked=looked)


def _use(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Put a saved mapping on the columns."""
    pk = request.POST.get("mapping", "")
    known = ColumnMapping.objects.for_company(job.company).filter(kind=job.kind)
    saved = get_object_or_404(known, pk=id_in(pk) or 0)
    allowed = may(request, job)
    try:
        form = MappingForm.of(fit(saved, job).mapping, job=job, may=allowed)
        if not form.is_valid():
            return _page(request, job, form=form)
        job, found, why_not = use_mapping(mapping=saved, job=job, may=allowed)
    except Unfit as unfitting:
        # Saved or read otherwise by somebody else since the page was shown.
        messages.error(request, other_columns(saved, str(unfitting)))
        return _back(job)
    if why_not:
        text = _("%(unfit)s Its columns are taken, and the file stays as it was read.")
        messages.warning(request, text % {"unfit": unfit(saved, why_not)})
    if found.unknown:
        messages.info(request, left_out(saved, found.unknown))
    return _back(job)


def _look(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Say what is wrong with the mapping as chosen so far, and save nothing."""
    form = MappingForm(request.POST, job=job, may=may(request, job))
    return _page(request, job, form=form, is_first=True)


def _check(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Save the mapping and have the whole file checked."""
    allowed = may(request, job)
    form = MappingForm(request.POST, job=job, may=allowed)
    if not form.is_valid():
        return _page(request, job, form=form)
    job = choose_columns(job=job, mapping=form.mapping(), may=allowed)
    if not _saved(request, job, form):
        return _page(request, job, form=form)
    options = Options.from_json(job.options)
    request_check(job=job, options=options, results_to=job.results_to, now=timezone.now())
    return redirect("imports:check", request.company.slug, job.number)


def _saved(request: CompanyRequest, job: ImportJob, form: MappingForm) -> bool:
    """Save the mapping if that is asked; False when its name is taken, which the form says."""
    name = form.cleaned_data["save_as"]
    if not name:
        return True
    try:
        save_mapping(
            job=job,
            name=name,
            actor=request.user,
            source=Change.Source.WEB,
            replace=form.cleaned_data["replace"],
            now=timezone.now(),
        )
    except NameTaken as taken:
        form.asks_to_replace = taken.may_replace
        form.add_error("save_as", str(taken))
        return False
    return True


def _back(job: ImportJob) -> HttpResponse:
    return redirect("imports:columns", job.company.slug, job.number)


def _page(
    request: CompanyRequest,
    job: ImportJob,
    *,
    form: MappingForm,
    is_first: bool = False,
    read_form: ReadForm | None = None,
    looked: Preview | None = None,
) -> HttpResponse:
    looked = looked or preview(job)
    shown = columns_shown(job, form, looked)
    mappings = mappings_shown(job)
    context: dict[str, Any] = page_context(
        job,
        read_form=read_form or ReadForm(job=job, sheets=looked.sheets),
        preview={"header": job.header, "rows": rows_shown(job, looked), "width": job.width},
        form=form,
        is_first=is_first,
        columns=shown,
        chosen=sum(bool(column["field"].value()) for column in shown),
        mappings=mappings,
        earlier=ImportJob.objects.of_same_file(job).begun().newest_first().first(),
    )
    return render(request, "imports/columns.html", context)
