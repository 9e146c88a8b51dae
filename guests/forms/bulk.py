"""Confirming what is done to many guests at once."""

import re
from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.forms.confirming import TypedNumberForm
from core.models import Company
from core.texts import isolated
from guests.models import Category, MemberTier

_made_here = re.compile(r"[0-9a-f-]{36}").fullmatch


def ref_in(data: QueryDict) -> str:
    """Return the name of the page that was sent; "" of one that none of ours can have."""
    text = data.get("ref", "")
    return text if _made_here(text) else ""


class ConfirmForm(TypedNumberForm):
    """Confirms a change of the set that was shown; a large one by typing how many guests it has.

    `ref` names the page: sent twice, it counts once.
    """

    seen = forms.CharField(widget=forms.HiddenInput, max_length=80)
    ref = forms.CharField(widget=forms.HiddenInput, required=False, initial=lambda: str(uuid4()))
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


class SetTierForm(ConfirmForm):
    """Confirms a tier, too; `tier` is None where they are to have none."""

    NONE = "none"

    tier = forms.ChoiceField(label=_("Tier"))
    field_order = ["seen", "ref", "tier", "typed"]

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tiers = MemberTier.objects.for_company(company).order_by("-rank", "name", "pk")
        self.tiers = {str(each.pk): each for each in tiers}
        field: Any = self.fields["tier"]
        field.choices = [
            ("", _("Choose a tier")),
            *((pk, isolated(each)) for pk, each in self.tiers.items()),
            (self.NONE, _("No tier")),
        ]

    def clean_tier(self) -> MemberTier | None:
        return self.tiers.get(self.cleaned_data["tier"])
