"""Confirming what is done to many guests at once."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms.confirming import TypedNumberForm
from core.models import Company
from core.texts import isolated
from guests.models import Category, MemberTier


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
