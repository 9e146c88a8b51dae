"""The ledger of one guest: every movement, and why the balance is what it is."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core.models import Company
from core.web.access import CompanyRequest
from core.web.ids import id_in
from core.web.lists import pager, paginate
from guests.models import Guest
from guests.web import record
from loyalty.models import Account, Adjustment, LedgerEntry
from loyalty.querysets import AdjustmentQuerySet
from loyalty.services.asking import PATIENCE
from loyalty.views.imported import import_lines
from loyalty.web.balances import balances
from loyalty.web.why import lines
from loyalty.words import shown


@record.guest_view("loyalty.view_program")
def ledger(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    """Show the guest's entries, newest first, each with its trace."""
    accounts = list(
        Account.objects.for_company(company)
        .filter(guest=guest)
        .select_related("program")
        .order_by("program__name", "pk")
    )
    chosen = [a for a in accounts if str(a.program_id) == request.GET.get("program")]
    ids = [account.pk for account in chosen or accounts]
    entries = LedgerEntry.objects.for_company(company).filter(account__in=ids).newest_first()
    page = paginate(request, entries)
    shown_entries = list(page.object_list)
    imported = import_lines(company, request.user, shown_entries)
    now = timezone.now()
    asked = Adjustment.objects.for_company(company).filter(guest=guest).order_by("-pk")
    asked = asked.select_related("program", "asked_by", "decided_by")
    context = record.record_context(request, company, guest, tab="ledger") | {
        "accounts": [
            {"program": a.program, "shown": shown(a.balance, a.program), "current": a in chosen}
            for a in accounts
        ],
        "all_programs": not chosen,
        "balances": balances(company, guest),
        "lines": lines(company, shown_entries, imported),
        "pager": pager(request, page),
        "waiting": _with_amounts(asked.waiting(now=now)),
        # Whoever asked hears of it here, for as long again as it could wait.
        "turned_down": _with_amounts(asked.turned_down(request.user, since=now - PATIENCE)),
        "new": _new(request, guest),
        "may_adjust": record.is_open(guest)
        and request.user.has_perm("loyalty.adjust_balance", company),
    }
    return render(request, "loyalty/ledger.html", context)


def _with_amounts(adjustments: AdjustmentQuerySet) -> list[dict[str, Any]]:
    return [
        {"adjustment": each, "shown": shown(abs(each.amount), each.program)} for each in adjustments
    ]


def _new(request: CompanyRequest, guest: Guest) -> dict | None:
    """Return the entry that was just made, for the line that says so and takes it back."""
    wanted = id_in(request.GET.get("new", ""))
    if wanted is None:
        return None
    rows = LedgerEntry.objects.for_company(guest.company).select_related(
        "account", "account__program"
    )
    entry = rows.filter(pk=wanted, account__guest=guest).first()
    if entry is None:
        return None
    program = entry.account.program
    return {
        "entry": entry,
        "balance": shown(entry.balance_after, program),
        "may_reverse": entry.kind != LedgerEntry.Kind.REVERSAL
        and not LedgerEntry.objects.reversals_of(entry).exists(),
    }
