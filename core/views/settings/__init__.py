"""The settings of a company, a page for each matter."""

from django.http import HttpResponse
from django.shortcuts import redirect

from core.models import Company
from core.web import settings_pages
from core.web.access import CompanyRequest, company_view


@company_view("core.view_membership")
def index(request: CompanyRequest, company: Company) -> HttpResponse:
    """Go to the first page there is for the user."""
    pages = settings_pages.items(request.user, company, request.path)
    return redirect(pages[0].url)
