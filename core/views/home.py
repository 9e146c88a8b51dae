"""Where one lands after signing in."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core.models import Company, User
from core.web import checklist, overview
from core.web.access import CompanyRequest, company_view, signed_in_view


@signed_in_view
def home(request: HttpRequest) -> HttpResponse:
    """Go to the only company, or ask which."""
    companies = list(Company.objects.for_user(cast(User, request.user)).order_by("name", "pk"))
    if len(companies) == 1:
        return redirect("core:company", companies[0].slug)
    return render(request, "core/choose_company.html", {"companies": companies})


@company_view("core.view_company")
def company_home(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show how the company does, and at the start what is left to do.

    Whoever may not see that goes to the first screen of their role, or is told that there is none.
    """
    if not request.user.has_perm(overview.PERMISSION, company):
        url = overview.landing(request.user, company)
        return redirect(url) if url else render(request, "core/no_screen.html")
    steps = checklist.items(request.user, company)
    left = sum(not step["done"] for step in steps)
    context = {
        "checklist": steps if left else [],
        "checklist_left": left,
        "panels": overview.panels(request, company),
    }
    return render(request, "core/home.html", context)
