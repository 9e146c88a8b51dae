"""The company's rules for money: grace days and the limit of what one person may do."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Change, Company, User
from core.services.changes import ChangedMeanwhile
from core.web.access import CompanyRequest, company_view
from core.web.meanwhile import outdated
from loyalty.forms import TermsForm
from loyalty.models import LedgerCheck, Terms
from loyalty.services.programs import set_terms


@company_view("loyalty.change_program")
def terms(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show the rules and change them."""
    make = partial(_form, company=company, user=request.user)
    form = make(request.POST if request.method == "POST" else None)
    told: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        try:
            set_terms(
                company=company,
                **form.cleaned_data,
                expected=form.expected,
                actor=request.user,
                source=Change.Source.WEB,
                now=timezone.now(),
            )
        except ChangedMeanwhile:
            told = outdated(company, form, make(None))
        else:
            messages.success(request, _("The rules are saved."))
            return redirect("loyalty:terms", company.slug)
    checks = LedgerCheck.objects.for_company(company).order_by("-at", "-pk")
    return render(request, "loyalty/terms.html", {**told, "check": checks.first()})


def _form(data: QueryDict | None, *, company: Company, user: User) -> TermsForm:
    present = Terms.objects.of(company)
    limit = present.adjustment_limit
    initial = {
        "grace_days": present.grace_days,
        "adjustment_limit": "" if limit is None else f"{limit.normalize():f}",
    }
    return TermsForm(data, company=company, user=user, row=present, initial=initial)
