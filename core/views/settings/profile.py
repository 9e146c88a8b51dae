"""The company's name and defaults."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from core import money_kept
from core.forms.settings import CompanyForm
from core.models import Change, Company
from core.services import settings as services
from core.services.changes import ChangedMeanwhile
from core.web.access import CompanyRequest, company_view
from core.web.meanwhile import outdated


@company_view("core.change_company")
def profile(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show and save the company's name and defaults."""
    kept = money_kept.by(company)
    # A second object: the form writes what was typed into its own, and the frame names the company.
    form = _form(request.POST or None, Company.objects.get(pk=company.pk), kept)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        try:
            if _save(request, company, form):
                messages.success(request, _("The company's profile is saved."))
                return redirect("core:settings_profile", company.slug)
        except ChangedMeanwhile:
            fresh = _form(None, Company.objects.get(pk=company.pk), kept)
            context = outdated(company, form, fresh)
    return render(request, "core/settings/profile.html", context)


def _form(data: QueryDict | None, company: Company, kept: list[str]) -> CompanyForm:
    form = CompanyForm(data, instance=company, currency_is_kept=bool(kept))
    if kept:
        form.fields["currency"].help_text = services.currency_sentence(company.currency, kept)
    return form


def _save(request: CompanyRequest, company: Company, form: CompanyForm) -> bool:
    """Save what the form says; False when the form now says why not. Raises ChangedMeanwhile."""
    try:
        services.change_company(
            company=company,
            values=form.cleaned_data,
            expected=form.expected,
            actor=request.user,
            source=Change.Source.WEB,
            now=timezone.now(),
        )
    except services.CurrencyInUse as refused:
        form.add_error("currency", str(refused))
    except ValidationError as error:
        form.add_error(None, error)
    return form.is_valid()
