"""How safely the company's members sign in."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.forms.settings import SecurityForm
from core.models import Change, Company, Membership
from core.services import second_factor, settings as services
from core.services.changes import ChangedMeanwhile
from core.web.access import CompanyRequest, company_view
from core.web.meanwhile import outdated


@company_view("core.change_company")
def security(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show who has a second factor, and demand one of all."""
    form = SecurityForm(request.POST or None, instance=Company.objects.get(pk=company.pk))
    told: dict[str, Any] = {"form": form}
    if form.is_valid():
        try:
            services.demand_second_factor(
                company=company,
                demanded=form.cleaned_data["requires_second_factor"],
                expected=form.expected,
                actor=request.user,
                source=Change.Source.WEB,
                now=timezone.now(),
            )
        except services.NotYourself as refused:
            form.add_error("requires_second_factor", str(refused))
        except ChangedMeanwhile as changed:
            told = outdated(company, form, SecurityForm(instance=changed.row))
        else:
            messages.success(request, _("The security settings are saved."))
            return redirect("core:settings_security", company.slug)
    members = Membership.objects.for_company(company).active()
    context = {
        **told,
        "without": members.without_second_factor().for_list(),
        "members_count": members.count(),
        "has_second_factor": second_factor.is_on(request.user),
    }
    return render(request, "core/settings/security.html", context)
