"""One guest's record: looked at, created, changed."""

from django.http import HttpResponse
from django.shortcuts import render

from core.models import Company
from core.web.access import CompanyRequest
from guests.models import Guest
from guests.web.record import guest_view, panels, record_context


@guest_view("guests.view_guest")
def record(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    """Show the details of a guest."""
    context = record_context(request, company, guest, tab="details")
    context["panels"] = panels(request, company, guest)
    return render(request, "guests/record.html", context)
