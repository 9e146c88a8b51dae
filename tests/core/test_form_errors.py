"""An empty field is named by what to do about it, the same on every page."""

import re

import pytest
from django import forms
from django.template.loader import render_to_string

from core.forms.names import NameField
from core.web.errors import problems


class _Form(forms.Form):
    telephone = forms.CharField(label="Telephone")
    sms = forms.CharField(label="SMS text")
    mail = forms.EmailField(label="E-mail")
    tier = forms.ChoiceField(label="Tier", choices=[("a", "A")])
    rows = forms.MultipleChoiceField(
        label="Rows", choices=[("a", "A")], widget=forms.CheckboxSelectMultiple
    )
    agreed = forms.BooleanField(label="I have read it")
    own = forms.CharField(label="Own", error_messages={"required": "Say it in your own words."})
    age = forms.IntegerField(label="Age")


@pytest.fixture
def form():
    return _Form({"age": "old"})


@pytest.mark.parametrize(
    ("name", "text", "summary"),
    [
        ("telephone", "Enter the telephone.", "Enter the telephone."),
        ("sms", "Enter the SMS text.", "Enter the SMS text."),
        ("mail", "Enter the e-mail.", "Enter the e-mail."),
        ("tier", "Choose the tier.", "Choose the tier."),
        ("rows", "Choose the rows.", "Choose the rows."),
        ("agreed", "Tick “I have read it” to go on.", "Tick “I have read it” to go on."),
        ("own", "Say it in your own words.", "Say it in your own words."),
        ("age", "Enter a whole number.", "Age: Enter a whole number."),
    ],
)
def test_what_is_missing_is_said_by_what_to_do(form, name, text, summary):
    assert [tuple(each) for each in problems(form[name])] == [(text, summary)]


class _Bounded(forms.Form):
    name = NameField(label="Name", max_length=5)
    rank = forms.IntegerField(label="Rank", min_value=0, max_value=1440)
    rate = forms.DecimalField(label="Rate", max_digits=5, decimal_places=2)
    share = forms.DecimalField(label="Share", max_digits=2, decimal_places=1)
    tier = forms.ChoiceField(label="Tier", choices=[("a", "A")])


@pytest.mark.parametrize(
    ("name", "typed", "text"),
    [
        ("name", "x" * 10_000, "At most 5 characters fit; these are 10000."),
        ("name", "\u200b\u202e", "Nothing of it can be seen. Type a name."),
        ("rank", "-5", "Enter 0 or more."),
        ("rank", "9" * 20, "Enter 1440 or less."),
        ("rate", "1.234", "At most 2 decimals fit."),
        ("rate", "12345", "At most 3 figures fit before the decimals."),
        ("rate", "1234567", "At most 5 figures fit."),
        ("share", "0.25", "At most 1 decimal fits."),
        ("share", "10", "At most 1 figure fits before the decimals."),
        ("tier", "x" * 10_000, "Choose one of those that are offered."),
    ],
)
def test_absurd_input_gets_a_sentence_that_says_what_fits(name, typed, text):
    form = _Bounded(
        {"name": "Anna", "rank": "1", "rate": "1", "share": "1", "tier": "a", name: typed}
    )
    assert [each.text for each in problems(form[name])] == [text]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Bella \n Soho ", "Bella Soho"),
        ("Bella\x00\u202e", "Bella"),
        ("Cafe\u0301", "Café"),
        ("مطعم القاهرة", "مطعم القاهرة"),
        ("🍕🍕", "🍕🍕"),
    ],
)
def test_a_name_is_kept_on_one_line_as_it_is_seen(typed, kept):
    assert NameField(max_length=80).clean(typed) == kept


def test_the_summary_links_each_sentence_to_its_field(form):
    html = render_to_string("components/error_summary.html", {"form": form})
    assert '<a href="#id_telephone">Enter the telephone.</a>' in html
    assert "This field is required" not in html


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/login/",
        "/password/",
        "/account/password/",
        "/account/second-factor/",
        "/c/bella/guests/new/",
        "/c/bella/imports/new/",
        "/c/bella/programs/new/",
        "/c/bella/settings/categories/new/",
        "/c/bella/settings/tiers/new/",
        "/c/bella/settings/restaurants/",
        "/c/bella/settings/profile/",
        "/c/bella/settings/staff/invite/",
    ],
)
def test_no_page_says_that_this_field_is_required(bella, owner, client, sign_in, address):
    browser = client if address in ("/login/", "/password/") else sign_in(owner)
    answer = browser.post(address, {"sent": "1"})
    html = answer.content.decode()
    assert "error-summary" in html, answer.status_code
    assert "This field is required" not in html
    assert re.search(r"(Enter|Choose) (a|the|your|whole)", html) or "missing" in html
