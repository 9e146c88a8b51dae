"""What the list of imports can be narrowed down by."""

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.models import Job, User
from imports.models import ImportJob


def _people(request: Any) -> QuerySet[User]:
    """Whoever is or was a member of the company: imports outlast memberships."""
    return User.objects.of_company(request.company).order_by("name", "email", "pk")


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ImportFilter(filters.FilterSet):
    """By file name, state, person and the days they were made, in the company's time."""

    q = filters.CharFilter(
        "filename",
        "icontains",
        label=_("File name"),
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    state = filters.ChoiceFilter(label=_("State"), choices=Job.State.choices, empty_label=_("Any"))
    actor = filters.ModelChoiceFilter(label=_("By"), queryset=_people, empty_label=_("Anybody"))
    since = filters.DateFilter("created_at", "date__gte", label=_("From"), widget=_day())
    until = filters.DateFilter("created_at", "date__lte", label=_("To"), widget=_day())

    class Meta:
        model = ImportJob
        fields: list[str] = []
