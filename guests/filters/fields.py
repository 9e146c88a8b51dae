"""Form fields of the list's filters."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from copy import copy, deepcopy
from datetime import date
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _, gettext_lazy
from django_filters.fields import ModelMultipleChoiceField

from core.forms.rows import IdsThatCanBe
from guests.normalize import fold
from guests.querysets.days import day_key

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_numeric = re.compile(r"(\d{1,2})\s*[./-]\s*(\d{1,2})[./]?").fullmatch
_picked = re.compile(r"\d{4}-(\d{2})-(\d{2})").fullmatch
_named = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\s*([a-z]{3,9})\.?").fullmatch
_named_first = re.compile(r"([a-z]{3,9})\.?\s*(\d{1,2})(?:st|nd|rd|th)?").fullmatch


class DayOfYearField(forms.CharField):
    """A day and a month, as 28.12, 28/12 or 28 Dec; its value is month x 100 + day.

    A whole date as a date picker gives it (2026-12-28) will do: its year does not count.
    """

    widget = forms.TextInput(attrs={"placeholder": gettext_lazy("28 Dec"), "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        text = fold(super().to_python(value) or "").strip()
        if not text:
            return None
        try:
            day, month = _day_and_month(text)
            # In a leap year: the 29th of February is somebody's birthday.
            return day_key(date(2000, month, day))
        except ValueError as error:
            message = _("Give a day and a month, as 28.12 or 28 Dec.")
            raise ValidationError(message, code="invalid") from error


def _day_and_month(text: str) -> tuple[int, int]:
    """Raises ValueError for a text that is not a day and a month."""
    if match := _numeric(text):
        return int(match[1]), int(match[2])
    if match := _picked(text):
        return int(match[2]), int(match[1])
    if match := _named(text):
        return int(match[1]), _MONTHS.index(match[2][:3]) + 1
    if match := _named_first(text):
        return int(match[2]), _MONTHS.index(match[1][:3]) + 1
    raise ValueError(text)


class DayField(forms.DateField):
    """A date, typed or picked, of which there is a day before and a day after."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_validators = [
        MinValueValidator(date(1900, 1, 1)),
        MaxValueValidator(date(2999, 12, 31)),
    ]


class _RowsField(IdsThatCanBe, ModelMultipleChoiceField):
    """Rows, or none of them."""

    def clean(self, value: Any) -> Any:
        """Return no rows at once where none are chosen: Django's empty query is still made."""
        return super().clean(value) if value else []


class RowsFilter(filters.ModelMultipleChoiceFilter):
    """Any of some rows of a table, ticked."""

    field_class = _RowsField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, widget=forms.CheckboxSelectMultiple, **kwargs)


class DayFilter(filters.Filter):
    field_class = DayField


class DayOfYearFilter(filters.Filter):
    field_class = DayOfYearField


class WholeFilter(filters.Filter):
    """A whole number from 0."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"min_value": 0, "max_value": 1_000_000_000, **kwargs})


class AmountFilter(filters.Filter):
    """An amount of money."""

    field_class = forms.DecimalField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, max_digits=15, decimal_places=4, **kwargs)


class YesNoFilter(filters.BooleanFilter):
    """Yes, no, or it does not matter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        words = {"": gettext_lazy("Any"), "true": gettext_lazy("Yes"), "false": gettext_lazy("No")}
        super().__init__(*args, widget=forms.Select(choices=list(words.items())), **kwargs)


class _Shared(OrderedDict[str, filters.Filter]):
    """Filters of which a deep copy is one as deep as it must be."""

    def __deepcopy__(self, memo: Any) -> "OrderedDict[str, filters.Filter]":
        return OrderedDict((name, _copied(each)) for name, each in self.items())


def _copied(original: filters.Filter) -> filters.Filter:
    made = copy(original)
    if made.method is not None:
        # Binds the method anew: to the copy, and by it to the copy's own filter set.
        made.method = original.method
    return made


class SharedFields(dict[str, forms.Field]):
    """Fields of a form of which a copy shares all but those of rows: a form changes no others."""

    def __deepcopy__(self, memo: Any) -> dict[str, forms.Field]:
        return {
            name: deepcopy(field, memo) if isinstance(field, forms.ModelChoiceField) else field
            for name, field in self.items()
        }


def shared(base_filters: Mapping[str, filters.Filter]) -> "OrderedDict[str, filters.Filter]":
    """Return the filters of a filter set, to be copied lightly for each of its uses."""
    return _Shared(base_filters)
