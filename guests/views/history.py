"""What became of one guest, and what they were before."""

from django.http import HttpResponse
from django.shortcuts import render

from core.models import Company
from core.web.access import CompanyRequest
from guests.models import Guest
from guests.web.record import guest_view, record_context


@guest_view("guests.view_guest")
def history(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    """Show every change of a guest, newest first."""
    return render(
        request, "guests/record.html", record_context(request, company, guest, tab="history")
    )
