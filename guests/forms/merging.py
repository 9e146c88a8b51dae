"""Choosing, field by field, what one guest gets of two."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.models import Company
from guests.models import Guest
from guests.services import merge_choices
from guests.web import merge_words


class MergeForm(forms.Form):
    """A choice for each field in which the two differ, set to what is most likely meant.

    The versions are those of the guests that the page showed: whoever changed one of them in
    between is not overruled unseen.
    """

    kept_version = forms.IntegerField(widget=forms.HiddenInput)
    merged_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, company: Company, kept: Guest, merged: Guest, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"kept_version": kept.version, "merged_version": merged.version}
        texts = merge_words.values_of(company, kept, merged)
        for name, (on_kept, on_merged) in texts.items():
            if not merge_choices.differs(kept, merged, name):
                continue
            if merge_choices.forced(kept, merged, name):
                continue
            both = _("Both, one under the other")
            labels = {"kept": on_kept, "merged": on_merged, "both": both}
            self.fields[name] = forms.ChoiceField(
                label=merge_words.label(name),
                choices=[(side, labels[side]) for side in merge_choices.sides(kept, merged, name)],
                initial=merge_choices.default(kept, merged, name),
                widget=forms.RadioSelect,
            )

    @property
    def choices(self) -> dict[str, str]:
        """What was chosen, by field."""
        return {
            name: value for name, value in self.cleaned_data.items() if name in merge_choices.FIELDS
        }


class EraseForm(forms.Form):
    """Confirms an erasure by the end of the guest's telephone, which one has to look at first."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    typed = forms.CharField(
        label=_("Last four digits of the telephone"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, guest: Guest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"version": guest.version}
        self.expected = (guest.phone or "")[-4:]
        self.fields["typed"].widget.attrs.update(
            {"data-confirms": "confirm-button", "data-confirm-value": self.expected}
        )

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if "".join(typed.split()) != self.expected:
            raise forms.ValidationError(
                _("These are not the last four digits of this guest's telephone.")
            )
        return typed
