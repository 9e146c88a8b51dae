"""Filters in words: for the chips above the list, and for what a bulk change asks and records."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Model
from django.forms.models import ModelChoiceField
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from core.texts import isolated


@dataclass(frozen=True)
class Description:
    """A filter that is on: the address's parameters it comes from, and what it says."""

    names: tuple[str, ...]
    label: str


#: What is asked for as from and to is said in one.
RANGES = {
    "birthday": gettext_lazy("Birthday"),
    "age": gettext_lazy("Age"),
    "last_visit": gettext_lazy("Last visit"),
    "orders": gettext_lazy("Orders"),
    "total": gettext_lazy("Total"),
    "average": gettext_lazy("Average bill"),
    "balance": gettext_lazy("Balance"),
    "registered": gettext_lazy("Registered"),
}


_YES_NO = {
    "has_email": (gettext_lazy("Has an e-mail address"), gettext_lazy("Has no e-mail address")),
    "has_card": (gettext_lazy("Has a card"), gettext_lazy("Has no card")),
    "visited": (gettext_lazy("Has visited"), gettext_lazy("Never visited")),
    "subscribed": (gettext_lazy("Subscribed"), gettext_lazy("Not subscribed")),
    "inactive": (gettext_lazy("Deleted guests too"), ""),
}


def descriptions(form: forms.Form) -> list[Description]:
    """Describe each filter of a valid form that is on, in the form's order."""
    return list(_described(form))


def _described(form: forms.Form) -> Iterator[Description]:
    values = form.cleaned_data
    for name, field in form.fields.items():
        stem, _underscore, end = name.rpartition("_")
        if stem in RANGES and end in ("from", "to"):
            first, last = values[f"{stem}_from"], values[f"{stem}_to"]
            # Said once, where the first of the two stands.
            if end == "from" and (first is not None or last is not None):
                label = f"{RANGES[stem]}: {_range(stem, first, last)}"
                yield Description((f"{stem}_from", f"{stem}_to"), label)
        elif label := _single(name, field, values[name]):
            yield Description((name,), label)


def _range(stem: str, first: Any, last: Any) -> str:
    if stem == "birthday":
        first, last = first or 101, last or 1231
    if first == last:
        return _value(stem, first)
    if last is None:
        return _("from %(first)s") % {"first": _value(stem, first)}
    if first is None:
        return _("up to %(last)s") % {"last": _value(stem, last)}
    ends = {"first": _value(stem, first), "last": _value(stem, last)}
    return _("%(first)s to %(last)s") % ends


def _value(stem: str, value: Any) -> str:
    if stem == "birthday":
        # In a leap year, which has them all.
        return date_format(date(2000, value // 100, value % 100), "j M")
    if isinstance(value, date):
        return date_format(value, "j M Y")
    if isinstance(value, Decimal):
        # 5, 3.50, 3.125: as money is written.
        value = value.normalize()
        places = -int(value.as_tuple().exponent)
        return number_format(value, max(places, 2) if places > 0 else 0, force_grouping=True)
    return number_format(value, force_grouping=True)


def _single(name: str, field: forms.Field, value: Any) -> str:
    """Return a filter of one parameter in words, or "" when it is off."""
    if name in _YES_NO:
        yes, no = _YES_NO[name]
        return "" if value is None else str(yes if value else no)
    if not value:
        return ""
    if name == "q":
        return _("Search: “%(text)s”") % {"text": value}
    if name == "not_visited_days":
        text = ngettext("Not visited for %(n)s day", "Not visited for %(n)s days", value)
        return text % {"n": number_format(value, force_grouping=True)}
    if name == "expiring_days":
        text = ngettext(
            "Credits expire within %(n)s day", "Credits expire within %(n)s days", value
        )
        return text % {"n": number_format(value, force_grouping=True)}
    if name == "from_import":
        return _("Came from import %(number)s") % {"number": value}
    shown = _choices(field, value) if isinstance(field, forms.ChoiceField) else value
    return f"{field.label}: {shown}" if shown else ""


def _choices(field: forms.ChoiceField, value: Any) -> str:
    """Return the labels of what was chosen: "VIP or Regular"."""
    if isinstance(value, str | Model):
        value = [value]
    if isinstance(field, ModelChoiceField):
        # A row says itself what it is called: its table need not be read for that.
        none = getattr(field, "null_label", "")
        labels = [isolated(each) if isinstance(each, Model) else str(none) for each in value]
    else:
        choices: Any = field.choices
        names = dict(choices)
        labels = [str(names[each]) for each in value]
    return _(" or ").join(labels)
