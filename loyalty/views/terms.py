"""The company's rules for money: grace days and the limit of what one person may do."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Change, Company
from core.web.access import CompanyRequest, company_view
from loyalty.forms import TermsForm
from loyalty.models import LedgerCheck, Terms
from loyalty.services.programs import set_terms


@company_view("loyalty.change_program")
def terms(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show the rules and change them."""
    present = Terms.objects.of(company)
    limit = present.adjustment_limit
    initial = {
        "grace_days": present.grace_days,
        "adjustment_limit": "" if limit is None else f"{limit.normalize():f}",
    }
    data = request.POST if request.method == "POST" else None
    form = TermsForm(data, company=company, initial=initial)
    if form.is_bound and form.is_valid():
        set_terms(
            company=company, actor=request.user, source=Change.Source.WEB, now=timezone.now(),
            **form.cleaned_data,
        )  # fmt: skip
        messages.success(request, _("The rules are saved."))
        return redirect("loyalty:terms", company.slug)
    checks = LedgerCheck.objects.for_company(company).order_by("-at", "-pk")
    return render(request, "loyalty/terms.html", {"form": form, "check": checks.first()})
