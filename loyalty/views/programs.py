"""A company's programs: all of them, one with its figures, making and changing them."""

from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.models import Change, Company
from core.services.changes import ChangedMeanwhile
from core.texts import isolated
from core.web.access import CompanyRequest, company_view
from core.web.meanwhile import outdated
from guests.models import Guest
from loyalty.forms import ProgramForm
from loyalty.models import Account, LedgerEntry, Program
from loyalty.services.programs import (
    FIELDS,
    HasAccounts,
    change_program,
    create_program,
    has_accounts,
    set_active,
)
from loyalty.views.imported import import_lines
from loyalty.web.program_page import figures, largest, outstanding, totals
from loyalty.web.why import lines
from loyalty.words import figure, lasts, runs, state

#: So many entries stand on a program's page; the export has all.
LATEST = 20


@company_view("loyalty.view_program")
def list_programs(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show the company's programs: two queries, however many there are."""
    programs: Any = Program.objects.for_company(company).with_totals()
    today = timezone.localdate()
    ordered = programs.order_by("-is_active", "-is_default", "name", "pk")
    rows = [
        {
            "program": program,
            "lasts": lasts(program),
            "runs": runs(program),
            "state": state(program, today),
            "members": program.members or 0,
            "outstanding": figure(program.outstanding or Decimal(0), program)
            if program.has_ledger
            else "",
        }
        for program in ordered
    ]
    context = {
        "rows": rows,
        "can_add": request.user.has_perm("loyalty.add_program", company),
        "can_change": request.user.has_perm("loyalty.change_program", company),
        "can_adjust": request.user.has_perm("loyalty.adjust_balance", company),
    }
    return render(request, "loyalty/programs.html", context)


@company_view("loyalty.view_program")
def program(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Show one program."""
    found = _find(company, pk)
    context: dict[str, Any] = {
        "program": found,
        "lasts": lasts(found),
        "runs": runs(found),
        "state": state(found, timezone.localdate()),
        "categories": list(found.categories.order_by("name", "pk")),
        "can_change": request.user.has_perm("loyalty.change_program", company),
        "can_export": request.user.has_perm("guests.export_guest", company),
    }
    if found.has_ledger:
        entries = LedgerEntry.objects.for_company(company).filter(program=found)
        latest = list(entries.newest_first()[:LATEST])
        imported = import_lines(company, request.user, latest)
        accounts = totals(found)
        context |= {
            "figures": figures(found, accounts),
            "plot": outstanding(found, accounts, timezone.localdate()),
            "largest": largest(found),
            "lines": _with_guests(company, lines(company, latest, imported)),
        }
    return render(request, "loyalty/program.html", context)


def _with_guests(company: Company, shown: list[Any]) -> list[dict[str, Any]]:
    accounts = Account.objects.for_company(company).in_bulk([e.entry.account_id for e in shown])
    guests = Guest.objects.for_company(company).in_bulk({a.guest_id for a in accounts.values()})
    return [
        {"line": each, "guest": guests.get(accounts[each.entry.account_id].guest_id)}
        for each in shown
    ]


@company_view("loyalty.add_program")
def new(request: CompanyRequest, company: Company) -> HttpResponse:
    """Make a program."""
    data = request.POST if request.method == "POST" else None
    form = ProgramForm(
        data,
        company=company,
        user=request.user,
        fixed=False,
        initial={"currency": company.currency},
    )
    if form.is_bound and form.is_valid():
        try:
            made = create_program(
                company=company,
                values=_values(form),
                categories=list(form.cleaned_data["categories"]),
                actor=request.user,
                source=Change.Source.WEB,
                now=timezone.now(),
            )
        except ValidationError as error:
            _say(form, error)
        else:
            messages.success(request, _("“%(name)s” is there.") % {"name": isolated(made.name)})
            return redirect("loyalty:program", company.slug, made.pk)
    return render(request, "loyalty/program_form.html", {"form": form, "program": None})


@company_view("loyalty.change_program")
def change(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Change a program."""
    found = _find(company, pk)
    data = request.POST if request.method == "POST" else None
    make = partial(ProgramForm, company=company, user=request.user, fixed=has_accounts(found))
    form = make(data, instance=found)
    told: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        try:
            change_program(
                program=found,
                values=_values(form),
                categories=list(form.cleaned_data["categories"]),
                expected=form.expected,
                actor=request.user,
                source=Change.Source.WEB,
                now=timezone.now(),
            )
        except ValidationError as error:
            _say(form, error)
        except HasAccounts:
            form.add_error(None, _("Guests have joined it meanwhile: its kind and currency stay."))
        except ChangedMeanwhile:
            told = outdated(company, form, make(instance=_find(company, pk)))
        else:
            messages.success(request, _("The program is saved."))
            return redirect("loyalty:program", company.slug, found.pk)
    return render(request, "loyalty/program_form.html", {**told, "program": found})


@require_POST
@company_view("loyalty.change_program")
def active(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """End a program, or let it go on."""
    found = _find(company, pk)
    set_active(
        program=found,
        is_active="active" in request.POST,
        actor=request.user,
        source=Change.Source.WEB,
        now=timezone.now(),
    )
    return redirect("loyalty:program", company.slug, found.pk)


def _find(company: Company, pk: int) -> Program:
    found = get_object_or_404(Program.objects.for_company(company), pk=pk)
    found.company = company
    return found


def _values(form: ProgramForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in FIELDS}


def _say(form: ProgramForm, error: ValidationError) -> None:
    """Put what the service found beside the fields that it is about."""
    for name, errors in error.update_error_dict({}).items():
        if name == "categories":
            form.add_error("categories", _("Choose at least one category."))
            continue
        for each in errors:
            known = name if name in form.fields else None
            form.add_error(known, _told(each))


def _told(error: ValidationError) -> Any:
    """Return a sentence; of a constraint by its name, which says more than "is violated"."""
    sentences = {
        "program_days_of_expiry": _("Say how many days a credit lasts."),
        "program_active_range": _("The last day is before the first."),
        "program_percentage_of_discount": _("Say the percentage, above 0 and up to 100."),
        "program_code_unique": _("Another program has this code."),
        "program_name_unique": _("Another program has this name."),
    }
    text = " ".join(str(message) for message in error.messages)
    return next((told for name, told in sentences.items() if name in text), error)
