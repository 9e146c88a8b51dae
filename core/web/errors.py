"""What is wrong with a field, in sentences that can stand alone: each names what it is about."""

from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField, Field
from django.utils.translation import gettext as _

_CHOSEN = (forms.Select, forms.RadioSelect, forms.CheckboxSelectMultiple)


class Problem(NamedTuple):
    """`text` under the field; `summary` where it stands among those of other fields."""

    text: str
    summary: str


def problems(field: BoundField) -> list[Problem]:
    """Return all that is wrong with the field, in the order in which it was found."""
    return [
        _of(field, error.code or "", str(text))
        for error in field.errors.as_data()
        for text in error.messages
    ]


def _of(field: BoundField, code: str, text: str) -> Problem:
    if code != "required":
        return Problem(text, f"{field.label}: {text}")
    if text == str(Field.default_error_messages["required"]):
        text = _missing(field)
    return Problem(text, text)


def _missing(field: BoundField) -> str:
    """Return what to do about an empty field, by its label."""
    label = str(field.label)
    if not label[1:2].isupper():
        # "Telephone" becomes a word of the sentence; "SMS" stays as it is.
        label = label[:1].lower() + label[1:]
    widget: Any = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return _("Tick “%(label)s” to go on.") % {"label": field.label}
    if isinstance(widget, _CHOSEN):
        return _("Choose the %(label)s.") % {"label": label}
    return _("Enter the %(label)s.") % {"label": label}
