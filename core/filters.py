"""What a company's activity can be narrowed down by."""

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.models import Change, User
from core.web import actions, subjects


def _people(request: Any) -> QuerySet[User]:
    """Whoever is or was a member of the company: what they did outlasts their membership."""
    return User.objects.filter(memberships__company=request.company).order_by("name", "email", "pk")


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ActivityFilter(filters.FilterSet):
    """By person, by what was done, by what it was done to, and by days of the company's time."""

    actor = filters.ModelChoiceFilter(label=_("Who"), queryset=_people, empty_label=_("Anybody"))
    action = filters.ChoiceFilter(label=_("What"), choices=actions.choices, empty_label=_("All"))
    subject = filters.ChoiceFilter(
        label=_("About"), choices=subjects.choices, empty_label=_("Anything")
    )
    # For links: everything about one guest, one import.
    subject_id = filters.NumberFilter(
        label=_("Number"), widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1
    )
    since = filters.DateFilter("at", "date__gte", label=_("From"), widget=_day())
    until = filters.DateFilter("at", "date__lte", label=_("To"), widget=_day())

    class Meta:
        model = Change
        fields: list[str] = []
