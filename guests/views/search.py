"""The search in the bar, for a guest on the phone: last digits, a name, a card."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from core.models import Company
from core.web.access import CompanyRequest, company_view
from guests.models import Guest
from guests.querysets import GuestQuerySet
from guests.querysets.search import words_of
from guests.services.merging import kept_ids
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
    found = Guest.objects.for_company(company).listed(inactive=True)
    hits = _hits(company, found.search(text, company), text) if text else []
    # Who was merged is found where nobody else is: by the telephone, the name they had.
    merged = [] if hits or not text else _hits_of_merged(company, text)
    if not request.htmx and len(hits) == 1:
        return redirect(hits[0]["url"])
    phone = phone_of(text, company)
    context = {
        "text": text,
        "hits": (hits or merged)[:HITS],
        "more": len(hits) > HITS,
        "is_short": any(word.is_short for word in words_of(text)),
        "are_of_merged": bool(merged),
        "new_phone": text if phone and request.user.has_perm("guests.add_guest", company) else "",
    }
    template = "guests/search_hits.html" if request.htmx else "guests/search.html"
    return render(request, template, context)


def _hits(company: Company, found: GuestQuerySet, text: str) -> list[dict[str, Any]]:
    """Return one more than is shown: active guests first, then who was here last."""
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


def _hits_of_merged(company: Company, text: str) -> list[dict[str, Any]]:
    """Return the guests into whom those were merged in whom the text is found."""
    merged = Guest.objects.for_company(company).merged_away().search(text, company)
    ids = merged.order_by("pk").values_list("pk", flat=True)[:HITS]
    kept = set(kept_ids(company, list(ids)).values())
    if not kept:
        return []
    listed = Guest.objects.for_company(company).listed(inactive=True)
    return _hits(company, listed.filter(pk__any=list(kept)), text)


def _balance(guest: Any, program: Program | None) -> str:
    return balance_text(guest.balance, program, unit=True) if program is not None else ""
