"""Amounts of programs as people read them: "320 points", "£20.00"."""

from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _, ngettext

from core.models import Company
from core.web.money import money, points
from loyalty.expiry import last_day
from loyalty.models import Adjustment, Program
from loyalty.money import exponent, rounded


def figure(amount: Decimal, program: Program) -> str:
    """Return the amount alone: points without a sign of a currency, a deposit with it."""
    if program.kind == Program.Kind.DEPOSIT:
        return money(amount, program.currency)
    exact = rounded(amount, program.currency)
    whole = exact == exact.to_integral_value()
    places = 0 if whole else exponent(program.currency)
    text = number_format(abs(exact), places, force_grouping=True)
    return f"\u2212{text}" if exact < 0 else text


def plain_figure(company: Company, text: str) -> str:
    """Return a stored amount of some program of the company without a unit; no number as it is."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return text
    # All decimals that were stored: the program may be of a currency that has more of them.
    stored = max(0, -int(amount.normalize().as_tuple().exponent)) if amount.is_finite() else 0
    places = max(stored, exponent(company.currency)) if stored else 0
    figures = number_format(abs(amount), places, force_grouping=True)
    return f"\u2212{figures}" if amount < 0 else figures


def shown(amount: Decimal, program: Program) -> str:
    """Return the amount with what it is of: "1 point", "£20.00"."""
    text = figure(amount, program)
    if program.kind == Program.Kind.DEPOSIT:
        return text
    return points(amount, text)


def asked_for(adjustment: Adjustment) -> str:
    """Return what a second person decides: "a credit of 1 point", "the undo of a debit of £5"."""
    gives, is_undo = adjustment.amount > 0, adjustment.undoes_id or adjustment.reverses_id
    if is_undo and gives:
        text = _("the undo of a debit of %(amount)s")
    elif is_undo:
        text = _("the undo of a credit of %(amount)s")
    else:
        text = _("a credit of %(amount)s") if gives else _("a debit of %(amount)s")
    return text % {"amount": shown(abs(adjustment.amount), adjustment.program)}


def lasts(program: Program) -> str:
    """Return how long a credit lasts: "365 days", "To the end of the year"."""
    if not program.has_ledger:
        return ""
    if program.expiry == Program.Expiry.DAYS:
        days = number_format(program.expiry_days or 0, force_grouping=True)
        return ngettext("%(days)s day", "%(days)s days", program.expiry_days or 0) % {"days": days}
    return str(program.get_expiry_display())


def until(program: Program, today: date) -> str:
    """Return how long a credit lasts that is given today: "until 31 Dec 2026", "for ever"."""
    last = last_day(program, today)
    return _("until %(day)s") % {"day": date_format(last, "j M Y")} if last else _("for ever")


def state(program: Program, today: date) -> dict[str, str]:
    """Return whether it gives credits on a day, as components/badge.html shows it."""
    if not program.is_active or (program.active_to and program.active_to < today):
        return {"badge": "stopped", "label": _("Ended")}
    if program.active_from and today < program.active_from:
        return {"badge": "queued", "label": _("Not begun")}
    return {"badge": "done", "label": _("Active")}


def runs(program: Program) -> str:
    """Return from when to when it gives credits; "" where neither is said."""
    first, last = (
        date_format(day, "j M Y") if day else "" for day in (program.active_from, program.active_to)
    )
    if first and last:
        return _("%(first)s to %(last)s") % {"first": first, "last": last}
    if first:
        return _("from %(first)s") % {"first": first}
    return _("to %(last)s") % {"last": last} if last else ""
