"""What a company's activity can be narrowed down by."""

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Change, User
from core.querysets import ChangeQuerySet
from core.web import actions, subjects

_FIRST_DAY, _LAST_DAY = date(1970, 1, 2), date(9000, 1, 1)


def _people(request: Any) -> QuerySet[User]:
    """Whoever is or was a member of the company: what they did outlasts their membership."""
    return User.objects.of_company(request.company).order_by("name", "email", "pk")


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
    since = filters.DateFilter(label=_("From"), widget=_day(), method="filter_since")
    until = filters.DateFilter(label=_("To"), widget=_day(), method="filter_until")

    class Meta:
        model = Change
        fields: list[str] = []

    def filter_since(self, changes: ChangeQuerySet, name: str, day: date) -> ChangeQuerySet:
        return changes.filter(at__gte=_midnight(day))

    def filter_until(self, changes: ChangeQuerySet, name: str, day: date) -> ChangeQuerySet:
        return changes.filter(at__lt=_midnight(day, days=1))


def _midnight(day: date, *, days: int = 0) -> datetime:
    """Return when the day begins in the active time zone, as a moment: an index answers it.

    The first and the last days there are have no moment in other zones; nothing happened on them.
    """
    day = min(max(day, _FIRST_DAY), _LAST_DAY) + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time.min))
