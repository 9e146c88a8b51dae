"""Amounts of a currency: how many decimals it has, rounding to them, and reading what was typed."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache, lru_cache

import iso4217
from django.utils.translation import gettext as _

from guests.normalize.errors import Invalid
from guests.normalize.numbers import amount as read_number, decimal_marks

#: Enough digits that rounding is the only thing that is lost.
_CONTEXT = Context(prec=40, rounding=ROUND_HALF_EVEN)


@cache
def exponent(currency: str) -> int:
    """Return the number of decimals of an ISO 4217 currency: JPY 0, GBP 2, KWD 3.

    Raises ValueError for a code that is none. What ISO gives no exponent (gold, XAU) has two.
    """
    found = iso4217.Currency(currency).exponent
    return 2 if found is None else int(found)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Return `amount` with as many decimals as the currency has, halves to the even digit."""
    return amount.quantize(_smallest(currency), context=_CONTEXT)


@cache
def _smallest(currency: str) -> Decimal:
    return Decimal(1).scaleb(-exponent(currency))


def is_rounded(amount: Decimal, currency: str) -> bool:
    """Whether `amount` is finite and has no more decimals than the currency."""
    return amount.is_finite() and _is_rounded(amount, currency)


@lru_cache(maxsize=65_536)
def _is_rounded(amount: Decimal, currency: str) -> bool:
    """The same amounts come again and again."""
    return amount.adjusted() < 30 and amount == rounded(amount, currency)


class NotAnAmount(ValueError):
    """What was typed is no amount of the currency; the text says why, for whoever typed it."""


def read_amount(text: str, currency: str) -> Decimal:
    """Return what somebody typed as an exact amount of the currency. Zero has no sign.

    The same rules as for a file (guests.normalize.numbers.amount): `1,234.56` and `1.234,56` are
    the same, `1,234` is ambiguous, and neither NaN nor `1e1000000` is an amount. What has more
    decimals than the currency is refused, never rounded without a word. In one that has none
    `1,234` can only be more than a thousand, and `1.000`, which nobody writes for one, is refused.
    Raises NotAnAmount.
    """
    decimals = exponent(currency)
    try:
        found = read_number(text, decimal=None if decimals else ".")
    except Invalid as invalid:
        if invalid.code == "lost_digits":
            # It was typed: no spreadsheet shortened it.
            invalid = Invalid("amount_format", value=text)
        raise NotAnAmount(str(invalid)) from invalid
    is_unclear = "." in text and len(decimal_marks(text)) > 1
    if not is_rounded(found, currency) or (is_unclear and not decimals):
        if not decimals:
            raise NotAnAmount(_("%(currency)s has no decimals.") % {"currency": currency})
        told = _("%(currency)s has no more than %(decimals)s decimals.")
        raise NotAnAmount(told % {"currency": currency, "decimals": decimals})
    return found
