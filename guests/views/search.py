"""The search in the bar, for a guest on the phone: last digits, a name, a card."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from core.models import Company
from core.web.access import CompanyRequest, company_view
from guests.models import Guest
from guests.querysets.search import words_of
from guests.views.cells import balance_text
from guests.views.list_page import phone_of
from loyalty.models import Program
from loyalty.querysets import with_balance

HITS = 8


@company_view("guests.view_guest")
def search(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show the first guests in whom the text is found, deleted ones too.

    While it is typed htmx asks for the hits alone. Sent with Enter, a single hit is opened.
    """
    text = request.GET.get("q", "").strip()[:200]
    hits = _hits(company, text) if text else []
    if not request.htmx and len(hits) == 1:
        return redirect(hits[0]["url"])
    phone = phone_of(text, company)
    context = {
        "text": text,
        "hits": hits[:HITS],
        "more": len(hits) > HITS,
        "is_short": any(word.is_short for word in words_of(text)),
        "new_phone": text if phone and request.user.has_perm("guests.add_guest", company) else "",
    }
    template = "guests/search_hits.html" if request.htmx else "guests/search.html"
    return render(request, template, context)


def _hits(company: Company, text: str) -> list[dict[str, Any]]:
    """Return one more than is shown: active guests first, then who was here last."""
    found = Guest.objects.for_company(company).listed(inactive=True).search(text, company)
    program = Program.objects.main(company)
    if program is not None:
        found = with_balance(found, program)
    found = found.select_related("member_tier")
    return [
        {
            "guest": guest,
            "url": reverse("guests:record", args=[company.slug, guest.pk]),
            "balance": _balance(guest, program),
        }
        for guest in found.likeliest(text, HITS + 1)
    ]


def _balance(guest: Any, program: Program | None) -> str:
    return balance_text(guest.balance, program, unit=True) if program is not None else ""
