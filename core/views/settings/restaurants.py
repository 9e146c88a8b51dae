"""The company's restaurants."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.forms.settings import NewRestaurantForm, RestaurantForm
from core.models import Change, Company, Restaurant
from core.services import restaurants as services
from core.services.changes import ChangedMeanwhile
from core.texts import isolated
from core.web.access import CompanyRequest, company_view
from core.web.meanwhile import outdated


@company_view("core.change_restaurant")
def restaurants(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show the restaurants, open ones first, and add one."""
    form = NewRestaurantForm(request.POST or None)
    if form.is_valid():
        try:
            added = services.add_restaurant(
                company=company,
                name=form.cleaned_data["name"],
                actor=request.user,
                source=Change.Source.WEB,
                now=timezone.now(),
            )
        except services.NameTaken as taken:
            form.add_error("name", str(taken))
        else:
            messages.success(request, _("%(name)s is added.") % {"name": isolated(added)})
            return redirect("core:settings_restaurants", company.slug)
    found = Restaurant.objects.for_company(company).order_by("-is_active", "name", "pk")
    return render(request, "core/settings/restaurants.html", {"form": form, "restaurants": found})


@company_view("core.change_restaurant")
def restaurant(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Rename a restaurant, close it or open it again."""
    found = get_object_or_404(Restaurant.objects.for_company(company), pk=pk)
    name = str(found)
    form = RestaurantForm(request.POST or None, instance=found)
    back = reverse("core:settings_restaurants", args=[company.slug])
    context: dict[str, Any] = {
        "form": form,
        "heading": name,
        "back_url": back,
        "action": _("Save restaurant"),
    }
    if form.is_valid():
        try:
            saved = services.change_restaurant(
                restaurant=found,
                **form.cleaned_data,
                expected=form.expected,
                actor=request.user,
                source=Change.Source.WEB,
                now=timezone.now(),
            )
        except services.NameTaken as taken:
            form.add_error("name", str(taken))
        except ChangedMeanwhile as changed:
            context |= outdated(company, form, RestaurantForm(instance=changed.row))
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": isolated(saved)})
            return redirect(back)
    return render(request, "core/settings/edit.html", context)
