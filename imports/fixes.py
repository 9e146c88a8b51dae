"""Fixes in one click: what is certain to mend a whole group of errors. Pure.

A fix is a change of the import's options, named by a short text that a button can post. What it
does is seen in the check that follows: nothing is written before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import phonenumbers
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from guests import normalize
from imports.options import Options

#: Errors of numbers that may lack their country: read as another country's, they can be right.
_LACKS_COUNTRY = frozenset(
    {"phone_area_code", "phone_too_short", "phone_too_long", "phone_length", "phone_not_valid"}
)
#: So few numbers are right in many countries.
_FEWEST_PHONES = 3

Group = Mapping[str, Any]


class Fix(NamedTuple):
    """`value` is what the button posts and `apply` understands, `label` what it says."""

    value: str
    label: str


def fixes_of_file(problem: Mapping[str, Any]) -> list[Fix]:
    """Return the fixes for what keeps the whole file from being read: dates in either order, and
    amounts with either mark."""
    value = problem["params"].get("value", "")
    if problem["code"] in ("amounts_ambiguous", "amounts_mixed"):
        return [
            Fix("decimal:.", _amount_label(_("Decimal point"), value, ".")),
            Fix("decimal:,", _amount_label(_("Decimal comma"), value, ",")),
        ]
    if problem["code"] not in ("dates_ambiguous", "dates_mixed"):
        return []
    return [
        Fix("dates:dmy", _dates_label(_("Day first"), value, "dmy")),
        Fix("dates:mdy", _dates_label(_("Month first"), value, "mdy")),
    ]


def fix_of(
    group: Group, *, options: Options, home: str, accepted: Iterable[str] = ()
) -> Fix | None:
    """Return the fix for a group of errors, if one is certain.

    `home` is the company's region, `accepted` are phones (E.164) of rows that were right.
    """
    if group["code"] == "category_unknown" and not options.create_categories:
        return Fix("categories:create", _("Create these categories"))
    if group["code"] in _LACKS_COUNTRY and not options.region:
        region = certain_region(group["values"], home=home, accepted=accepted)
        if region:
            code = phonenumbers.country_code_for_region(region)
            label = _("Read as numbers of %(region)s (+%(code)s)")
            return Fix(f"region:{region}", label % {"region": region, "code": code})
    return None


def apply(fix: str, options: Options) -> Options:
    """Return the options with the fix. Raises ValueError for one that does not exist."""
    kind, _colon, value = fix.partition(":")
    if kind == "dates" and value in ("dmy", "mdy"):
        return replace(options, dates=value)
    if kind == "decimal" and value in (".", ","):
        return replace(options, decimal=value)
    if fix == "categories:create":
        return replace(options, create_categories=True)
    if kind == "region" and value in phonenumbers.SUPPORTED_REGIONS:
        return replace(options, region=value)
    raise ValueError(f"no such fix: {fix!r}")


def certain_region(values: Iterable[str], *, home: str, accepted: Iterable[str]) -> str:
    """Return the one region in which all these numbers are valid, or "" where it is not certain.

    It is not when they are few, when numbers of several calling codes would fit, or when other
    rows have numbers of the company's own country: those might be read otherwise too.
    """
    numbers = [value for value in values if value and not value.lstrip().startswith("+")]
    own = f"+{phonenumbers.country_code_for_region(home)}"
    if len(numbers) < _FEWEST_PHONES or any(phone.startswith(own) for phone in accepted):
        return ""
    fitting = [
        regions[0]
        for regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.values()
        if home not in regions and _all_valid(numbers, regions[0])
    ]
    return fitting[0] if len(fitting) == 1 else ""


def _all_valid(numbers: Iterable[str], region: str) -> bool:
    if region not in phonenumbers.SUPPORTED_REGIONS:
        return False
    parser = normalize.PhoneParser(region, "valid")
    code = f"+{phonenumbers.country_code_for_region(region)}"
    try:
        return all(parser(number).startswith(code) for number in numbers)
    except normalize.Invalid:
        return False


def _dates_label(order_text: str, value: str, order: normalize.DateOrder) -> str:
    """Return "Day first: 05/06/1990 is 5 June 1990", or the order alone for what is no date so."""
    try:
        day = normalize.date(value, order)
    except normalize.Invalid:
        return order_text
    text = _("%(order)s: %(value)s is %(day)s")
    return text % {"order": order_text, "value": value, "day": date_format(day, "j F Y")}


def _amount_label(mark_text: str, value: str, mark: normalize.DecimalMark) -> str:
    """Return "Decimal comma: 1.234 is 1234", or the mark alone for what is no amount so."""
    try:
        amount = normalize.amount(value, decimal=mark)
    except normalize.Invalid:
        return mark_text
    text = _("%(mark)s: %(value)s is %(amount)s")
    return text % {"mark": mark_text, "value": value, "amount": f"{amount.normalize():f}"}
