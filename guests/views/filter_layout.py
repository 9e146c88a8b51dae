"""Where the filters stand on the page: in the first row, or in the drawers of the rest."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy as _

from core.texts import isolated
from guests.filters import GROUPS
from guests.filters.choices import NONE, read_together
from guests.filters.words import RANGES

#: Filters whose choices are rows of a table; "not in category" has those of "category".
CHOICES = ("category", "tier", "program", "restaurant")
_OF_ROWS = {*CHOICES, "not_category"}
#: Choices that are rows, each as key and label.
Offered = tuple[tuple[Any, str], ...]
LAST_VISIT = ("not_visited_days", "last_visit_from", "last_visit_to")
_MENU, _LINE = "guests/list_filter_menu.html", "guests/list_filter_line.html"
#: What stands in the first row, and how it is written there; some under a shorter name.
_FIRST_ROW = {
    "category": _MENU, "program": "guests/list_filter_select.html", "tier": _MENU,
    "restaurant": _MENU,
}  # fmt: skip
_SHORT_NAMES = {"tier": _("Tier"), "restaurant": _("Restaurant")}
#: Lines of filters: the names of one, or of the two ends of a range under one label.
Lines = tuple[tuple[str, ...], ...]


def _lines(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for name in names:
        stem, _underscore, end = name.rpartition("_")
        if stem not in RANGES or end not in ("from", "to"):
            yield (name,)
        elif end == "from":
            yield name, f"{stem}_to"


_DRAWERS = tuple((label, tuple(_lines(names))) for label, names in GROUPS.values())


@dataclass(frozen=True)
class Line:
    """One filter, or the two ends of a range under one label."""

    label: str
    fields: Sequence[Any]

    @property
    def is_range(self) -> bool:
        return len(self.fields) > 1

    @property
    def chosen(self) -> int:
        """How many things are chosen in it."""
        return sum(on(field.form, [field.name]) for field in self.fields)


@dataclass(frozen=True)
class Drawer:
    label: Any
    html: SafeString


def drawers(form: forms.BaseForm) -> list[Drawer]:
    return [Drawer(label, _html(form, lines)) for label, lines in _DRAWERS]


def first_row(form: forms.BaseForm) -> SafeString:
    """Return the filters by rows of a table, each with a button or a list of its own."""
    return _html(form, tuple((name,) for name in _FIRST_ROW))


def last_visit(form: forms.BaseForm) -> SafeString:
    """Return the filters under the button that stands in the first row."""
    return _html(form, tuple((name,) for name in LAST_VISIT))


def _html(form: forms.BaseForm, lines: Lines) -> SafeString:
    """Return lines of filters. Those that are empty are the same on every page that offers the same
    rows, and most are."""
    names = [name for line in lines for name in line]
    if not any(name in form.data or name in form.errors for name in names):
        offered = tuple((name, _rows_offered(form, name)) for name in names if name in _OF_ROWS)
        form_class: Any = type(form)
        return _written_empty(form_class, lines, offered, get_language())
    if len(lines) == 1:
        return _written(form, lines[0])
    return _together(_html(form, (line,)) for line in lines)


def _written(form: forms.BaseForm, names: Sequence[str]) -> SafeString:
    fields: Any = [form[name] for name in names]
    name, is_range = names[0], len(names) > 1
    whole = RANGES[name.removesuffix("_from")] if is_range else _SHORT_NAMES.get(name)
    line = Line(str(whole or fields[0].label), fields)
    return render_to_string(_FIRST_ROW.get(name, _LINE), {"line": line})


def _together(pieces: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def _rows_offered(form: forms.BaseForm, name: str) -> Offered:
    """Return the choices of a field that are rows of a table."""
    widget: Any = form.fields[name].widget
    return tuple(widget.choices)


@lru_cache(maxsize=512)
def _written_empty(
    form_class: type[forms.Form],
    lines: Lines,
    offered: tuple[tuple[str, Offered], ...],
    language: str | None,
) -> SafeString:
    """Return the lines of a form that nobody has filled in, with the rows that fields offer."""
    form = form_class()
    for name, rows in offered:
        widget: Any = form.fields[name].widget
        widget.choices = rows
    return _together(_written(form, line) for line in lines)


def are_open(form: forms.BaseForm) -> bool:
    """Whether something in the drawers is wrong: what is on stands in the chips."""
    return any(name in form.errors for name in drawer_names())


def settle(form: forms.BaseForm) -> None:
    """Read once what can be chosen from: a page shows it and speaks of it in several places."""
    fields: dict[str, Any] = {name: form.fields[name] for name in CHOICES}
    rows = read_together({name: field.queryset for name, field in fields.items()})
    for name, field in fields.items():
        offered = ((pk, isolated(label)) for pk, label in rows[name])
        field.widget.choices = [*_none_chosen(field), *offered]
    category = fields["category"]
    form.fields["not_category"].widget.choices = [
        choice for choice in category.widget.choices if choice[0] != category.null_value
    ]


def tier_names(form: forms.BaseForm) -> dict[int, str]:
    """Return what the company's tiers are called, by id, as the filters show them."""
    return {pk: name for pk, name in _rows_offered(form, "tier") if pk != NONE}


def _none_chosen(field: Any) -> Iterable[tuple[str, Any]]:
    if field.empty_label is not None:
        yield "", field.empty_label
    if field.null_label is not None:
        yield field.null_value, field.null_label


def drawer_names() -> list[str]:
    """Return the names of all filters in drawers."""
    return [name for _label, names in GROUPS.values() for name in names]


def on(form: Any, names: Iterable[str]) -> int:
    """Return how many things are chosen in these filters."""
    return sum(len(form.data.getlist(name)) for name in names)
