"""The language of the house, and how it writes a day."""

from datetime import date

from django import forms
from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation.trans_real import translation


def test_no_word_falls_through_empty_catalogues():
    assert translation(settings.LANGUAGE_CODE)._fallback is None


def test_the_day_stands_first():
    assert date_format(date(2026, 11, 28), "SHORT_DATE_FORMAT") == "28/11/2026"
    assert forms.DateField().clean("5/11/2026") == date(2026, 11, 5)
