"""Credits and debits that wait for a second person, and what became of earlier ones."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.models import Change, Company, Membership
from core.web.access import CompanyRequest, company_view
from core.web.lists import pager, paginate
from loyalty.forms import DeclineForm
from loyalty.models import Adjustment
from loyalty.services import approving
from loyalty.web.refusals import in_words
from loyalty.web.waiting import found
from loyalty.words import shown


@company_view("loyalty.approve_adjustment")
def list_approvals(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show what waits, the oldest first, and below it what was decided."""
    return _page(request, company)


def _page(
    request: CompanyRequest, company: Company, failed: tuple[int, DeclineForm] | None = None
) -> HttpResponse:
    now = timezone.now()
    rows = _seen(request, company).select_related(
        "guest", "program", "restaurant", "asked_by", "decided_by", "bulk", "undoes"
    )
    waiting = [_row(request, each) for each in rows.waiting(now=now).order_by("pk")]
    for row in waiting:
        is_failed = failed is not None and failed[0] == row["adjustment"].pk
        row["form"] = (
            failed[1] if failed and is_failed else DeclineForm(auto_id=f"{row['adjustment'].pk}_%s")
        )
    decided = rows.exclude(pk__in=[row["adjustment"].pk for row in waiting])
    page = paginate(request, decided.newest_first())
    context = {
        "waiting": waiting,
        "elsewhere": found(company, request.user),
        "decided": [_row(request, each) for each in page.object_list],
        "pager": pager(request, page),
        "failed": failed[1] if failed else None,
    }
    return render(request, "loyalty/approvals.html", context)


@require_POST
@company_view("loyalty.approve_adjustment")
def approve(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Approve one."""
    found = _find(request, company, pk)
    try:
        done = approving.approve(
            adjustment=found, actor=request.user, source=Change.Source.WEB, now=timezone.now()
        )
    except approving.CannotPost as no:
        reason = in_words(no.refused, found.program)
        messages.error(
            request, _("Not posted: %(reason)s It goes on waiting.") % {"reason": reason}
        )
    except (approving.NotYours, approving.Decided) as no:
        messages.info(request, _why_not(no))
    else:
        told = _("Approved: %(amount)s.") % {"amount": shown(abs(done.amount), done.program)}
        messages.success(request, told)
    return redirect("loyalty:approvals", company.slug)


@require_POST
@company_view("loyalty.approve_adjustment")
def decline(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Decline one, and say why."""
    found = _find(request, company, pk)
    form = DeclineForm(request.POST, auto_id=f"{pk}_%s")
    if not form.is_valid():
        return _page(request, company, (pk, form))
    try:
        approving.decline(
            adjustment=found,
            note=form.cleaned_data["note"],
            actor=request.user,
            source=Change.Source.WEB,
            now=timezone.now(),
        )
    except (approving.NotYours, approving.Decided) as no:
        messages.info(request, _why_not(no))
    else:
        messages.success(request, _("Declined."))
    return redirect("loyalty:approvals", company.slug)


@require_POST
@company_view("loyalty.adjust_balance")
def withdraw(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Withdraw what one asked for oneself, and go back to what it was about."""
    own = Adjustment.objects.for_company(company).filter(asked_by=request.user)
    found = get_object_or_404(own.select_related("bulk", "undoes"), pk=pk)
    found.company = company
    try:
        approving.withdraw(
            adjustment=found, actor=request.user, source=Change.Source.WEB, now=timezone.now()
        )
    except approving.Decided as no:
        messages.info(request, _why_not(no))
    else:
        messages.success(request, _("Withdrawn: nothing is posted."))
    if found.many is not None:
        return redirect("loyalty:bulk_change", company.slug, found.many.number)
    return redirect("loyalty:ledger", company.slug, found.guest_id)


def _seen(request: CompanyRequest, company: Company) -> Any:
    member = Membership.objects.for_company(company).active().get(user=request.user)
    return Adjustment.objects.for_company(company).seen_by(member)


def _find(request: CompanyRequest, company: Company, pk: int) -> Adjustment:
    found: Adjustment = get_object_or_404(_seen(request, company).select_related("program"), pk=pk)
    found.company = company
    return found


def _why_not(no: Exception) -> str:
    if isinstance(no, approving.Decided):
        state = no.adjustment.get_state_display()
        return _("Nothing was done: it is over already (%(state)s).") % {"state": state}
    return _("Nobody decides what they asked for themselves, or what is another restaurant's.")


def _row(request: CompanyRequest, adjustment: Adjustment) -> dict[str, Any]:
    is_over = (
        adjustment.state == Adjustment.State.WAITING and adjustment.lapses_at <= timezone.now()
    )
    return {
        "adjustment": adjustment,
        "shown": shown(abs(adjustment.amount), adjustment.program),
        "is_credit": adjustment.amount > 0,
        "is_own": adjustment.asked_by_id == request.user.pk,
        # The clock ends it within minutes; nobody can decide it any more.
        "state": Adjustment.State.LAPSED.label if is_over else adjustment.get_state_display(),
        "badge": {"approved": "done", "declined": "failed"}.get(adjustment.state, "stopped"),
    }
