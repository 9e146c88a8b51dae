"""Confirming what is done to many guests at once."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms.confirming import TypedNumberForm
from core.models import Company
from guests.models import Category


class ConfirmForm(TypedNumberForm):
    """Confirms a change of the set that was shown; a large one by typing how many guests it has.

    `ref` names the page: sent twice, it counts once.
    """

    seen = forms.CharField(widget=forms.HiddenInput, max_length=80)
    ref = forms.CharField(widget=forms.HiddenInput, required=False)
    field_order = ["seen", "ref", "typed"]


class CategoriseForm(ConfirmForm):
    """Confirms a change of category, too."""

    category = forms.ModelChoiceField(
        label=_("Category"), queryset=Category.objects.none(), empty_label=_("Choose a category")
    )
    field_order = ["seen", "ref", "category", "typed"]

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["category"]
        field.queryset = Category.objects.for_company(company).order_by("name", "pk")
