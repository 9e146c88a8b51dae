"""Credit, debit and reversal by hand: said first, done when it is confirmed."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse as url_of
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from core.fields import LARGEST
from core.models import Change, Company
from core.sums import Total
from core.web.access import CompanyRequest
from guests.models import Guest
from guests.web import record, way_back
from loyalty.expiry import local_day
from loyalty.forms import AdjustForm, ReverseForm
from loyalty.models import Account, Adjustment, CreditLot, LedgerEntry, LotUse, Program, Terms
from loyalty.querysets import standing
from loyalty.services.adjusting import adjust_balance, reverse_entry
from loyalty.services.limits import above_limit
from loyalty.services.postings import Outcome, Refused
from loyalty.web.refusals import in_words
from loyalty.web.waiting import nobody_approves
from loyalty.words import figure, shown

_SENT = gettext_lazy("Sent to Approvals: it is done when another person agrees.")


@record.guest_view("loyalty.adjust_balance")
def credit(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    """Credit the guest an amount."""
    return _adjust(request, company, guest, sign=1)


@record.guest_view("loyalty.adjust_balance")
def debit(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    """Debit the guest an amount."""
    return _adjust(request, company, guest, sign=-1)


def _adjust(request: CompanyRequest, company: Company, guest: Guest, *, sign: int) -> HttpResponse:
    if not record.is_open(guest):
        messages.info(request, _("This guest was erased: nothing more is credited or debited."))
        return redirect("loyalty:ledger", company.slug, guest.pk)
    bound = request.method == "POST"
    form = AdjustForm(
        request.POST if bound else None,
        company=company,
        user=request.user,
        sign=sign,
        initial={"ref": str(uuid4()), "program": request.GET.get("program")},
    )
    preview = None
    if bound and form.is_valid():
        if "confirm" in request.POST and (done := _do(request, company, guest, form)):
            return done
        if "change" not in request.POST and not form.errors:
            preview = _preview(request, company, guest, form)
    context = record.record_context(request, company, guest, tab="ledger") | {
        "form": form,
        "preview": preview,
        "sign": sign,
        "has_programs": form.has_programs,
    }
    return render(request, "loyalty/adjust.html", context)


def _preview(
    request: CompanyRequest, company: Company, guest: Guest, form: AdjustForm
) -> dict[str, Any] | None:
    """Return what would be so; None when it cannot be, which the form says then."""
    program, amount = form.cleaned_data["program"], form.cleaned_data["amount"]
    account = Account.objects.for_company(company).filter(guest=guest, program=program).first()
    now = timezone.now()
    balance, available = standing(account, today=local_day(company, now), now=now)
    refused = None
    if amount < 0 and available < -amount:
        refused = Refused("insufficient", {"available": available})
    elif balance + amount > LARGEST:
        refused = Refused("too_large")
    if refused:
        form.add_error("amount", in_words(refused, program))
        return None
    needs_approval = above_limit(company, program, amount)
    return {
        "before": figure(balance, program),
        "after": shown(balance + amount, program),
        "amount": shown(abs(amount), program),
        "data": form.cleaned_data,
        "reason": form.reason_in_words,
        "lasts": form.lasts_in_words(now, waits=needs_approval),
        "needs_approval": needs_approval,
        "nobody_approves": needs_approval
        and nobody_approves(company, request.user, form.cleaned_data["restaurant"]),
    }


def _do(
    request: CompanyRequest, company: Company, guest: Guest, form: AdjustForm
) -> HttpResponse | None:
    data = form.cleaned_data
    outcome = adjust_balance(
        company=company,
        guest=guest,
        program=data["program"],
        amount=data["amount"],
        restaurant=data["restaurant"],
        reason=data["reason"],
        comment=data["comment"],
        ref=data["ref"],
        actor=request.user,
        source=Change.Source.WEB,
        now=timezone.now(),
    )
    return _answer(request, guest, outcome, form, field="amount", program=data["program"])


def _answer(
    request: CompanyRequest,
    guest: Guest,
    outcome: Outcome | Adjustment,
    form: forms.Form,
    *,
    field: str | None,
    program: Program,
) -> HttpResponse | None:
    """Lead to what became of it; None if the ledger refused, which the form says at `field`."""
    if isinstance(outcome, Refused):
        form.add_error(field, in_words(outcome, program))
        return None
    address = _ledger_of(guest)
    if isinstance(outcome, Adjustment):
        messages.success(request, _SENT)
        return redirect(way_back.along(request, address))
    url = f"{address}?new={getattr(outcome, 'entry_id', '')}"
    return redirect(way_back.along(request, url))


def _ledger_of(guest: Guest) -> str:
    return url_of("loyalty:ledger", args=[guest.company.slug, guest.pk])


# -- Reversal -----------------------------------------------------------------------------------


@record.guest_view("loyalty.adjust_balance")
def reverse(request: CompanyRequest, company: Company, guest: Guest, entry: int) -> HttpResponse:
    """Say what taking an entry back comes to, and do it."""
    found = _reversible(company, guest, entry)
    if done := LedgerEntry.objects.reversals_of(found).first():
        # A second click, or somebody else was quicker: this is what became of it.
        return redirect(way_back.along(request, f"{_ledger_of(guest)}?new={done.pk}"))
    program = found.account.program
    left = _left(found)
    needs_approval = above_limit(company, program, found.amount)
    form = ReverseForm(
        request.POST if request.method == "POST" else None,
        choices=_choices(found, program, left),
    )
    if form.is_bound and form.is_valid() and (answer := _take_back(request, guest, found, form)):
        return answer
    context = record.record_context(request, company, guest, tab="ledger") | {
        "form": form,
        "entry": found,
        "program": program,
        "amount": shown(abs(found.amount), program),
        "needs_approval": needs_approval,
        "nobody_approves": needs_approval
        and nobody_approves(company, request.user, found.restaurant_id),
        "spent": shown(found.amount - left, program) if left < found.amount else "",
        "revived": _revived(found, program),
        "over": _over(found, program, local_day(company, timezone.now())),
        "grace_days": Terms.objects.of(company).grace_days,
        "left": shown(left, program),
        "balance": shown(found.account.balance, program),
    }
    return render(request, "loyalty/reverse.html", context)


def _reversible(company: Company, guest: Guest, pk: int) -> LedgerEntry:
    """Return an entry of the guest that can be taken back by itself; 404 for any other."""
    rows = LedgerEntry.objects.for_company(company).select_related("account__program")
    found: LedgerEntry = get_object_or_404(rows, pk=pk, account__guest=guest)
    if found.kind not in (LedgerEntry.Kind.CREDIT, LedgerEntry.Kind.DEBIT):
        raise Http404
    if found.source == LedgerEntry.Source.MERGE:
        # Both sides of what a merge moved go back together: by undoing the merge.
        raise Http404
    return found


def _take_back(
    request: CompanyRequest, guest: Guest, entry: LedgerEntry, form: ReverseForm
) -> HttpResponse | None:
    outcome = reverse_entry(
        company=guest.company,
        guest=guest,
        entry=entry,
        shortfall=form.cleaned_data.get("shortfall") or "refuse",
        comment=form.cleaned_data["comment"],
        actor=request.user,
        source=Change.Source.WEB,
        now=timezone.now(),
    )
    return _answer(request, guest, outcome, form, field=None, program=entry.account.program)


def _revived(entry: LedgerEntry, program: Program) -> str:
    """Return how much of a debit goes back into credits that were taken back meanwhile.

    What was left of them was taken then, and what was spent stayed given: that comes back. Not what
    was taken from other credits in its stead.
    """
    if entry.amount > 0:
        return ""
    taken_back = LedgerEntry.objects.filter(reverses=OuterRef("lot")).values("amount")
    uses = LotUse.objects.filter(entry=entry).annotate(taken=Subquery(taken_back))
    found = uses.filter(taken__isnull=False).values_list("amount", "lot__amount", "taken")
    amount = sum((min(used, given + taken) for used, given, taken in found), Decimal(0))
    return shown(amount, program) if amount else ""


def _over(entry: LedgerEntry, program: Program, today: date) -> str:
    """Return how much of a debit goes back into credits whose last day is over."""
    uses = LotUse.objects.filter(entry=entry, lot__expires_on__lt=today)
    amount = uses.aggregate(total=Total("amount"))["total"]
    return shown(amount, program) if amount and entry.amount < 0 else ""


def _left(entry: LedgerEntry) -> Decimal:
    """Return what is left of a credit and not held."""
    lot = CreditLot.objects.filter(entry=entry).first()
    return min(lot.left if lot else Decimal(0), entry.account.available)


def _choices(entry: LedgerEntry, program: Program, left: Decimal) -> list[tuple[str, str]]:
    """Return what can be done about what is spent of a credit: nothing to choose if nothing is."""
    if entry.amount < 0 or left >= entry.amount:
        return []
    choices = []
    if left:
        words = _("Take back what is left of it, %(left)s, and leave the rest")
        choices.append(("what_is_left", words % {"left": figure(left, program)}))
    others = min(entry.amount, entry.account.available)
    if others > left:
        words = _("Take back %(all)s, also from the guest's other credits")
        choices.append(("from_others", words % {"all": figure(others, program)}))
    return choices
