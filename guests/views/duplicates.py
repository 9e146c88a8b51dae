"""Guests who may be one person twice, pair by pair."""

from dataclasses import replace
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.models import Change, Company
from core.web.access import CompanyRequest, company_view
from guests.models import DuplicateSearch, PossibleDuplicate
from guests.querysets.duplicates import PossibleDuplicateQuerySet
from guests.services.duplicates import dismiss as dismiss_pair, doubt_again, request_search
from guests.web import merge_words, way_back
from guests.web.pairs import COUNT, END, Pair, Place, key_of, place_in

#: So many pairs are on a page; and so many are counted, for whoever wants to know.
PAGE_PAIRS, COUNTED = 50, 1_000


class _Page(NamedTuple):
    """Pairs, where the page begins (None: at the first of all), and what lies on either side."""

    pairs: list[PossibleDuplicate]
    start: Pair | None = None
    has_previous: bool = False
    next: Pair | None = None


@company_view("guests.merge_guest")
def duplicates(request: CompanyRequest, company: Company) -> HttpResponse:
    """List the pairs that nobody judged yet, or those that were said to be two.

    A page costs the same however many there are. Their number comes later, as that of the list of
    guests does: the page asks for it by htmx, and gets it alone.
    """
    place = place_in(request.GET)
    everything = PossibleDuplicate.objects.for_company(company)
    found = everything.dismissed() if place.dismissed else everything.undecided()
    found = found.still_alike().select_related("dismissed_by")
    wants_count = COUNT in request.GET
    if wants_count and request.htmx:
        return render(request, "guests/duplicates_count.html", _counted(found))
    page = _page(found, place)
    here = Place(start=page.start, dismissed=place.dismissed)
    search = DuplicateSearch.objects.for_company(company).first()
    context = {
        "pairs": _shown(page.pairs, here),
        "pager": _pager(page, here),
        "count_url": here.count_query,
        "search": search,
        "is_searching": search is not None and search.is_active,
        "dismissed": place.dismissed,
        **(_counted(found) if wants_count else _known(page)),
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
    """Remember that two guests are not the same; or that they may be, after all.

    The address tells where in the list that was said: there it goes on.
    """
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
    return redirect(place_in(request.GET).url(company))


def _page(found: PossibleDuplicateQuerySet, place: Place) -> _Page:
    """Return the page that the place tells; the first when there is nothing any more.

    One more than fits is read, to know whether there is a next page.
    """
    if place.before:
        rows = list(found.before_pair(*place.before).in_order(backwards=True)[: PAGE_PAIRS + 1])
        shown = rows[:PAGE_PAIRS][::-1]
        if len(rows) > PAGE_PAIRS:
            return _Page(shown, key_of(shown[0]), has_previous=True, next=place.before)
    start = place.start or (0, 0)
    rows = list(found.from_pair(*start).in_order()[: PAGE_PAIRS + 1])
    if not rows and place.start:
        return _page(found, Place(before=place.start))._replace(next=None)
    shown, behind = rows[:PAGE_PAIRS], rows[PAGE_PAIRS:]
    return _Page(
        shown,
        place.start and key_of(shown[0]),
        has_previous=place.start is not None,
        next=key_of(behind[0]) if behind else None,
    )


def _pager(page: _Page, here: Place) -> dict[str, str]:
    """Return what components/pagination.html shows."""
    first = Place(dismissed=here.dismissed)
    return {
        "label": "",
        "first": first.query if page.has_previous else "",
        "previous": replace(first, before=page.start).query if page.has_previous else "",
        "next": replace(first, start=page.next).query if page.next else "",
        "last": replace(first, start=END).query if page.next else "",
    }


def _known(page: _Page) -> dict[str, int | None]:
    """Return the number of pairs where it costs nothing: all are on this page."""
    return {"count": None if page.has_previous or page.next else len(page.pairs)}


def _counted(found: PossibleDuplicateQuerySet) -> dict[str, Any]:
    """Return how many there are, as far as they are counted."""
    count = found[: COUNTED + 1].count()
    return {"count": min(count, COUNTED), "is_more": count > COUNTED}


def _shown(pairs: list[PossibleDuplicate], here: Place) -> list[dict[str, Any]]:
    """Return the pairs in words. Of each the way back leads to the one behind it: itself may be
    judged or merged by then.
    """
    beside = [pair.pk for pair in pairs[1:]] + [pair.pk for pair in pairs[-2:-1]]
    places = [here.at(pk) for pk in beside] or [here]
    return [_in_words(pair, place) for pair, place in zip(pairs, places, strict=False)]


def _in_words(pair: PossibleDuplicate, place: Place) -> dict[str, Any]:
    """Return a pair with the guest who came more often first: it is the one to keep."""
    kept, other = pair.first, pair.second
    if other.orders_count > kept.orders_count:
        kept, other = other, kept
    return {
        "pair": pair,
        "guests": [kept, other],
        "kept": kept,
        "other": other,
        "along": f"?{way_back.from_list(place.carried)}",
        "judged": f"?{place.carried}",
        "reasons": merge_words.reasons(kept, other)
        or [_("Alike when they were found; changed since")],
    }
