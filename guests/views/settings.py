"""The settings about guests: their categories."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _, ngettext

from core.forms.confirming import TypedNumberForm
from core.models import Change, Company
from core.services.changes import ChangedMeanwhile
from core.texts import isolated
from core.web.access import CompanyRequest, company_view
from core.web.meanwhile import outdated
from guests.forms.settings import CategoryForm
from guests.models import Category, Guest
from guests.services import bulk_changes, categories as services
from guests.services.bulk_changes_sets import is_large


@company_view("guests.change_category")
def categories(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show the categories, with how many guests are in each."""
    found = Category.objects.for_company(company).with_guest_counts().order_by("name", "pk")
    return render(request, "guests/settings_categories.html", {"categories": found})


@company_view("guests.add_category")
def new_category(request: CompanyRequest, company: Company) -> HttpResponse:
    """Create a category."""
    form = CategoryForm(request.POST or None)
    back = reverse("guests:categories", args=[company.slug])
    if form.is_valid():
        create = partial(services.create_category, company=company)
        if saved := _saved(request, form, create):
            messages.success(request, _("%(name)s is added.") % {"name": isolated(saved)})
            return redirect(back)
    context = {"form": form, "heading": _("New category"), "back_url": back}
    return render(request, "core/settings/edit.html", {**context, "action": _("Create category")})


@company_view("guests.change_category")
def category(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Rename or recolour a category, or say whether new guests get it."""
    found = get_object_or_404(Category.objects.for_company(company), pk=pk)
    name = str(found)
    form = CategoryForm(request.POST or None, instance=found)
    back = reverse("guests:categories", args=[company.slug])
    told: dict[str, Any] = {"form": form}
    if form.is_valid():
        change = partial(services.change_category, category=found, expected=form.expected)
        try:
            if saved := _saved(request, form, change):
                messages.success(request, _("%(name)s is saved.") % {"name": isolated(saved)})
                return redirect(back)
        except ChangedMeanwhile as changed:
            told = outdated(company, form, CategoryForm(instance=changed.row))
    context = {
        **told,
        "heading": name,
        "back_url": back,
        "action": _("Save category"),
        "delete_url": reverse("guests:delete_category", args=[company.slug, pk]),
        "delete_action": _("Delete category…"),
    }
    return render(request, "core/settings/edit.html", context)


@company_view("guests.delete_category")
def delete_category(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Say what happens, and delete the category; its guests stay."""
    rows = Category.objects.for_company(company).with_guest_counts()
    found = get_object_or_404(rows, pk=pk)
    guests: int = found.guests_count  # type: ignore[attr-defined]  # annotated
    expected = guests if is_large(guests, Guest.objects.for_company(company)) else None
    form = TypedNumberForm(request.POST if request.method == "POST" else None, expected=expected)
    back = reverse("guests:categories", args=[company.slug])
    refusal = " ".join(services.uses_of(found))
    if form.is_valid() and not refusal:
        try:
            change = bulk_changes.delete_category(
                category=found,
                actor=request.user,
                source=Change.Source.WEB,
                now=timezone.now(),
            )
        except services.InUse as used:
            refusal = str(used)
        else:
            return redirect("guests:change", company.slug, change.number)
    context = {
        "heading": _("Delete the category “%(name)s”?") % {"name": isolated(found.name)},
        "texts": [_leaving(guests), _("No guest is deleted. It can be undone afterwards.")],
        "refusal": refusal,
        "form": form,
        "action": _("Delete category"),
        "back_url": back,
    }
    return render(request, "core/settings/delete.html", context)


def _saved(
    request: CompanyRequest, form: CategoryForm, save: Callable[..., Category]
) -> Category | None:
    """Save what the form says; None when the form now says why not. Raises ChangedMeanwhile."""
    try:
        return save(
            **form.cleaned_data,
            actor=request.user,
            source=Change.Source.WEB,
            now=timezone.now(),
        )
    except services.NameTaken as taken:
        form.add_error("name", str(taken))
        return None


def _leaving(guests: int) -> str:
    return ngettext("%(shown)s guest leaves it.", "%(shown)s guests leave it.", guests) % {
        "shown": number_format(guests, force_grouping=True)
    }
