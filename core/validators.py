"""What a company's codes must be, beyond their form. Raise ValidationError with what to write."""

import zoneinfo
from functools import cache

import iso4217
import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def currency(code: str) -> None:
    """`code` is a currency of ISO 4217, such as GBP."""
    try:
        iso4217.Currency(code)
    except ValueError:
        raise ValidationError(
            _("There is no currency “%(code)s”. Write its code of ISO 4217, such as GBP."),
            code="currency",
            params={"code": code},
        ) from None


def region(code: str) -> None:
    """`code` is a country of ISO 3166-1 that has phone numbers, such as GB."""
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError(
            _("There is no region “%(code)s”. Write a country's two letters, such as GB."),
            code="region",
            params={"code": code},
        )


def time_zone(name: str) -> None:
    """`name` is a time zone of the IANA database, such as Europe/London."""
    if name not in time_zones():
        raise ValidationError(
            _("There is no time zone “%(name)s”. Write it like Europe/London."),
            code="time_zone",
            params={"name": name},
        )


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the IANA database, read once: they stand in two thousand files."""
    return frozenset(zoneinfo.available_timezones())
