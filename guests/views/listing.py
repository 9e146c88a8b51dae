"""The list of guests: blank until it is asked for, then what the address says."""

from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from core.models import Company
from core.web.access import CompanyRequest, company_view
from core.web.subjects import link
from guests.forms.lists import ColumnsForm
from guests.models import Guest, GuestListChoice, RecentGuest
from guests.services.list_choices import choose_columns
from guests.views.list_page import ListPage, abilities, can_tick, saved_views
from guests.web.addresses import ListAddress

#: How many of the guests last opened are offered before anything is asked for.
RECENT = 5


@company_view("guests.view_guest")
def list_guests(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show the guests that the address asks for; before it asks for any, where to begin.

    Their number may come a moment later: the page asks for it by htmx, and gets it alone.
    """
    address = ListAddress(request.GET)
    choice = _choice(request, company)
    page = ListPage(company, address, choice, today=timezone.localdate())
    if address.wants_count and request.htmx:
        return render(request, "guests/list_count.html", {"count": page.count(), "arrived": True})
    views = saved_views(company, request.user, address)
    context: dict[str, Any] = {
        "filter_form": page.form,
        "address": address,
        "views": views,
        "view": next((view for view in views if view["current"]), None),
        "can": abilities(request.user, company),
        **page.filter_context(),
    }
    if not address.is_asked:
        return render(request, "guests/list_blank.html", context | _beginning(request, company))
    context |= page.context(ticks=can_tick(context["can"])) | {
        "columns_fields": _columns_fields(tuple(choice.columns), choice.page_size, get_language())
    }
    return render(request, "guests/list.html", context)


@lru_cache(maxsize=64)
def _columns_fields(columns: tuple[str, ...], page_size: int, language: str | None) -> SafeString:
    """Return the fields of ColumnsForm as they stand for this choice, in the active language."""
    chosen = GuestListChoice(columns=list(columns), page_size=page_size)
    form = ColumnsForm(initial=ColumnsForm.initial_of(chosen))
    return render_to_string("guests/columns_fields.html", {"form": form})


@company_view("guests.view_guest")
def choose(request: CompanyRequest, company: Company) -> HttpResponse:
    """Remember which columns one wants to see, and how many guests a page."""
    address = ListAddress(request.GET)
    initial = ColumnsForm.initial_of(_choice(request, company))
    form = ColumnsForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        choose_columns(company=company, actor=request.user, **form.cleaned_data)
        back = address.with_(size=None, page=None, all=None)
        return redirect(f"{reverse('guests:list', args=[company.slug])}{back}")
    context = {"form": form, "back": address.with_()}
    return render(request, "guests/list_columns.html", context)


def _beginning(request: CompanyRequest, company: Company) -> dict[str, Any]:
    """Return what stands where the list will be."""
    opened = RecentGuest.objects.for_company(company).of_user(request.user)[:RECENT]
    recent = [
        {
            "guest": each.guest,
            "opened_at": each.opened_at,
            "url": link("guests:record", company, each.guest_id),
        }
        for each in opened
    ]
    return {
        "recent": recent,
        "is_company_empty": not recent and not Guest.objects.for_company(company).exists(),
    }


def _choice(request: CompanyRequest, company: Company) -> GuestListChoice:
    """Return what the user chose for this company's list, or the usual."""
    mine = GuestListChoice.objects.for_company(company).filter(user=request.user)
    return next(iter(mine), None) or GuestListChoice(company=company, user=request.user)
