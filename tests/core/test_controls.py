"""Controls written without templates say what Django's own say."""

import pytest
from django import forms
from django.test.testcases import assert_and_parse_html

from core.web.controls import PlainControls

GROUPED = [("Sweet", [("cake", 'A "cake"'), ("ice", "Ice & cream")]), ("", "None"), (3, "<three>")]
WIDGETS = [
    forms.TextInput({"placeholder": '"x" & <y>', "required": True, "hidden": False}),
    forms.NumberInput({"min": 0, "step": "any"}),
    forms.DateInput({"type": "date"}),
    forms.EmailInput(),
    forms.CheckboxInput(),
    forms.Select(choices=GROUPED),
    forms.CheckboxSelectMultiple(choices=GROUPED, attrs={"class": "a&b"}),
    forms.Textarea(),
    forms.RadioSelect(choices=GROUPED),
]


@pytest.mark.parametrize("value", [None, "", "3", "cake", 'a"<b>&', ["cake", "3"]])
@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
def test_a_control_is_what_django_writes(widget, value):
    class Plain(forms.Form):
        default_renderer = PlainControls
        it = forms.Field(widget=widget, required=False, help_text="Help")

    class Usual(forms.Form):
        it = forms.Field(widget=widget, required=False, help_text="Help")

    plain, usual = (str(form(initial={"it": value})["it"]) for form in (Plain, Usual))

    assert _parsed(plain) == _parsed(usual)


def _parsed(html):
    return assert_and_parse_html(None, html, None, "Not HTML:")
