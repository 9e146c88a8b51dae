"""Where one lands after signing in."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from core.models import Company, User
from core.web import navigation
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
    """Go to the first screen that the person may open."""
    items = navigation.items(cast(User, request.user), company, "")
    return redirect(items[0].url if items else reverse("core:home"))
