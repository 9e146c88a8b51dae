"""Amounts of a currency: how many decimals it has, and rounding to them."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache

import iso4217

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
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), context=_CONTEXT)


def is_rounded(amount: Decimal, currency: str) -> bool:
    """Whether `amount` is finite and has no more decimals than the currency."""
    return amount.is_finite() and amount.adjusted() < 30 and amount == rounded(amount, currency)
