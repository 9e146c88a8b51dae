"""The settings about member tiers."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _, ngettext

from core.models import Change, Company
from core.services.changes import ChangedMeanwhile
from core.texts import isolated
from core.web.access import CompanyRequest, company_view
from core.web.meanwhile import outdated
from guests.forms.settings import TierForm
from guests.models import MemberTier
from guests.services import tiers as services
from guests.web.selection import list_url


@company_view("guests.change_membertier")
def tiers(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show the tiers, the highest first."""
    rows = MemberTier.objects.for_company(company).prefetch_related("restaurants")
    rows = rows.with_guest_counts()
    context = {"tiers": rows.order_by("-rank", "name", "pk")}
    return render(request, "guests/settings_tiers.html", context)


@company_view("guests.change_membertier")
def new_tier(request: CompanyRequest, company: Company) -> HttpResponse:
    """Create a tier."""
    form = TierForm(request.POST or None, company=company)
    back = reverse("guests:tiers", args=[company.slug])
    if form.is_valid() and _save(request, company, form, None):
        return redirect(back)
    context = {"form": form, "heading": _("New tier"), "back_url": back}
    return render(request, "core/settings/edit.html", {**context, "action": _("Create tier")})


@company_view("guests.change_membertier")
def tier(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Change a tier."""
    found = get_object_or_404(MemberTier.objects.for_company(company), pk=pk)
    name = str(found)
    form = TierForm(request.POST or None, instance=found, company=company)
    back = reverse("guests:tiers", args=[company.slug])
    told: dict[str, Any] = {"form": form}
    if form.is_valid():
        try:
            if _save(request, company, form, found):
                return redirect(back)
        except ChangedMeanwhile as changed:
            told = outdated(company, form, TierForm(instance=changed.row, company=company))
    context = {
        **told,
        "heading": name,
        "back_url": back,
        "action": _("Save tier"),
        "delete_url": reverse("guests:delete_tier", args=[company.slug, pk]),
        "delete_action": _("Delete tier…"),
    }
    return render(request, "core/settings/edit.html", context)


@company_view("guests.change_membertier")
def delete_tier(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Delete a tier that no guest holds."""
    rows = MemberTier.objects.for_company(company).with_guest_counts()
    found = get_object_or_404(rows, pk=pk)
    back = reverse("guests:tiers", args=[company.slug])
    holders: int = found.guests_count  # type: ignore[attr-defined]  # annotated
    refusal = services.refusal(is_held=holders > 0)
    if request.method == "POST" and not refusal:
        try:
            services.delete_tier(
                tier=found, actor=request.user, source=Change.Source.WEB, now=timezone.now()
            )
        except services.InUse as used:
            refusal = str(used)
        else:
            messages.success(request, _("%(name)s is deleted.") % {"name": isolated(found.name)})
            return redirect(back)
    context = {
        "heading": _("Delete the tier “%(name)s”?") % {"name": isolated(found.name)},
        "texts": [_("It can only be deleted while no guest holds it. This cannot be undone.")],
        "refusal": refusal,
        "refusal_url": list_url(company, f"tier={pk}&inactive=on"),
        "refusal_link": _shown(holders),
        "form": forms.Form(),
        "action": _("Delete tier"),
        "back_url": back,
    }
    return render(request, "core/settings/delete.html", context)


def _shown(holders: int) -> str:
    """Return the words of the link to so many guests."""
    text = ngettext("Show %(shown)s guest", "Show %(shown)s guests", holders)
    return text % {"shown": number_format(holders, force_grouping=True)}


def _save(
    request: CompanyRequest, company: Company, form: TierForm, tier: MemberTier | None
) -> bool:
    """Save what the form says; False when the form now says why not. Raises ChangedMeanwhile."""
    values = dict(form.cleaned_data)
    restaurants = list(values.pop("restaurants", []))
    try:
        saved = services.save_tier(
            company=company,
            tier=tier,
            values=values,
            restaurants=restaurants,
            expected=form.expected,
            actor=request.user,
            source=Change.Source.WEB,
            now=timezone.now(),
        )
    except services.NameTaken as taken:
        form.add_error("name", str(taken))
        return False
    messages.success(request, _("%(name)s is saved.") % {"name": isolated(saved)})
    return True
