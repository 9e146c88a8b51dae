"""What of a guest somebody else changed meanwhile; see core.forms.meanwhile."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from core.forms import meanwhile
from core.forms.meanwhile import Difference, Who, is_touched
from guests.forms.person import PersonForm
from guests.forms.state import State

#: Fields that are no input of PersonForm, as Changes and states call them.
_LISTS = {"cards": gettext_lazy("Cards"), "external_ids": gettext_lazy("External IDs")}


def compare(
    form: PersonForm, seen: State, now: State, typed: State, who: Mapping[str, Who]
) -> list[Difference]:
    """Return what differs between the guest as somebody `seen` them and as they are `now`."""
    return meanwhile.compare(form, seen, now, typed, who, label=_label, words=shown)


def combined(seen: State, now: State, typed: State) -> State:
    """Return the state to go on with: what was typed, and for the rest what is there now."""
    return {name: typed[name] if is_touched(name, seen, typed) else now[name] for name in now}


def _label(form: PersonForm, name: str) -> str:
    return str(_LISTS[name]) if name in _LISTS else meanwhile.label_of(form, name)


def shown(form: PersonForm, name: str, value: Any) -> str:
    """Return a field's value in words."""
    if name == "cards":
        return ", ".join(" / ".join(filter(None, card.values())) for card in value or [])
    if name == "external_ids":
        return ", ".join(each["id"] for each in value or [])
    return meanwhile.shown(form, name, value)
