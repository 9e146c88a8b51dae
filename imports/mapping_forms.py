"""The form of a saved column mapping."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms.meanwhile import OpenedForm
from core.forms.names import NameField


class MappingNameForm(OpenedForm, forms.Form):
    """What a mapping is called."""

    name = NameField(
        label=_("Name"),
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off", "dir": "auto"}),
    )
