"""Bulk changes that were confirmed: all of them, one's progress, its receipt, its undo."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from core.models import Change, Company
from core.web.access import CompanyRequest, View, company_view
from core.web.lists import pager, paginate
from guests.models import BulkChange
from guests.services.bulk_changes import (
    NotNow,
    is_category_gone,
    is_undoable,
    request_stop,
    request_undo,
)
from guests.services.bulk_changes_steps import CATEGORISING, CategoryGone
from guests.services.categories import NameTaken
from guests.web import bulk_words, way_back
from guests.web.bulk_receipt import guests_of, told, untouched


def _permission(change: BulkChange) -> str:
    """Return what one must be allowed to make such a change, and so to take it back."""
    if change.action == BulkChange.Action.DELETE_CATEGORY:
        return "guests.delete_category"
    is_of_guests = change.action in {*CATEGORISING, BulkChange.Action.SET_TIER}
    return "guests.change_guest" if is_of_guests else "guests.outlet_setup"


def to_receipt(request: CompanyRequest, change: BulkChange) -> HttpResponse:
    """Lead to the change's page, which leads back to the list whose rows were ticked."""
    url = reverse("guests:change", args=[change.company.slug, change.number])
    return redirect(way_back.along(request, url))


def change_view(view: Callable[..., HttpResponseBase]) -> View:
    """Open a page of one change to who may change guests; the view gets the change."""

    @company_view("guests.change_guest")
    @wraps(view)
    def opened(request: CompanyRequest, company: Company, number: int) -> HttpResponseBase:
        changes = BulkChange.objects.for_company(company).select_related("actor", "undone_by")
        change = get_object_or_404(changes, number=number)
        change.company = company
        return view(request, change)

    return opened


@company_view("guests.change_guest")
def changes(request: CompanyRequest, company: Company) -> HttpResponse:
    """List the company's bulk changes, the latest first."""
    rows = BulkChange.objects.for_company(company).select_related("actor").order_by("-pk")
    page = paginate(request, rows)
    context = {"changes": page.object_list, "pager": pager(request, page)}
    return render(request, "guests/bulk_changes.html", context)


@change_view
def change(request: CompanyRequest, change: BulkChange) -> HttpResponse:
    """Show how far a change is; when it is over, its receipt."""
    if change.is_active:
        return _progress(request, change)
    if request.htmx:
        # The poll of a page that still showed its progress.
        return HttpResponseClientRedirect(request.get_full_path())
    return _receipt(request, change)


@require_POST
@change_view
def undo(request: CompanyRequest, change: BulkChange) -> HttpResponse:
    """Take a change back for everybody whom nobody touched since."""
    if not request.user.has_perm(_permission(change), change.company):
        raise PermissionDenied
    try:
        request_undo(
            change=change, actor=request.user, source=Change.Source.WEB, now=timezone.now()
        )
    except NotNow:
        messages.info(request, _("This change is undone already, or under way: look below."))
    except CategoryGone:
        messages.error(
            request,
            _("The category was deleted: while it is gone, this cannot be undone."),
        )
    except NameTaken as taken:
        rename = _("Give that one another name first, then undo this.")
        messages.error(request, f"{taken} {rename}")
    return to_receipt(request, change)


@require_POST
@change_view
def stop(request: CompanyRequest, change: BulkChange) -> HttpResponse:
    """Stop a change; who is changed stays so, until it is undone."""
    if not request.user.has_perm(_permission(change), change.company):
        raise PermissionDenied
    try:
        request_stop(change=change)
    except NotNow:
        messages.info(request, _("It was over before it could be stopped."))
    return to_receipt(request, change)


def _progress(request: CompanyRequest, change: BulkChange) -> HttpResponse:
    allowed = request.user.has_perm(_permission(change), change.company)
    stoppable = change.step == BulkChange.Step.CHANGE and not change.stop_asked
    context = {
        "change": change,
        "progress": bulk_words.progress(change, now=timezone.now()),
        "can_stop": allowed and stoppable,
        **way_back.context(request, change.company),
    }
    template = "components/under_way.html" if request.htmx else "guests/bulk_progress.html"
    return render(request, template, context)


def _receipt(request: CompanyRequest, change: BulkChange) -> HttpResponse:
    undoable = is_undoable(change)
    gone = is_category_gone(change)
    page = paginate(request, guests_of(change))
    context = {
        "change": change,
        "sentence": bulk_words.sentence(change),
        "left_out": bulk_words.left_out(change),
        "category_gone": gone and undoable,
        "undo": _undo(request, change) if undoable and not gone else None,
        "rows": told(change, request.user, list(page.object_list)),
        "pager": pager(request, page),
        **way_back.context(request, change.company),
        **_back(request, change),
    }
    return render(request, "guests/bulk_change.html", context)


def _undo(request: CompanyRequest, change: BulkChange) -> dict[str, Any] | None:
    if not request.user.has_perm(_permission(change), change.company):
        return None
    count = untouched(change)
    kept = change.changed - change.undone - count
    return {
        "is_of_some": bool(count) or change.action == BulkChange.Action.DELETE_CATEGORY,
        "button": bulk_words.undo_button(change, count),
        "kept": bulk_words.kept(change, kept),
    }


def _back(request: CompanyRequest, change: BulkChange) -> dict[str, str]:
    """Return where the change was asked for, with the words of the link there."""
    is_of_settings = change.action == BulkChange.Action.DELETE_CATEGORY
    if is_of_settings and request.user.has_perm("guests.change_category", change.company):
        url = reverse("guests:categories", args=[change.company.slug])
        return {"back_url": url, "back_label": _("Back to the categories")}
    url = way_back.to_list(request, change.company, change.query)
    return {"back_url": url, "back_label": _("Back to the list")}
