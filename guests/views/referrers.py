"""Guests offered while somebody types who referred a guest."""

from django.http import HttpResponse
from django.shortcuts import render

from core.models import Company
from core.web.access import CompanyRequest, company_view
from core.web.ids import id_in
from guests.forms import referrers


@company_view("guests.view_guest")
def offer(request: CompanyRequest, company: Company) -> HttpResponse:
    """Offer whom `?referrer=` may mean; `own` is the guest whose referrer is looked for."""
    text = request.GET.get("referrer", "")
    own = request.GET.get("own", "")
    found = referrers.found(company, text, own=id_in(own))
    offered = [
        {"guest": guest, "text": referrers.label_of(guest)} for guest in found[: referrers.OFFERED]
    ]
    context = {"offered": offered, "more": len(found) > len(offered), "asked": text.strip()}
    return render(request, "guests/referrers.html", context)
