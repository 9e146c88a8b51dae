"""Amounts as people read them."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache

import iso4217
from django.utils.formats import get_format, number_format
from django.utils.translation import get_language, ngettext

#: Signs that mean one currency wherever Regulars is used; all others are written by their code.
_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "RUB": "₽", "UAH": "₴", "TRY": "₺", "INR": "₹"}
_CONTEXT = Context(prec=40, rounding=ROUND_HALF_EVEN)


def money(amount: Decimal, currency: str) -> str:
    """Return `amount` with its currency's decimals and sign: "£1,204.50", "1,204 JPY"."""
    places = _places(currency)
    rounded = amount.quantize(Decimal(1).scaleb(-places), context=_CONTEXT)
    text = grouped(abs(rounded), places)
    sign = "\u2212" if rounded < 0 else ""
    known = _SIGNS.get(currency)
    return f"{sign}{known}{text}" if known else f"{sign}{text}\u00a0{currency}"


def points(amount: Decimal, text: str) -> str:
    """Return `text`, the amount as it is written, with what it counts: "1 point", "0.50 points"."""
    # Plural rules are for whole numbers: what is not one is more or fewer than one.
    number = 1 if abs(amount) == 1 else 2
    return ngettext("%(amount)s point", "%(amount)s points", number) % {"amount": text}


def grouped(number: Decimal | int, places: int = 0) -> str:
    """Return a number with so many decimals and with its thousands apart: "1,204.50".

    What number_format does, for lists of thousands of numbers.
    """
    thousands, point, size = _marks(get_language())
    if size != 3:
        return str(number_format(number, places, force_grouping=True))
    text = f"{number:,.{places}f}"
    if (thousands, point) == (",", "."):
        return text
    return text.translate({ord(","): thousands, ord("."): point})


@cache
def _marks(language: str | None) -> tuple[str, str, int]:
    """Return what parts thousands and decimals in the language that is active, and group sizes."""
    names = ("THOUSAND_SEPARATOR", "DECIMAL_SEPARATOR", "NUMBER_GROUPING")
    thousands, point, size = (get_format(name) for name in names)
    return str(thousands), str(point), size if isinstance(size, int) else 0


@cache
def _places(currency: str) -> int:
    decimals = iso4217.Currency(currency).exponent
    return 2 if decimals is None else int(decimals)
