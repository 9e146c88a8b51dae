"""Delete, restore or categorise what is on the list, or what is ticked in it, or set the tier: the
page that asks.

The page says whom it is about, in words and as a number, and carries a mark of that set. When other
guests are meant by the time it is confirmed, it asks again.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Change, Company
from core.web.access import CompanyRequest, company_view
from core.web.ids import id_in
from guests.forms.bulk import CategoriseForm, ConfirmForm, SetTierForm, ref_in
from guests.models import BulkChange, Guest
from guests.querysets import GuestQuerySet
from guests.services.bulk_changes import (
    ConfirmedBefore,
    NothingToChange,
    SetChanged,
    confirm_change,
    confirmed_on,
)
from guests.services.bulk_changes_sets import Mark, concerned, is_large, mark_of
from guests.services.bulk_changes_steps import CATEGORISING, CategoryGone
from guests.services.tiers import TierGone
from guests.views.bulk_changes import to_receipt
from guests.web import bulk_questions, bulk_words, consequences, way_back
from guests.web.selection import Selection, selection_in

Action = BulkChange.Action

#: So many are named on the page that asks.
NAMED = 5


@company_view("guests.outlet_setup")
def delete(request: CompanyRequest, company: Company) -> HttpResponse:
    """Ask whether the active guests of the list are to be deleted, and do it."""
    return _ask(request, company, Action.DELETE)


@company_view("guests.outlet_setup")
def restore(request: CompanyRequest, company: Company) -> HttpResponse:
    """Ask whether the deleted guests of the list are to come back, and do it."""
    return _ask(request, company, Action.RESTORE)


@company_view("guests.change_guest")
def categorise(request: CompanyRequest, company: Company) -> HttpResponse:
    """Ask which category the guests of the list are put into or taken out of (`do`), and do it."""
    actions = {"add": Action.ADD_CATEGORY, "remove": Action.REMOVE_CATEGORY}
    if request.GET.get("do") not in actions:
        raise Http404
    return _ask(request, company, actions[request.GET["do"]])


@company_view("guests.change_guest")
def set_tier(request: CompanyRequest, company: Company) -> HttpResponse:
    """Ask which tier the guests of the list are to have, or none, and set it."""
    return _ask(request, company, Action.SET_TIER)


@dataclass(frozen=True)
class _Question:
    """Whom is meant by an address, as it is now, and what is to be done to them."""

    company: Company
    action: Action
    selection: Selection
    mark: Mark

    @property
    def guests(self) -> GuestQuerySet:
        return concerned(self.selection.guests, self.action)


def _ask(request: CompanyRequest, company: Company, action: Action) -> HttpResponse:
    if first := confirmed_on(company=company, ref=ref_in(request.POST), actor=request.user):
        return _sent_before(request, first)
    selection = selection_in(request)
    mark = mark_of(concerned(selection.guests, action))
    question = _Question(company, action, selection, mark)
    form = _form(request, question)
    if mark.count and form.is_bound and form.is_valid():
        try:
            change = _confirm(request, question, form)
        except ConfirmedBefore as before:
            return _sent_before(request, before.change)
        except SetChanged as changed:
            question = replace(question, mark=changed.mark)
            form = _form(request, question)
        except NothingToChange:
            form.add_error(None, _nothing(action, form))
        except CategoryGone:
            form.add_error("category", _("This category was deleted meanwhile."))
        except TierGone:
            form.add_error("tier", _("This tier was deleted meanwhile."))
        else:
            return to_receipt(request, change)
    return _page(request, question, form)


def _sent_before(request: CompanyRequest, change: BulkChange) -> HttpResponse:
    messages.info(request, bulk_words.SENT_BEFORE)
    return to_receipt(request, change)


def _confirm(request: CompanyRequest, question: _Question, form: ConfirmForm) -> BulkChange:
    return confirm_change(
        company=question.company,
        action=question.action,
        guests=question.selection.guests,
        seen=form.cleaned_data["seen"],
        query=question.selection.query,
        words=question.selection.words,
        category=form.cleaned_data.get("category"),
        tier=form.cleaned_data.get("tier"),
        ref=ref_in(request.POST),
        actor=request.user,
        source=Change.Source.WEB,
        now=timezone.now(),
    )


def _form(request: CompanyRequest, question: _Question) -> ConfirmForm:
    """Return the form for these guests: bound only if these very guests are confirmed.

    A confirmation of others is none, and the number was another; but a category chosen there is
    chosen here as well.
    """
    seen, count = str(question.mark), question.mark.count
    everybody = Guest.objects.for_company(question.company)
    options: dict[str, Any] = {
        "expected": count if is_large(count, everybody) else None,
        "initial": {
            "seen": seen,
            "category": request.POST.get("category") or _only(request),
            "tier": request.POST.get("tier"),
        },
    }
    if request.method == "POST" and request.POST.get("seen") == seen:
        options["data"] = request.POST
    if question.action in CATEGORISING:
        return CategoriseForm(company=question.company, **options)
    if question.action == Action.SET_TIER:
        return SetTierForm(company=question.company, **options)
    return ConfirmForm(**options)


def _only(request: CompanyRequest) -> str:
    """Return the category that the list is filtered by, if one: it is the one to be left."""
    chosen = [value for value in request.GET.getlist("category") if id_in(value) is not None]
    return chosen[0] if len(chosen) == 1 and request.GET.get("do") == "remove" else ""


def _nothing(action: Action, form: ConfirmForm) -> str:
    category = {"category": form.cleaned_data.get("category")}
    if action == Action.ADD_CATEGORY:
        return _("All of them are in “%(category)s” already.") % category
    if action == Action.REMOVE_CATEGORY:
        return _("None of them is in “%(category)s”.") % category
    if action == Action.SET_TIER:
        return bulk_questions.all_have(form.cleaned_data.get("tier"))
    return _("All of them are so already.")


def _page(request: CompanyRequest, question: _Question, form: ConfirmForm) -> HttpResponse:
    company, action, selection = question.company, question.action, question.selection
    count = question.mark.count
    context: dict[str, Any] = {
        "action": action.value,
        "selection": selection,
        "list_url": way_back.to_list(request, company, selection.query),
        "shows_deleted": "inactive" in request.GET,
    }
    if not count:
        return render(request, "guests/bulk_nobody.html", context)
    named = list(question.guests.order_by("pk")[:NAMED])
    context |= {
        "question": bulk_questions.question(action, count),
        "already": _already(question),
        "promise": bulk_questions.promise(action),
        "button": bulk_questions.button(action, count, company),
        "named": named,
        "more": count - len(named),
        "hanging": _hanging(question),
        "form": form,
        "has_changed": request.method == "POST" and not form.is_bound,
    }
    return render(request, "guests/bulk_confirm.html", context)


def _already(question: _Question) -> str:
    """Return how many of the list are left out, because they are deleted or active already."""
    selection = question.selection
    shows_deleted = selection.is_ticked or "inactive" in QueryDict(selection.query)
    if question.action not in (Action.DELETE, Action.RESTORE) or not shows_deleted:
        return ""
    same = Q(is_active=question.action == Action.RESTORE)
    found = selection.guests.aggregate(same=Count("pk", filter=same), total=Count("pk"))
    return bulk_questions.already(question.action, found["same"], found["total"])


def _hanging(question: _Question) -> list[str]:
    """Return what hangs on guests who are to be deleted."""
    if question.action != Action.DELETE:
        return []
    return consequences.of_deleting(question.guests, question.company)
