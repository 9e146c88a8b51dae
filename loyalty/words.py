"""Amounts of programs as people read them: "320 points", "£20.00"."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from loyalty.models import Program
from loyalty.money import exponent, rounded


def figure(amount: Decimal, program: Program) -> str:
    """Return the amount alone: points without a sign of a currency, a deposit with it."""
    if program.kind == Program.Kind.DEPOSIT:
        from core.web.money import money

        return money(amount, program.currency)
    exact = rounded(amount, program.currency)
    whole = exact == exact.to_integral_value()
    places = 0 if whole else exponent(program.currency)
    text = number_format(abs(exact), places, force_grouping=True)
    return f"\u2212{text}" if exact < 0 else text


def shown(amount: Decimal, program: Program) -> str:
    """Return the amount with what it is of: "320 points", "£20.00"."""
    text = figure(amount, program)
    if program.kind == Program.Kind.DEPOSIT:
        return text
    return _("%(amount)s points") % {"amount": text}
