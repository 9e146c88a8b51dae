"""The settings about imports: column mappings that were saved under a name."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Change, Company
from core.services.changes import ChangedMeanwhile
from core.texts import isolated
from core.web.access import CompanyRequest, company_view
from core.web.meanwhile import outdated
from imports.mapping_forms import MappingNameForm
from imports.models import ColumnMapping
from imports.services import mappings as services


@company_view("imports.change_columnmapping")
def mappings(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show the saved mappings, by name."""
    found = ColumnMapping.objects.for_company(company).order_by("name", "pk")
    rows = [
        {"mapping": each, "fields": sum(bool(field) for field in each.mapping)} for each in found
    ]
    return render(request, "imports/mappings.html", {"rows": rows})


@company_view("imports.change_columnmapping")
def mapping(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Rename a mapping."""
    found = get_object_or_404(ColumnMapping.objects.for_company(company), pk=pk)
    form = _form(request.POST or None, found)
    told: dict[str, Any] = {"form": form}
    back = reverse("mappings:list", args=[company.slug])
    if form.is_valid():
        try:
            services.rename_mapping(
                mapping=found,
                name=form.cleaned_data["name"],
                expected=form.expected,
                actor=request.user,
                source=Change.Source.WEB,
                now=timezone.now(),
            )
        except services.NameTaken as taken:
            form.add_error("name", str(taken))
        except ChangedMeanwhile:
            found.refresh_from_db()
            told = outdated(company, form, _form(None, found))
        else:
            messages.success(request, _("The mapping is renamed."))
            return redirect(back)
    context = {
        **told,
        "heading": found.name,
        "back_url": back,
        "action": _("Rename mapping"),
        "delete_url": reverse("mappings:delete", args=[company.slug, pk]),
        "delete_action": _("Delete mapping…"),
    }
    return render(request, "core/settings/edit.html", context)


def _form(data: QueryDict | None, mapping: ColumnMapping) -> MappingNameForm:
    return MappingNameForm(data, row=mapping, initial={"name": isolated(mapping.name)})


@company_view("imports.change_columnmapping")
def delete(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Delete a mapping."""
    found = get_object_or_404(ColumnMapping.objects.for_company(company), pk=pk)
    back = reverse("mappings:list", args=[company.slug])
    if request.method == "POST":
        services.delete_mapping(
            mapping=found, actor=request.user, source=Change.Source.WEB, now=timezone.now()
        )
        messages.success(request, _("The mapping is deleted."))
        return redirect(back)
    context = {
        "heading": _("Delete the mapping “%(name)s”?") % {"name": isolated(found.name)},
        "texts": [_("Files with these columns are mapped by their headings again.")],
        "form": forms.Form(),
        "action": _("Delete mapping"),
        "back_url": back,
    }
    return render(request, "core/settings/delete.html", context)
