"""Crediting and debiting what is filtered: the page that asks, the progress, the receipt."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from core.fields import LARGEST
from core.models import Change, Company
from core.web.access import CompanyRequest, View, company_view
from core.web.lists import pager, paginate
from guests.forms.bulk import ref_in
from guests.models import Guest
from guests.services.bulk_changes_sets import Mark, is_large, mark_of
from guests.web import way_back
from guests.web.bulk_words import SENT_BEFORE
from guests.web.selection import Selection, selection_in
from loyalty.forms import BulkConfirmForm, MoveForm
from loyalty.models import Adjustment, BulkAdjustment
from loyalty.services import bulk_adjusting as services
from loyalty.services.bulk_undoing import moved_back
from loyalty.services.limits import above_limit
from loyalty.web import bulk_words
from loyalty.web.waiting import nobody_approves
from loyalty.words import shown

#: So many are named on the page that asks.
NAMED = 5


@company_view("loyalty.adjust_balance")
def credit(request: CompanyRequest, company: Company) -> HttpResponse:
    """Ask what the guests of the list are to be credited, and do it."""
    return _ask(request, company, 1)


@company_view("loyalty.adjust_balance")
def debit(request: CompanyRequest, company: Company) -> HttpResponse:
    """Ask what the guests of the list are to be debited, and do it."""
    return _ask(request, company, -1)


@dataclass(frozen=True)
class _Question:
    """What is asked of which guests: to credit (`sign` 1) or to debit (-1) them."""

    company: Company
    sign: int
    selection: Selection
    form: MoveForm


def _ask(request: CompanyRequest, company: Company, sign: int) -> HttpResponse:
    ref = ref_in(request.POST) if "confirm" in request.POST else ""
    if first := services.confirmed_on(company=company, ref=ref, actor=request.user):
        return _sent_before(request, first)
    data = request.POST if request.method == "POST" else None
    form = MoveForm(
        data,
        company=company,
        user=request.user,
        sign=sign,
        initial={"program": request.GET.get("program")},
    )
    question = _Question(company, sign, selection_in(request), form)
    mark = mark_of(services.guests_of(question.selection.guests))
    if not mark.count or not _can_be_done(form, mark) or "change" in request.POST:
        return _page(request, question, mark)
    if "confirm" in request.POST:
        return _commit(request, question, mark)
    return _page(request, question, mark, has_preview=True)


def _can_be_done(form: MoveForm, mark: Mark) -> bool:
    """Whether the form is filled in, and what comes of it for so many guests can be kept."""
    if not form.is_valid():
        return False
    if abs(form.cleaned_data["amount"]) * mark.count > LARGEST:
        form.add_error("amount", _("Together this is more than any amount kept here."))
    return form.is_valid()


def _commit(request: CompanyRequest, question: _Question, mark: Mark) -> HttpResponse:
    """Do it, or ask once more: where other guests are meant by now, or nobody typed how many."""
    if request.POST.get("seen") != str(mark):
        return _page(request, question, mark, has_preview=True, has_changed=True)
    confirm = _confirm_form(question.company, mark, request.POST)
    if not confirm.is_valid():
        return _page(request, question, mark, has_preview=True, confirm=confirm)
    try:
        change = _confirmed(request, question, str(mark))
    except services.ConfirmedBefore as before:
        return _sent_before(request, before.change)
    except services.SetChanged as changed:
        return _page(request, question, changed.mark, has_preview=True, has_changed=True)
    return _to_receipt(request, change)


def _page(
    request: CompanyRequest,
    question: _Question,
    mark: Mark,
    *,
    confirm: BulkConfirmForm | None = None,
    has_preview: bool = False,
    has_changed: bool = False,
) -> HttpResponse:
    company, selection, form = question.company, question.selection, question.form
    named = list(services.guests_of(selection.guests).order_by("pk")[:NAMED])
    context = {
        "sign": question.sign,
        "selection": selection,
        "list_url": way_back.to_list(request, company, selection.query),
        "count": mark.count,
        "named": named,
        "more": mark.count - len(named),
        "form": form,
        "confirm": confirm or _confirm_form(company, mark),
        "preview": _preview(request, company, form, mark) if has_preview else None,
        "has_changed": has_changed,
        "has_programs": form.has_programs,
    }
    return render(request, "loyalty/bulk_ask.html", context)


def _sent_before(request: CompanyRequest, change: BulkAdjustment) -> HttpResponse:
    messages.info(request, SENT_BEFORE)
    return _to_receipt(request, change)


def _to_receipt(request: CompanyRequest, change: BulkAdjustment) -> HttpResponse:
    url = reverse("loyalty:bulk_change", args=[change.company.slug, change.number])
    return redirect(way_back.along(request, url))


def _confirm_form(company: Company, mark: Mark, data: Any = None) -> BulkConfirmForm:
    large = is_large(mark.count, Guest.objects.for_company(company))
    return BulkConfirmForm(
        data, expected=mark.count if large else None, initial={"seen": str(mark)}
    )


def _preview(
    request: CompanyRequest, company: Company, form: MoveForm, mark: Mark
) -> dict[str, Any]:
    program, amount = form.cleaned_data["program"], form.cleaned_data["amount"]
    total = amount * mark.count
    needs_approval = above_limit(company, program, total)
    return {
        "amount": shown(abs(amount), program),
        "total": shown(abs(total), program),
        "data": form.cleaned_data,
        "reason": form.reason_in_words,
        "lasts": form.lasts_in_words(timezone.now(), waits=needs_approval),
        "needs_approval": needs_approval,
        "nobody_approves": needs_approval
        and nobody_approves(company, request.user, form.cleaned_data["restaurant"]),
    }


def _confirmed(request: CompanyRequest, question: _Question, seen: str) -> BulkAdjustment:
    data = question.form.cleaned_data
    return services.confirm_bulk(
        company=question.company,
        guests=question.selection.guests,
        seen=seen,
        program=data["program"],
        amount=data["amount"],
        restaurant=data["restaurant"],
        reason=data["reason"],
        comment=data["comment"],
        query=question.selection.query,
        words=question.selection.words,
        ref=ref_in(request.POST),
        actor=request.user,
        source=Change.Source.WEB,
        now=timezone.now(),
    )


# -- What became of it --------------------------------------------------------------------------


def bulk_view(view: Callable[..., HttpResponseBase]) -> View:
    """Open a page of one bulk credit to who may adjust balances; the view gets it."""

    @company_view("loyalty.adjust_balance")
    @wraps(view)
    def opened(request: CompanyRequest, company: Company, number: int) -> HttpResponseBase:
        rows = BulkAdjustment.objects.for_company(company)
        rows = rows.select_related("actor", "undone_by", "program", "restaurant")
        change = get_object_or_404(rows, number=number)
        change.company = company
        return view(request, change)

    return opened


@company_view("loyalty.adjust_balance")
def changes(request: CompanyRequest, company: Company) -> HttpResponse:
    """List the company's bulk credits and debits, the latest first."""
    rows = BulkAdjustment.objects.for_company(company).select_related("actor", "program")
    page = paginate(request, rows.order_by("-pk"))
    found = [
        {
            "change": each,
            "amount": shown(abs(each.amount), each.program),
            "waits": each.state == BulkAdjustment.State.DRAFT,
        }
        for each in page.object_list
    ]
    context = {"rows": found, "pager": pager(request, page)}
    return render(request, "loyalty/bulk_changes.html", context)


@bulk_view
def change(request: CompanyRequest, change: BulkAdjustment) -> HttpResponse:
    """Show how far it is; when it is over, its receipt."""
    context: dict[str, Any]
    if change.is_active:
        context = {
            "change": change,
            "progress": bulk_words.progress(change, now=timezone.now()),
            "can_stop": change.step == BulkAdjustment.Step.POST
            and not change.stop_asked
            and services.may_touch(change, request.user),
            **way_back.context(request, change.company),
        }
        template = "components/under_way.html" if request.htmx else "loyalty/bulk_progress.html"
        return render(request, template, context)
    if request.htmx:
        # The poll of a page that still showed its progress.
        return HttpResponseClientRedirect(request.get_full_path())
    page = paginate(request, bulk_words.told_rows(change))
    context = {
        "change": change,
        "sentence": bulk_words.sentence(change),
        "amount": shown(abs(change.amount), change.program),
        "rows": bulk_words.rows(change, list(page.object_list)),
        "pager": pager(request, page),
        **_asked(request, change),
        **way_back.context(request, change.company),
        "list_url": way_back.to_list(request, change.company, change.query),
    }
    return render(request, "loyalty/bulk_change.html", context)


def _asked(request: CompanyRequest, change: BulkAdjustment) -> dict[str, Any]:
    """Return what the receipt says of second persons: who is waited for, and of an undo who is."""
    now = timezone.now()
    rows = Adjustment.objects.for_company(change.company).select_related("decided_by")
    undo_asked = rows.filter(undoes=change).newest_first().first()
    declined = None
    if change.state == BulkAdjustment.State.REFUSED:
        declined = rows.filter(bulk=change, decided_by__isnull=False).first()
    waiting = rows.filter(Q(bulk=change) | Q(undoes=change)).waiting(now=now).first()
    may_undo = waiting is None and services.is_undoable(change)
    can_undo = may_undo and services.may_touch(change, request.user)
    needs_approval = can_undo and services.undo_needs_approval(change)
    return {
        "waiting": waiting,
        "can_withdraw": waiting is not None and waiting.asked_by_id == request.user.pk,
        "undo_asked": undo_asked,
        "declined": declined,
        "can_undo": can_undo,
        "needs_approval": needs_approval,
        "moved_back": shown(abs(moved_back(change)), change.program),
        "nobody_approves": needs_approval
        and nobody_approves(change.company, request.user, change.restaurant_id),
    }


@require_POST
@bulk_view
def undo(request: CompanyRequest, change: BulkAdjustment) -> HttpResponse:
    """Take it back, as far as it is still there, or send that to Approvals."""
    try:
        services.request_undo(
            change=change, actor=request.user, source=Change.Source.WEB, now=timezone.now()
        )
    except services.NotYours:
        raise PermissionDenied from None
    except services.NotNow:
        messages.info(request, _("It is undone already, under way, or waits: look below."))
    return _to_receipt(request, change)


@require_POST
@bulk_view
def stop(request: CompanyRequest, change: BulkAdjustment) -> HttpResponse:
    """Stop it; what is posted stays so, until it is undone."""
    try:
        services.request_stop(change=change, actor=request.user)
    except services.NotYours:
        raise PermissionDenied from None
    except services.NotNow:
        messages.info(request, _("It was over before it could be stopped."))
    return _to_receipt(request, change)
