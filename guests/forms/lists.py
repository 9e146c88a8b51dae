"""What one chooses about the list: its columns, and the name of a view."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms.names import NameField
from core.web.controls import PlainControls
from guests import tables
from guests.models import GuestListChoice
from guests.services.list_choices import PAGE_SIZES


class ColumnsForm(forms.Form):
    """Which columns are shown; Telephone and Name always are, Balance while there is a program."""

    default_renderer = PlainControls
    columns = forms.MultipleChoiceField(
        label=_("Columns"), required=False, widget=forms.CheckboxSelectMultiple
    )
    page_size = forms.TypedChoiceField(
        label=_("Guests a page"), coerce=int, choices=[(size, str(size)) for size in PAGE_SIZES]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["columns"]
        field.choices = [(column.key, column.label) for column in tables.choosable()]

    @staticmethod
    def initial_of(choice: GuestListChoice) -> dict[str, Any]:
        shown = tables.shown_columns(choice.columns)
        return {"columns": [column.key for column in shown], "page_size": choice.page_size}

    def clean_columns(self) -> list[str]:
        """Return the keys; with none ticked the two columns that are always there."""
        return self.cleaned_data["columns"] or [c.key for c in tables.COLUMNS if c.fixed]


class SaveViewForm(forms.Form):
    """A name for what is filtered; `shared` only for those who may share."""

    name = NameField(label=_("Name"), max_length=60)
    shared = forms.BooleanField(
        label=_("For everybody in the company"), required=False,
        help_text=_("Else only you see it."),
    )  # fmt: skip

    def __init__(self, *args: Any, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        if not may_share:
            del self.fields["shared"]
