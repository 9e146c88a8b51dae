"""The rules for what guests are known by: one source for web form, API and file.

Pure functions from a string that is not blank to a value, or to `Invalid`, which says what is wrong
with it. Blank means "no value" and is the caller's to leave out.
"""

from .dates import FIRST_YEAR, DateOrder, birthday, date, datetime_, orders_of
from .emails import email, email_key
from .errors import MESSAGES, Invalid, describe
from .names import fold, name, name_key, search_text
from .numbers import DecimalMark, amount, decimal_marks, whole
from .phones import Check, PhoneParser, phone
from .texts import fitting, identifier, text, url
from .words import Consent, ConsentState, Sex, boolean, consent, sex

__all__ = [
    "FIRST_YEAR",
    "MESSAGES",
    "Check",
    "Consent",
    "ConsentState",
    "DateOrder",
    "DecimalMark",
    "Invalid",
    "PhoneParser",
    "Sex",
    "amount",
    "birthday",
    "boolean",
    "consent",
    "date",
    "datetime_",
    "decimal_marks",
    "describe",
    "email",
    "email_key",
    "fitting",
    "fold",
    "identifier",
    "name",
    "name_key",
    "orders_of",
    "phone",
    "search_text",
    "sex",
    "text",
    "url",
    "whole",
]
