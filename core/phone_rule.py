"""Telephones that people type of themselves, read by the rule for telephones of guests.

There is one rule, and it is a floor above: guests declare it here, in `AppConfig.ready()`.
"""

from collections.abc import Callable, Collection

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: Reads a telephone as E.164, in a region ("GB"). Raises ValidationError.
Read = Callable[[str, str], str]

_rules: list[Read] = []


def register(read: Read) -> None:
    """Declare the rule; another takes its place."""
    _rules[:] = [read]


def read_phone(text: str, *, regions: Collection[str]) -> str:
    """Return what was typed as E.164; "" of nothing. `regions` are those of its companies.

    Without the code of a country it can be read only where all of them are of one region. Raises
    ValidationError.
    """
    text = text.strip()
    if not text:
        return ""
    if len(set(regions)) != 1 and not text.startswith(("+", "00")):
        raise ValidationError(_("Write it with “+” and the code of the country."), code="country")
    (rule,) = _rules
    # With the code of a country any region will do.
    return rule(text, next(iter(regions), "GB"))
