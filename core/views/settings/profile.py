"""The company's name and defaults."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from core import money_kept
from core.forms.settings import CompanyForm
from core.models import Change, Company
from core.services import settings as services
from core.web.access import CompanyRequest, company_view


@company_view("core.change_company")
def profile(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show and save the company's name and defaults."""
    kept = money_kept.by(company)
    # A second object: the form writes what was typed into its own, and the frame names the company.
    form = CompanyForm(
        request.POST or None,
        instance=Company.objects.get(pk=company.pk),
        currency_is_kept=bool(kept),
    )
    if kept:
        form.fields["currency"].help_text = services.currency_sentence(company.currency, kept)
    if form.is_valid() and _save(request, company, form):
        messages.success(request, _("The company's profile is saved."))
        return redirect("core:settings_profile", company.slug)
    return render(request, "core/settings/profile.html", {"form": form})


def _save(request: CompanyRequest, company: Company, form: CompanyForm) -> bool:
    try:
        services.change_company(
            company=company,
            values=form.cleaned_data,
            actor=request.user,
            source=Change.Source.WEB,
            now=timezone.now(),
        )
    except services.CurrencyInUse as refused:
        form.add_error("currency", str(refused))
    except ValidationError as error:
        form.add_error(None, error)
    return form.is_valid()
