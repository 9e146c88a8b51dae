"""Amounts as people read them."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache

import iso4217
from django.utils.formats import get_format, number_format
from django.utils.translation import get_language, ngettext

#: Signs that mean one currency wherever Regulars is used; all others are written by their code.
_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "RUB": "₽", "UAH": "₴", "TRY": "₺", "INR": "₹"}
_CONTEXT = Context(prec=40, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Figures:
    """How a language writes numbers: what parts thousands and decimals, and how large groups are.

    What number_format does, for lists of thousands of numbers.
    """

    thousands: str
    point: str
    size: int

    def grouped(self, number: Decimal | int, places: int = 0) -> str:
        """Return a number with so many decimals and with its thousands apart: "1,204.50"."""
        if self.size != 3:
            return str(number_format(number, places, force_grouping=True))
        text = f"{number:,.{places}f}"
        if (self.thousands, self.point) == (",", "."):
            return text
        return text.translate({ord(","): self.thousands, ord("."): self.point})

    def money(self, amount: Decimal, currency: str) -> str:
        """Return `amount` with its currency's decimals and sign: "£1,204.50", "1,204 JPY"."""
        places, smallest = _decimals(currency)
        rounded = amount.quantize(smallest, context=_CONTEXT)
        text = self.grouped(abs(rounded), places)
        sign = "\u2212" if rounded < 0 else ""
        known = _SIGNS.get(currency)
        return f"{sign}{known}{text}" if known else f"{sign}{text}\u00a0{currency}"


def figures() -> Figures:
    """Return how numbers are written in the language that is active."""
    return _figures(get_language())


def money(amount: Decimal, currency: str) -> str:
    """Write one amount as `Figures.money` does."""
    return figures().money(amount, currency)


def grouped(number: Decimal | int, places: int = 0) -> str:
    """Write one number as `Figures.grouped` does."""
    return figures().grouped(number, places)


def points(amount: Decimal, text: str) -> str:
    """Return `text`, the amount as it is written, with what it counts: "1 point", "0.50 points"."""
    # Plural rules are for whole numbers: what is not one is more or fewer than one.
    number = 1 if abs(amount) == 1 else 2
    return ngettext("%(amount)s point", "%(amount)s points", number) % {"amount": text}


@cache
def _figures(language: str | None) -> Figures:
    names = ("THOUSAND_SEPARATOR", "DECIMAL_SEPARATOR", "NUMBER_GROUPING")
    thousands, point, size = (get_format(name) for name in names)
    return Figures(str(thousands), str(point), size if isinstance(size, int) else 0)


@cache
def _decimals(currency: str) -> tuple[int, Decimal]:
    """Return how many decimals the currency has, and its smallest amount."""
    exponent = iso4217.Currency(currency).exponent
    places = 2 if exponent is None else int(exponent)
    return places, Decimal(1).scaleb(-places)
