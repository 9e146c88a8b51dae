"""Guests who may be one person twice, pair by pair."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.models import Change, Company
from core.web.access import CompanyRequest, company_view
from core.web.lists import pager, paginate
from guests.models import DuplicateSearch, PossibleDuplicate
from guests.services.duplicates import dismiss as dismiss_pair, doubt_again, request_search
from guests.web import merge_words


@company_view("guests.merge_guest")
def duplicates(request: CompanyRequest, company: Company) -> HttpResponse:
    """List the pairs that nobody judged yet, or those that were said to be two."""
    dismissed = request.GET.get("dismissed") == "1"
    pairs = PossibleDuplicate.objects.for_company(company)
    pairs = pairs.dismissed() if dismissed else pairs.undecided()
    page = paginate(request, pairs.still_alike().select_related("dismissed_by").order_by("pk"))
    search = DuplicateSearch.objects.for_company(company).first()
    context = {
        "pairs": [_shown(pair) for pair in page.object_list],
        "pager": pager(request, page),
        "total": page.paginator.count,
        "search": search,
        "is_searching": search is not None and search.is_active,
        "dismissed": dismissed,
    }
    return render(request, "guests/duplicates.html", context)


@require_POST
@company_view("guests.merge_guest")
def search(request: CompanyRequest, company: Company) -> HttpResponse:
    """Have the company's guests searched anew."""
    request_search(company=company, actor=request.user, now=timezone.now())
    return redirect("guests:duplicates", company.slug)


@require_POST
@company_view("guests.merge_guest")
def dismiss(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Remember that two guests are not the same; or that they may be, after all."""
    pair = get_object_or_404(PossibleDuplicate.objects.for_company(company), pk=pk)
    again = "again" in request.POST
    act = doubt_again if again else dismiss_pair
    act(
        company=company,
        pair=pair,
        actor=request.user,
        source=Change.Source.WEB,
        now=timezone.now(),
    )
    messages.success(
        request,
        _("They are listed again.")
        if again
        else _("Remembered: they are two. They will not be listed again."),
    )
    url = reverse("guests:duplicates", args=[company.slug])
    return redirect(f"{url}?dismissed=1" if again else url)


def _shown(pair: PossibleDuplicate) -> dict[str, Any]:
    """Return a pair with the guest who came more often first: it is the one to keep."""
    kept, other = pair.first, pair.second
    if other.orders_count > kept.orders_count:
        kept, other = other, kept
    return {
        "pair": pair,
        "guests": [kept, other],
        "kept": kept,
        "other": other,
        "reasons": merge_words.reasons(kept, other)
        or [_("Alike when they were found; changed since")],
    }
