"""What the pages of one import share: who may open them, and which page fits its state."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from core.models import Company, Job, Restaurant
from core.web.access import CompanyRequest, View, company_view
from imports.models import ImportJob
from imports.services.trips import gives_money
from imports.services.uploads import NotNow

_ADD = "imports.add_importjob"
State, Step = Job.State, ImportJob.Step


def import_view(
    permission: str, *, when: Callable[[ImportJob], bool] = lambda job: True
) -> Callable[[View], View]:
    """Open a page of one import to members whose role has `permission`; the view gets the job.

    Where the job is in a state that `when` does not allow, or is found to be when the service
    looks (NotNow), the answer leads to the page that fits; to a POST it says so too.
    """

    def decorate(view: View) -> View:
        @company_view(permission)
        @wraps(view)
        def opened(request: CompanyRequest, company: Company, number: int) -> HttpResponseBase:
            jobs = ImportJob.objects.for_company(company).select_related("actor", "corrects")
            job = get_object_or_404(jobs, number=number)
            job.company = company
            if permission == _ADD and gives_money(job):
                _require_giving(request, company)
            try:
                if not when(job):
                    raise NotNow(job)
                return view(request, job)
            except NotNow as late:
                late.job.company = company
                return _lead_on(request, late.job)

        return opened

    return decorate


def _require_giving(request: CompanyRequest, company: Company) -> None:
    """Whoever may import guests may not for that move balances."""
    if not request.user.has_perm("loyalty.adjust_balance", company):
        raise PermissionDenied


def is_closed(request: CompanyRequest, job: ImportJob) -> bool:
    """Whether the file's own lines are kept from the member.

    Orders of a till name every restaurant, and what was spent there: whoever is a member of some
    restaurants sees how the import ended, not its lines.
    """
    if job.kind != ImportJob.Kind.ORDERS:
        return False
    return Restaurant.objects.limiting(request.company, request.user).exists()


def is_draft(job: ImportJob) -> bool:
    """Whether columns and rules may still be chosen."""
    return job.state == State.DRAFT


def is_checking(job: ImportJob) -> bool:
    """Whether a check is under way that leads back to its operator."""
    return job.is_active and job.step == Step.CHECK and not job.then


def is_over(job: ImportJob) -> bool:
    return job.state != State.DRAFT and not job.is_active


def page_of(job: ImportJob) -> str:
    """Return the address of the page that fits the state of the import."""
    return reverse(f"imports:{_page_name(job)}", args=[job.company.slug, job.number])


def _page_name(job: ImportJob) -> str:
    if is_checking(job):
        return "check"
    if job.is_active:
        return "progress"
    if is_draft(job):
        return "check" if job.findings else "columns"
    return "undo" if job.state == State.UNDONE else "result"


def _lead_on(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    if request.htmx:
        # What a page asks by itself, as while it is being left, is no news to anybody.
        return HttpResponseClientRedirect(page_of(job))
    if request.method == "POST":
        text = _("This import is %(state)s by now: nothing was changed.")
        messages.info(request, text % {"state": job.get_state_display().lower()})
    return redirect(page_of(job))


def page_context(job: ImportJob, **context: Any) -> dict[str, Any]:
    """Return the context of a page that extends imports/page.html."""
    return {"job": job, "editable": is_draft(job), **context}


def may(request: CompanyRequest, job: ImportJob) -> Callable[[str], bool]:
    """Return the question whether the person has a permission in the import's company."""
    return lambda permission: request.user.has_perm(permission, job.company)
