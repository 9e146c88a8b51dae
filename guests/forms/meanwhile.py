"""Two people save one guest: what the first changed, told to the second, who keeps what was typed.

A field that the second never touched takes the value that the first gave it. One that both changed
stays as the second typed it, and is named: saving again writes it over the other's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from guests.forms.person import PersonForm
from guests.forms.state import State

#: Fields that are no input of PersonForm, as Changes and states call them.
_LISTS = {"cards": gettext_lazy("Cards"), "external_ids": gettext_lazy("External IDs")}


class Who(NamedTuple):
    """Whoever changed a field, in words, and when."""

    name: str
    at: Any


@dataclass(frozen=True)
class Difference:
    """A field that somebody else changed; `typed` is what saving would write over it, if it would.

    All values in words, "" for none; `name` is the field's.
    """

    name: str
    label: str
    before: str
    now: str
    is_contested: bool
    typed: str
    who: Who | None


def compare(
    form: PersonForm, seen: State, now: State, typed: State, who: Mapping[str, Who]
) -> list[Difference]:
    """Return what differs between the guest as somebody `seen` them and as they are `now`."""
    return [
        Difference(
            name=name,
            label=_label(form, name),
            before=shown(form, name, seen.get(name)),
            now=shown(form, name, now[name]),
            is_contested=_is_touched(name, seen, typed) and typed[name] != now[name],
            typed=shown(form, name, typed[name]),
            who=who.get(name),
        )
        for name in now
        if now[name] != seen.get(name) and _label(form, name)
    ]


def combined(seen: State, now: State, typed: State) -> State:
    """Return the state to go on with: what was typed, and for the rest what is there now."""
    return {name: typed[name] if _is_touched(name, seen, typed) else now[name] for name in now}


def _is_touched(name: str, seen: State, typed: State) -> bool:
    return bool(typed[name] != seen.get(name))


def _label(form: PersonForm, name: str) -> str:
    """Return what a field is called; "" of one that this person's form lacks."""
    if name in _LISTS:
        return str(_LISTS[name])
    return str(form.fields[name].label) if name in form.fields else ""


def shown(form: PersonForm, name: str, value: Any) -> str:
    """Return a field's value in words."""
    if name == "cards":
        return ", ".join(" / ".join(filter(None, card.values())) for card in value or [])
    if name == "external_ids":
        return ", ".join(each["id"] for each in value or [])
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        return _chosen(field, value if isinstance(value, list) else [value])
    if isinstance(field.widget, forms.DateInput) and (day := _day(value)):
        return date_format(day, "j M Y")
    return str(value or "")


def _chosen(field: forms.ChoiceField, keys: Sequence[Any]) -> str:
    choices: Any = field.choices
    return ", ".join(str(label) for key, label in choices if key and str(key) in map(str, keys))


def _day(text: Any) -> Any:
    try:
        return parse_date(str(text))
    except ValueError:
        return None
