"""Why a value was refused: a code, its parameters, and the sentence they make.

The code and the parameters are what is stored with an imported row; the sentence is made when
somebody reads it, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SHOWN = 60
"""How many characters of a value a sentence may repeat."""

MESSAGES: dict[str, str | Promise] = {
    # Any field
    "invisible": _("The value holds only characters that cannot be seen."),
    "too_long": _("“%(value)s” is too long: %(length)s characters, and there is room for %(max)s."),
    "control_characters": _("“%(value)s” holds a line break, a tab or another control character."),
    "lost_digits": _(
        "A spreadsheet shortened “%(value)s” and its last digits are lost. "
        "Set the column to “text” and enter the number again."
    ),
    "spreadsheet_error": _(
        "“%(value)s” holds an error of the spreadsheet: mend its formula, or empty the cell."
    ),
    # Phones
    "phone_letters": _("“%(value)s” is not a phone number: it has letters."),
    "phone_characters": _(
        "“%(value)s” is not a phone number: “%(character)s” does not belong in one."
    ),
    "phone_no_digits": _("“%(value)s” is not a phone number: it has no digits."),
    "phone_date": _("“%(value)s” is a date, not a phone number."),
    "phone_extension": _("“%(value)s” has an extension. Leave only the number itself."),
    "phone_several": _("“%(value)s” holds more than one phone number. Leave one."),
    "phone_country": _("“%(value)s” does not start with the code of a country."),
    "phone_area_code": _("“%(value)s” lacks its area code."),
    "phone_too_short": _("“%(value)s” has too few digits for a phone number."),
    "phone_too_long": _("“%(value)s” has too many digits for one phone number."),
    "phone_length": _(
        "“%(value)s” cannot be a phone number: no number of its country has as many digits."
    ),
    "phone_not_valid": _("“%(value)s” is not a phone number that its country gives out."),
    "phone_not_mobile": _("“%(value)s” is not a mobile number."),
    # Dates
    "date_format": _("“%(value)s” is not a date. Write it as 1956-05-21 or 21.05.1956."),
    "date_none": _("“%(value)s” is not a date: there is no such day."),
    "date_year": _("“%(value)s” has a year of two digits. Write all four."),
    "date_order_ymd": _("“%(value)s” does not follow its column: year, month, day."),
    "date_order_dmy": _("“%(value)s” does not follow its column: day, month, year."),
    "date_order_mdy": _("“%(value)s” does not follow its column: month, day, year."),
    "date_time": _("“%(value)s” has a time of day and a time zone. A date alone is expected."),
    "date_early": _("“%(value)s” is before %(year)s: look at the year."),
    "time_format": _("“%(value)s” is not a date with a time. Write it as 2019-04-24 18:30."),
    "birthday_future": _("The birthday “%(value)s” is in the future."),
    "birthday_early": _("The birthday “%(value)s” is before %(year)s."),
    # Words
    "boolean": _("“%(value)s” is neither yes nor no. Write yes, no, 1 or 0."),
    "sex": _(
        "“%(value)s” is not understood. Write male, female or other, or leave the cell empty."
    ),
    "consent": _(
        "“%(value)s” does not say whether consent was given. "
        "Write given, revoked or unknown, or start with the date it was given."
    ),
    "consent_date": _("“%(value)s” holds a date that does not exist or cannot be read."),
    # Names of categories
    "categories_quotes": _("“%(value)s” opens a quotation mark and does not close it."),
    # E-mail addresses and links
    "email_at": _("“%(value)s” is not an e-mail address: write it as name@example.com."),
    "email_several": _("“%(value)s” holds more than one e-mail address. Leave one."),
    "email_spaces": _("“%(value)s” is not an e-mail address: it has a space."),
    "email_local": _("“%(value)s” is not an e-mail address: check what stands before the @."),
    "email_domain": _("“%(value)s” is not an e-mail address: check what stands after the @."),
    "email_alphabets": _("“%(value)s” mixes letters of two alphabets after the @. Type it again."),
    "url_scheme": _("“%(value)s” is not a link: it must start with https:// or http://."),
    "url_format": _("“%(value)s” is not a link that can be opened."),
    # Amounts
    "amount_format": _("“%(value)s” is not an amount. Write it as 1234.56."),
    "amount_ambiguous": _(
        "“%(value)s” can be read in two ways. Write it as %(large)s or as %(small)s."
    ),
    "amount_decimals": _("“%(value)s” has more than %(max)s decimals."),
    "amount_too_large": _("“%(value)s” is more than any amount kept here (%(max)s)."),
    "amount_negative": _("“%(value)s” is below zero."),
}
"""A sentence for every code. Named parameters; `value` is always among those given."""


class Invalid(ValueError):
    """A value that a rule refuses; `str()` is a sentence for the person who has to mend it.

    `code` is a key of MESSAGES. `params` are what its sentence names: strings cut to SHOWN
    characters without control characters, and integers, so that they can be stored as JSON and
    shown as they are.
    """

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params: dict[str, str | int] = {
            key: shown(value) if isinstance(value, str) else value for key, value in params.items()
        }

    def __str__(self) -> str:
        return describe(self.code, self.params)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions pickle as class(*args), which would drop the parameters between two processes.
        return _invalid, (self.code, self.params)


def describe(code: str, params: Mapping[str, object]) -> str:
    """The sentence for a code and its parameters, in the active language.

    Raises KeyError for an unknown code or a missing parameter.
    """
    return str(MESSAGES[code]) % params


def shown(value: str) -> str:
    """`value` as a sentence may repeat it: at most SHOWN characters, each of them visible."""
    if len(value) > SHOWN:
        value = value[: SHOWN - 1] + "…"
    if value.isprintable():
        return value
    return "".join(character if character.isprintable() else " " for character in value)


def _invalid(code: str, params: dict[str, str | int]) -> Invalid:
    return Invalid(code, **params)
