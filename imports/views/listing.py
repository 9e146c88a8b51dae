"""All imports of a company."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from core.models import Company
from core.web.access import CompanyRequest, company_view
from core.web.lists import chips, pager, paginate
from imports.filters import ImportFilter
from imports.models import ImportJob
from imports.views.pages import import_view, page_of


@company_view("imports.view_importjob")
def list_imports(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show the company's imports, newest first."""
    jobs = ImportJob.objects.for_company(company).for_list().newest_first()
    found = ImportFilter(request.GET, queryset=jobs, request=request)
    page = paginate(request, found.qs)
    context = {
        "jobs": page.object_list,
        "filter_form": found.form,
        "chips": chips(request, found.form),
        "pager": pager(request, page),
        "can_give": request.user.has_perm("loyalty.adjust_balance", company),
        "can_import": request.user.has_perm("imports.add_importjob", company),
    }
    return render(request, "imports/list.html", context)


@import_view("imports.view_importjob")
def detail(request: CompanyRequest, job: ImportJob) -> HttpResponse:
    """Go to the page that fits the import's state."""
    return redirect(page_of(job))
