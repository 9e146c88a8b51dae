"""Amounts as people read them."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

import iso4217
from django.utils.formats import number_format

#: Signs that mean one currency wherever Regulars is used; all others are written by their code.
_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "RUB": "₽", "UAH": "₴", "TRY": "₺", "INR": "₹"}
_CONTEXT = Context(prec=40, rounding=ROUND_HALF_EVEN)


def money(amount: Decimal, currency: str) -> str:
    """Return `amount` with its currency's decimals and sign: "£1,204.50", "1,204 JPY"."""
    decimals = iso4217.Currency(currency).exponent
    places = 2 if decimals is None else int(decimals)
    rounded = amount.quantize(Decimal(1).scaleb(-places), context=_CONTEXT)
    text = number_format(abs(rounded), places, force_grouping=True)
    sign = "\u2212" if rounded < 0 else ""
    known = _SIGNS.get(currency)
    return f"{sign}{known}{text}" if known else f"{sign}{text}\u00a0{currency}"
