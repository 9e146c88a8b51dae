"""Confirming what is done to many guests at once."""

from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_lazy as _

from core.models import Company
from guests.models import Category


class ConfirmForm(forms.Form):
    """Confirms a change of the set that was shown; a large one by typing how many guests it has.

    `expected` is that number, or None when it need not be typed.
    """

    seen = forms.CharField(widget=forms.HiddenInput, max_length=80)
    typed = forms.CharField(
        label=_("Number of guests"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, expected: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        if expected is None:
            del self.fields["typed"]
            return
        number = number_format(expected, force_grouping=True)
        field = self.fields["typed"]
        field.label = gettext("Type %(number)s to go on") % {"number": number}
        field.error_messages["required"] = self._ask()
        field.widget.attrs.update(
            {"data-confirms": "confirm-button", "data-confirm-value": str(expected)}
        )

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if "".join(filter(str.isdecimal, typed)) != str(self.expected):
            raise forms.ValidationError(self._ask(), code="other_number")
        return typed

    def _ask(self) -> str:
        number = number_format(self.expected or 0, force_grouping=True)
        text = gettext("Type %(number)s to confirm that so many guests are meant.")
        return text % {"number": number}


class CategoriseForm(ConfirmForm):
    """Confirms a change of category, too."""

    category = forms.ModelChoiceField(
        label=_("Category"), queryset=Category.objects.none(), empty_label=_("Choose a category")
    )
    field_order = ["seen", "category", "typed"]

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["category"]
        field.queryset = Category.objects.for_company(company).order_by("name", "pk")
