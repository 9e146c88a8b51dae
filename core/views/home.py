"""Where one lands after signing in."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core.models import Company, User
from core.web import checklist, navigation
from core.web.access import company_view, signed_in_view


@signed_in_view
def home(request: HttpRequest) -> HttpResponse:
    """Go to the only company, or ask which."""
    companies = list(Company.objects.for_user(cast(User, request.user)).order_by("name", "pk"))
    if len(companies) == 1:
        return redirect("core:company", companies[0].slug)
    return render(request, "core/choose_company.html", {"companies": companies})


@company_view("core.view_company")
def company_home(request: HttpRequest, company: Company) -> HttpResponse:
    """Show what is left to do at the start; once all is done, go to the first screen there is.

    Whoever has no screen of their own yet, a host, is told so.
    """
    user = cast(User, request.user)
    steps, screens = checklist.items(user, company), navigation.items(user, company, "")
    left = sum(not step["done"] for step in steps)
    if screens and not left:
        return redirect(screens[0].url)
    context = {"checklist": steps, "checklist_left": left, "screens": screens}
    return render(request, "core/home.html", context)
