"""Guests as a file: what is on the list or ticked in it, at once or by a worker."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from core.models import Change, Company
from core.web.access import CompanyRequest, View, company_view
from core.web.lists import pager, paginate
from guests import tables
from guests.forms.exports import ExportForm
from guests.models import GuestExport, GuestListChoice
from guests.services import exports as services
from guests.services.exports_files import CONTENT_TYPES, TooManyGuests
from guests.web import export_words, way_back
from guests.web.addresses import ListAddress
from guests.web.export_tables import closed_to
from guests.web.selection import Selection, selection_in


@company_view("guests.export_guest")
def export(request: CompanyRequest, company: Company) -> HttpResponseBase:
    """Ask in which columns and as what; a short file comes with the answer, a long one later."""
    selection = selection_in(request)
    count = selection.guests.count()
    is_long = count >= services.LARGE
    data = request.POST if request.method == "POST" else None
    columns = [column.label for column in _columns(request, company, selection)]
    form = ExportForm(data, columns=columns, is_long=is_long, email=request.user.email)
    if count and form.is_valid():
        draft = _draft(request, company, selection, form)
        try:
            return _begin(request, draft, count, form) if is_long else _at_once(request, draft)
        except TooManyGuests as error:
            form.add_error("format", str(error))
    context = {
        "selection": selection,
        "count": count,
        "is_long": is_long,
        "form": form,
        "keep_days": settings.EXPORT_KEEP_DAYS,
        "list_url": way_back.to_list(request, company, selection.query),
    }
    return render(request, "guests/export.html", context)


def _draft(
    request: CompanyRequest, company: Company, selection: Selection, form: ExportForm
) -> GuestExport:
    return GuestExport(
        company=company,
        shape=form.cleaned_data["shape"],
        format=form.cleaned_data["format"],
        columns=[column.key for column in _columns(request, company, selection)],
        query=selection.query,
        words=selection.words,
        sort=ListAddress(request.GET).sort,
    )


def _columns(
    request: CompanyRequest, company: Company, selection: Selection
) -> list[tables.Column]:
    """Return the columns that the list shows to whoever asks, and who is deleted where some are."""
    mine = GuestListChoice.objects.for_company(company).filter(user=request.user).first()
    program = None if selection.is_ticked else selection.filter.chosen_program
    columns = tables.shown_columns(mine.columns if mine else (), program)
    return [*columns, tables.DELETED] if selection.has_deleted else columns


def _at_once(request: CompanyRequest, draft: GuestExport) -> HttpResponseBase:
    made, file = services.export_now(
        company=request.company,
        draft=draft,
        actor=request.user,
        source=Change.Source.WEB,
        now=timezone.now(),
    )
    return _answer(made, file)


def _begin(
    request: CompanyRequest, draft: GuestExport, count: int, form: ExportForm
) -> HttpResponse:
    made = services.request_export(
        company=request.company,
        draft=draft,
        total=count,
        results_to=request.user.email if form.cleaned_data["by_mail"] else "",
        actor=request.user,
        now=timezone.now(),
    )
    return redirect("guests:export_detail", request.company.slug, made.number)


def export_view(view: Callable[..., HttpResponseBase]) -> View:
    """Open a page of one export to who may export guests; the view gets the export."""

    @company_view("guests.export_guest")
    @wraps(view)
    def opened(request: CompanyRequest, company: Company, number: int) -> HttpResponseBase:
        found = GuestExport.objects.for_company(company).select_related("actor")
        export = get_object_or_404(found, number=number)
        export.company = company
        return view(request, export)

    return opened


@company_view("guests.export_guest")
def exports(request: CompanyRequest, company: Company) -> HttpResponse:
    """List who exported what, the latest first."""
    rows = GuestExport.objects.for_company(company).select_related("actor").order_by("-pk")
    page = paginate(request, rows)
    closed = closed_to(company, request.user, page.object_list)
    context = {"exports": page.object_list, "closed": closed, "pager": pager(request, page)}
    return render(request, "guests/exports.html", context)


@export_view
def detail(request: CompanyRequest, export: GuestExport) -> HttpResponse:
    """Show how far an export is; when it is over, where the file is."""
    if not export.is_active and request.htmx:
        # The poll of a page that still showed its progress.
        return HttpResponseClientRedirect(request.path)
    context: dict[str, Any] = {"export": export}
    if export.is_active:
        context["progress"] = export_words.progress(export, now=timezone.now())
        context["can_stop"] = not export.stop_asked
        template = "components/under_way.html" if request.htmx else "guests/export_progress.html"
        return render(request, template, context)
    context["sentence"] = export_words.sentence(export)
    context["is_closed"] = bool(closed_to(export.company, request.user, [export]))
    if export.file and export.finished_at:
        context["until"] = export.finished_at + timedelta(days=settings.EXPORT_KEEP_DAYS)
    return render(request, "guests/export_detail.html", context)


@export_view
def download(request: CompanyRequest, export: GuestExport) -> HttpResponseBase:
    """Give the file, while it is kept."""
    if closed_to(export.company, request.user, [export]):
        raise PermissionDenied
    if not export.file:
        raise Http404
    try:
        file = export.file.open("rb")
    except FileNotFoundError:
        # Removed by the clock between the two lines above.
        raise Http404 from None
    return _answer(export, file)


@require_POST
@export_view
def stop(request: CompanyRequest, export: GuestExport) -> HttpResponse:
    """Leave the file unmade."""
    try:
        services.request_stop(export=export)
    except services.NotNow:
        messages.info(request, _("It was over before it could be stopped."))
    return redirect("guests:export_detail", export.company.slug, export.number)


def _answer(export: GuestExport, file: Any) -> FileResponse:
    content_type = CONTENT_TYPES[GuestExport.Format(export.format)]
    name = export_words.filename(export)
    response = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    # Personal data: no proxy and no shared browser is to keep a copy.
    response["Cache-Control"] = "private, no-store"
    return response
