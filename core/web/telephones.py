"""Telephone numbers as people read them."""

import phonenumbers


def telephone_in(number: str, region: str) -> str:
    """Return an E.164 number as it is dialled in `region` ("GB"): "020 7946 0958"; of another
    country in full."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    if parsed.country_code != phonenumbers.country_code_for_region(region):
        return telephone(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def telephone(number: str) -> str:
    """Return an E.164 number in groups: "+44 20 7946 0958". What is none comes back as it is."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
