"""Step 3: what the import would do, and under which rules."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from core.web.access import CompanyRequest
from imports import fixes
from imports.forms import RulesForm
from imports.models import ImportJob
from imports.reports import check as reports
from imports.reports.money import checked_money
from imports.reports.progress import progress
from imports.services import runs
from imports.services.money import IsRepeat, NeedsApproval, answer_repeat
from imports.services.trips import is_checked
from imports.services.uploads import MappingRefused
from imports.views.pages import import_view, is_checking, is_draft, may, page_context, page_of


def _is_open(job: ImportJob) -> bool:
    return is_draft(job) or is_checking(job)


@import_view("imports.add_importjob", when=_is_open)
def check(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Show how far the check is; then what it found, with the rules beside it."""
    if is_draft(job):
        try:
            runs.require_columns(job, may(request, job))
        except MappingRefused:
            # Where the columns are chosen it is said which of them are not allowed.
            return redirect("imports:columns", request.company.slug, job.number)
    if request.method == "POST":
        return _carry_out(request, job)
    if is_checking(job):
        return _checking(request, job)
    if request.htmx:
        # The poll of a page that still showed the check's progress.
        return HttpResponseClientRedirect(request.path)
    return _page(request, job, RulesForm(job=job))


def _carry_out(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Do what the pressed button asks, by the rules that came with it."""
    form = RulesForm(request.POST, job=job)
    if not form.is_valid():
        return _page(request, job, form)
    if request.POST.get("action") == "import":
        return _import(request, job, form)
    if request.POST.get("action") in ("same", "again"):
        return _answer(request, job, form, same=request.POST["action"] == "same")
    if request.POST.get("action") == "ask":
        return _ask(request, job, form)
    options = form.options()
    if fix := request.POST.get("fix"):
        try:
            options = fixes.apply(fix, options)
        except ValueError as error:
            raise BadRequest(str(error)) from error
    job = runs.request_check(
        job=job, options=options, results_to=form.cleaned_data["results_to"], now=timezone.now()
    )
    return redirect("imports:check", request.company.slug, job.number)


def _import(request: CompanyRequest, job: ImportJob, form: RulesForm) -> HttpResponse:
    """Start the import if the file was checked by these very rules; else check it by them."""
    try:
        job = runs.import_as_checked(
            job=job,
            options=form.options(),
            results_to=form.cleaned_data["results_to"],
            actor=request.user,
            now=timezone.now(),
            seen=request.POST.get("seen", ""),
        )
    except runs.CheckedAnew:
        text = _("Somebody else had the file checked otherwise: this is what it would do now.")
        messages.warning(request, text)
        return redirect("imports:check", request.company.slug, job.number)
    except IsRepeat:
        return _page(request, job, form)
    except NeedsApproval:
        messages.info(request, _not_approved(job))
        return _page(request, job, form)
    except runs.StillWrong:
        form.add_error(
            "partial", _("Some rows have errors. Fix them in the file, or allow partial import.")
        )
        return _page(request, job, form)
    job.company = request.company
    if job.step == ImportJob.Step.CHECK:
        messages.info(request, _("The rules were changed, so the file is checked again first."))
    return redirect(page_of(job))


def _not_approved(job: ImportJob) -> str:
    """Return why nothing was imported: whoever approves may look at what was checked anew since."""
    if job.approval_asked_by_id is None:
        return _("Nothing was imported: a second person has to approve it, and nobody is asked to.")
    return _("Somebody else has to approve this import before it starts.")


def _answer(
    request: CompanyRequest, job: ImportJob, form: RulesForm, *, same: bool
) -> HttpResponse:
    """Take the answer whether the credits are the same again, and look at the file anew."""
    job = answer_repeat(job=job, same=same)
    if same:
        job = runs.request_check(
            job=job,
            options=form.options(),
            results_to=form.cleaned_data["results_to"],
            now=timezone.now(),
        )
    return redirect("imports:check", request.company.slug, job.number)


def _ask(request: CompanyRequest, job: ImportJob, form: RulesForm) -> HttpResponse:
    """Ask for approval of what was checked by these very rules; else check it by them."""
    job = runs.ask_as_checked(
        job=job,
        options=form.options(),
        results_to=form.cleaned_data["results_to"],
        actor=request.user,
        now=timezone.now(),
    )
    if job.approval_asked_by_id is None:
        messages.info(request, _("The rules were changed, so the file is checked again first."))
    else:
        messages.success(request, _("Those who may approve it were asked by e-mail."))
    return redirect("imports:check", request.company.slug, job.number)


def _checking(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    context = page_context(job, progress=progress(job, now=timezone.now()), can_stop=False)
    template = "imports/_progress.html" if request.htmx else "imports/check.html"
    return render(request, template, context)


def _page(request: CompanyRequest, job: ImportJob, form: RulesForm) -> HttpResponse:
    found = reports.found(job)
    context = page_context(
        job,
        progress=None,
        form=form,
        rules=form.rules(),
        custom=any(field.value() for field in form.rules()),
        refusal=reports.refusal(job),
        found=found,
        stale=found is not None and not is_checked(job),
        money=checked_money(job, request.user),
        commit={
            "will": reports.comes_in(job),
            "left_out": found["rejected"] if found else 0,
        },
    )
    return render(request, "imports/check.html", context)
