"""Where the filters stand on the page: in the first row, or in the drawers of the rest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from guests.filters import GROUPS
from guests.filters.words import RANGES

#: Filters whose choices are rows of a table; "not in category" has those of "category".
CHOICES = ("category", "tier", "program", "restaurant")
LAST_VISIT = ("not_visited_days", "last_visit_from", "last_visit_to")


@dataclass(frozen=True)
class Line:
    """One filter of a drawer, or the two ends of a range under one label."""

    label: str
    fields: Sequence[Any]

    @property
    def is_range(self) -> bool:
        return len(self.fields) > 1


@dataclass(frozen=True)
class Drawer:
    label: str
    lines: Sequence[Line]


def drawers(form: forms.BaseForm) -> list[Drawer]:
    return [Drawer(str(label), list(_lines(form, names))) for label, names in GROUPS.values()]


def are_open(form: forms.BaseForm) -> bool:
    """Whether something in the drawers is wrong: what is on stands in the chips."""
    return any(name in form.errors for name in drawer_names())


def settle(form: forms.BaseForm) -> None:
    """Read once what can be chosen from: a page shows it and speaks of it in several places."""
    for name in CHOICES:
        field: Any = form.fields[name]
        # Not list(): it would ask how many there are first.
        field.widget.choices = [*iter(field.choices)]
    category: Any = form.fields["category"]
    form.fields["not_category"].widget.choices = [
        choice for choice in category.widget.choices if choice[0] != category.null_value
    ]


def drawer_names() -> list[str]:
    """Return the names of all filters in drawers."""
    return [name for _label, names in GROUPS.values() for name in names]


def on(form: Any, names: Iterable[str]) -> int:
    """Return how many things are chosen in these filters."""
    return sum(len(form.data.getlist(name)) for name in names)


def _lines(form: forms.BaseForm, names: Sequence[str]) -> Iterable[Line]:
    for name in names:
        field: Any = form[name]
        stem, _underscore, end = name.rpartition("_")
        if stem not in RANGES or end not in ("from", "to"):
            yield Line(str(field.label), (field,))
        elif end == "from":
            yield Line(str(RANGES[stem]), (field, form[f"{stem}_to"]))
