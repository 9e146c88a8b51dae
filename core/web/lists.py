"""What every list needs around its rows: pages, and chips for the filters that are on."""

from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms.models import ModelChoiceField
from django.http import HttpRequest
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

PAGE_ROWS = 50


def paginate(request: HttpRequest, rows: QuerySet[Any], size: int = PAGE_ROWS) -> Page[Any]:
    """Return the page that the address asks for; a number that is none gets the nearest."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def pager(request: HttpRequest, page: Page[Any]) -> dict[str, str]:
    """Return what components/pagination.html shows of a page."""
    last = page.paginator.num_pages
    return {
        "label": _("%(first)s to %(last)s of %(count)s")
        % {
            "first": number_format(page.start_index(), force_grouping=True),
            "last": number_format(page.end_index(), force_grouping=True),
            "count": number_format(page.paginator.count, force_grouping=True),
        },
        "first": _with(request, page=1) if page.number > 1 else "",
        "previous": _with(request, page=page.number - 1) if page.number > 1 else "",
        "next": _with(request, page=page.number + 1) if page.number < last else "",
        "last": _with(request, page=last) if page.number < last else "",
    }


def chips(request: HttpRequest, form: forms.BaseForm) -> list[dict[str, str]]:
    """Return a chip for each filter of a valid, bound form that is on."""
    found = []
    for name, value in form.cleaned_data.items():
        if value in (None, "", []):
            continue
        label = f"{form.fields[name].label}: {_shown(form.fields[name], value)}"
        found.append({"label": label, "url": _with(request, page=None, **{name: None})})
    return found


def _shown(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.DateField):
        return date_format(value, "j M Y")
    if isinstance(field, forms.ChoiceField) and not isinstance(field, ModelChoiceField):
        choices: Any = field.choices
        return next((str(label) for key, label in choices if key == value), str(value))
    return str(value)


def _with(request: HttpRequest, **changes: Any) -> str:
    """Return the present address with other parameters; None takes one away."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"?{query.urlencode()}"
