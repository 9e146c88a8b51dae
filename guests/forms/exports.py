"""What an export is to hold, and as what."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from guests.models import GuestExport


class ExportForm(forms.Form):
    """Columns and format; `by_mail`: whether whoever asks is told by mail when it is long.

    `columns` are the headings of the list's columns, `email` is the asker's address.
    """

    shape = forms.ChoiceField(
        label=_("Columns"), choices=GuestExport.Shape.choices, widget=forms.RadioSelect
    )
    format = forms.ChoiceField(
        label=_("Format"), choices=GuestExport.Format.choices, widget=forms.RadioSelect
    )
    by_mail = forms.BooleanField(label=_("Tell me by e-mail when it is ready"), required=False)

    def __init__(
        self, *args: Any, columns: Iterable[Any], is_long: bool, email: str, **kwargs: Any
    ) -> None:
        initial = {
            "shape": GuestExport.Shape.LIST,
            "format": GuestExport.Format.CSV,
            "by_mail": True,
        }
        super().__init__(*args, **{"initial": initial, **kwargs})
        shown = ", ".join(map(str, columns))
        self.fields["shape"].help_text = gettext("Shown are: %(columns)s.") % {"columns": shown}
        if is_long:
            self.fields["by_mail"].help_text = email
        else:
            del self.fields["by_mail"]
