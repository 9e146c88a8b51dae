"""What happened in the company, newest first."""

from datetime import datetime
from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from core.filters import ActivityFilter
from core.models import Change, Company
from core.querysets import ChangeQuerySet
from core.web import past
from core.web.access import CompanyRequest, company_view
from core.web.ids import id_in
from core.web.lists import chips

PAGE_ENTRIES = 50
_BEFORE, _AFTER = "before", "after"


class _Page(NamedTuple):
    """Changes, newest first, and whether there are more on either side."""

    changes: list[Change]
    has_newer: bool
    has_older: bool


@company_view("core.view_change")
def activity(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show a page of the company's changes, narrowed down."""
    changes = Change.objects.for_company(company).select_related("actor")
    found = ActivityFilter(request.GET, queryset=changes, request=request)
    page = _page(found.qs if found.is_valid() else changes.none(), request)
    entries = past.of_changes(company, request.user, page.changes)
    context = {
        "days": past.by_day(entries),
        "filter_form": found.form,
        "chips": chips(request, found.form) if found.is_valid() else [],
        "pager": _pager(request, page),
    }
    return render(request, "core/activity.html", context)


def _page(changes: ChangeQuerySet, request: CompanyRequest) -> _Page:
    """Return the page beside the change that the address names; the newest when it names none.

    One more than fits is read, to know whether there is a next page.
    """
    if edge := _edge(request.GET.get(_AFTER, "")):
        rows = list(changes.newer_than(*edge).oldest_first()[: PAGE_ENTRIES + 1])
        shown = rows[:PAGE_ENTRIES][::-1]
        if shown:
            return _Page(shown, has_newer=len(rows) > PAGE_ENTRIES, has_older=True)
    older = _edge(request.GET.get(_BEFORE, ""))
    if older:
        changes = changes.older_than(*older)
    rows = list(changes.newest_first()[: PAGE_ENTRIES + 1])
    return _Page(
        rows[:PAGE_ENTRIES], has_newer=older is not None, has_older=len(rows) > PAGE_ENTRIES
    )


def _edge(text: str) -> tuple[datetime, int] | None:
    """Return moment and id of "2026-11-24T10:00:00+00:00~17"; None of anything else."""
    moment, _tilde, pk = text.partition("~")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    number = id_in(pk)
    if at is None or at.tzinfo is None or number is None:
        return None
    return at, number


def _pager(request: CompanyRequest, page: _Page) -> dict[str, str]:
    """Return what components/pagination.html shows. There is no last page: nobody counted."""
    first, last = (page.changes[0], page.changes[-1]) if page.changes else (None, None)
    return {
        "label": _("Newest first"),
        "first": _address(request) if page.has_newer else "",
        "previous": _address(request, _AFTER, first) if page.has_newer else "",
        "next": _address(request, _BEFORE, last) if page.has_older else "",
        "last": "",
    }


def _address(request: CompanyRequest, name: str = "", change: Change | None = None) -> str:
    query = request.GET.copy()
    for known in (_BEFORE, _AFTER):
        query.pop(known, None)
    if change is not None:
        query[name] = f"{change.at.isoformat()}~{change.pk}"
    return f"?{query.urlencode()}"
