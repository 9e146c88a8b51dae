"""Telephone numbers as people read them."""

import phonenumbers


def telephone(number: str) -> str:
    """Return an E.164 number in groups: "+44 20 7946 0958". What is none comes back as it is."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
