"""Telephones as people read them: what the library of telephones says, only sooner."""

import random

import phonenumbers
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberFormat

from core.web.telephones import telephone

pytestmark = pytest.mark.pure


def by_the_library(number):
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


@pytest.mark.parametrize("code", sorted(COUNTRY_CODE_TO_REGION_CODE))
def test_numbers_of_every_country_are_grouped_as_the_library_does(code):
    rng = random.Random(code)
    numbers = [
        f"+{code}{''.join(rng.choice('0123456789') for _digit in range(rng.randrange(3, 13)))}"[:16]
        for _number in range(40)
    ]
    assert [telephone(each) for each in numbers] == [by_the_library(each) for each in numbers]


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_numbers_that_exist_are_grouped_as_the_library_does(region):
    examples = [phonenumbers.example_number_for_type(region, kind) for kind in range(11)]
    numbers = [
        phonenumbers.format_number(each, PhoneNumberFormat.E164) for each in examples if each
    ]
    assert [telephone(each) for each in numbers] == [by_the_library(each) for each in numbers]


@pytest.mark.parametrize(
    "text", ["", "+", "hello", "+4", "0044", "+44", "447700900123", "+٤٤٧٧", "+0442079460958"]
)
def test_what_is_no_number_comes_back_as_the_library_says(text):
    assert telephone(text) == by_the_library(text)
