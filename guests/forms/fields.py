"""Form fields that read what was typed by a rule of guests.normalize.

So that a form, the API and a file agree on every value, and say of a wrong one the same sentence.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms

from guests import normalize

Rule = Callable[[str], Any]


class RuleField(forms.Field):
    """A line of text, read by a rule. Blank is `blank`; what the rule refuses is an error."""

    widget = forms.TextInput

    def __init__(self, rule: Rule | None = None, *, blank: Any = "", **kwargs: Any) -> None:
        super().__init__(**{"required": False, **kwargs})
        self.rule = rule
        self.blank = blank

    def clean(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text:
            self.validate("")
            return self.blank
        assert self.rule is not None
        try:
            return self.rule(text)
        except normalize.Invalid as error:
            raise forms.ValidationError(str(error), code=error.code) from error


def plain(**attrs: str) -> forms.TextInput:
    """A line in which the browser proposes nothing: the form is about somebody else."""
    return forms.TextInput({"autocomplete": "off", "dir": "auto", **attrs})


def name_field(label: Any) -> RuleField:
    return RuleField(normalize.name, label=label, widget=plain(spellcheck="false"))


def id_field(label: Any, max_length: int, **kwargs: Any) -> RuleField:
    """A card's number, an id of another system: kept as it is typed."""
    return RuleField(
        lambda value: normalize.identifier(value, max_length),
        label=label,
        widget=plain(spellcheck="false", dir="ltr"),
        **kwargs,
    )


def day_field(label: Any, **kwargs: Any) -> RuleField:
    """A day. A browser with a calendar sends 1956-05-21; one without whatever was typed."""
    attrs = {"type": "date", "autocomplete": "off", "min": f"{normalize.FIRST_YEAR}-01-01"}
    widget = forms.DateInput(attrs, format="%Y-%m-%d")
    return RuleField(read_day, blank=None, label=label, widget=widget, **kwargs)


def read_day(value: str) -> date:
    return normalize.date(value, "dmy")


def text_field(label: Any, max_length: int, **kwargs: Any) -> RuleField:
    return RuleField(lambda value: normalize.text(value, max_length), label=label, **kwargs)


def read_phone(value: str, region: str) -> str:
    """Return a telephone as E.164, for forms that are about no guest. Raises ValidationError."""
    try:
        return normalize.phone(value, region=region)
    except normalize.Invalid as error:
        raise forms.ValidationError(str(error), code=error.code) from error


def read_link(value: str) -> str:
    return normalize.fitting(normalize.url(value), 500)
