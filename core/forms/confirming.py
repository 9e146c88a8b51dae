"""Confirming what concerns many by typing how many they are."""

from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_lazy as _


class TypedNumberForm(forms.Form):
    """Confirms something about many guests by typing their number.

    `expected` is that number, or None when it need not be typed: then there is no field `typed`.
    The button it opens has the id `confirm-button` (static/js/confirm.js).
    """

    #: What to do, of a wrong number.
    asks = _("Type %(number)s to confirm that so many guests are meant.")
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
        return str(self.asks) % {"number": number}
