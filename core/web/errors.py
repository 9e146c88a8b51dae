"""What is wrong with a field, in sentences that can stand alone: each names what it is about."""

from typing import Any, NamedTuple

from django import forms
from django.core import validators
from django.core.exceptions import ValidationError
from django.forms import BoundField, Field
from django.utils.translation import gettext as _, gettext_lazy, ngettext_lazy

_CHOSEN = (forms.Select, forms.RadioSelect, forms.CheckboxSelectMultiple)
#: What Django says of itself, and what is said instead. A field's own sentence is another.
_SAID: list[tuple[Any, Any]] = [
    (
        validators.MaxLengthValidator.message,
        gettext_lazy("At most %(limit_value)d characters fit; these are %(show_value)d."),
    ),
    (validators.MinValueValidator.message, gettext_lazy("Enter %(limit_value)s or more.")),
    (validators.MaxValueValidator.message, gettext_lazy("Enter %(limit_value)s or less.")),
    (
        validators.DecimalValidator.messages["max_decimal_places"],
        ngettext_lazy("At most %(max)s decimal fits.", "At most %(max)s decimals fit.", "max"),
    ),
    (
        validators.DecimalValidator.messages["max_whole_digits"],
        ngettext_lazy(
            "At most %(max)s figure fits before the decimals.",
            "At most %(max)s figures fit before the decimals.",
            "max",
        ),
    ),
    (
        validators.DecimalValidator.messages["max_digits"],
        ngettext_lazy("At most %(max)s figure fits.", "At most %(max)s figures fit.", "max"),
    ),
    (
        forms.ChoiceField.default_error_messages["invalid_choice"],
        gettext_lazy("Choose one of those that are offered."),
    ),
    (
        forms.MultipleChoiceField.default_error_messages["invalid_choice"],
        gettext_lazy("Choose from those that are offered."),
    ),
    (
        forms.ModelMultipleChoiceField.default_error_messages["invalid_choice"],
        gettext_lazy("One of them is not there any more. Choose anew."),
    ),
    (
        forms.ModelMultipleChoiceField.default_error_messages["invalid_pk_value"],
        gettext_lazy("Choose from those that are offered."),
    ),
    (
        forms.ModelChoiceField.default_error_messages["invalid_choice"],
        gettext_lazy("It is not there any more. Choose another."),
    ),
    (
        validators.ProhibitNullCharactersValidator.message,
        gettext_lazy("It holds a character that cannot be kept. Type it anew."),
    ),
]


class Problem(NamedTuple):
    """`text` under the field; `summary` where it stands among those of other fields."""

    text: str
    summary: str


def problems(field: BoundField) -> list[Problem]:
    """Return all that is wrong with the field, in the order in which it was found."""
    return [
        _of(field, error.code or "", _in_our_words(error, str(text)))
        for error in field.errors.as_data()
        for text in error.messages
    ]


def _in_our_words(error: ValidationError, text: str) -> str:
    said = getattr(error, "message", None)
    ours = next((ours for django, ours in _SAID if said is django), None)
    return text if ours is None else str(ours % error.params)


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
