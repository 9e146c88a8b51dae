"""Where the filters stand on the page: in the first row, or in the drawers of the rest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from guests.filters import GROUPS
from guests.filters.words import RANGES

#: Filters whose choices are rows of a table; "not in category" has those of "category".
CHOICES = ("category", "tier", "program", "restaurant")
_OF_ROWS = {*CHOICES, "not_category"}
#: Choices that are rows, each as key and label.
Offered = tuple[tuple[Any, str], ...]
LAST_VISIT = ("not_visited_days", "last_visit_from", "last_visit_to")


@dataclass(frozen=True)
class Line:
    """One filter of a drawer, or the two ends of a range under one label."""

    label: str
    fields: Sequence[Any]

    @property
    def is_range(self) -> bool:
        return len(self.fields) > 1

    @property
    def html(self) -> SafeString:
        """The line as it stands in a drawer. Empty it is the same on every page that offers the
        same rows, and most are empty."""
        if any(field.errors or field.data for field in self.fields):
            return _written(self)
        form_class: Any = type(self.fields[0].form)
        fields = tuple((field.name, _rows_offered(field)) for field in self.fields)
        return _written_empty(form_class, fields, self.label, get_language())


def _written(line: Line) -> SafeString:
    return render_to_string("guests/list_filter_line.html", {"line": line})


def _rows_offered(field: forms.BoundField) -> Offered:
    """Return the choices of a field that are rows of a table."""
    widget: Any = field.field.widget
    return tuple(widget.choices) if field.name in _OF_ROWS else ()


@lru_cache(maxsize=512)
def _written_empty(
    form_class: type[forms.Form],
    fields: tuple[tuple[str, Offered], ...],
    label: str,
    language: str | None,
) -> SafeString:
    """Return the line of these fields, each given with the rows it offers."""
    form = form_class()
    for name, offered in fields:
        if offered:
            widget: Any = form.fields[name].widget
            widget.choices = offered
    return _written(Line(label, tuple(form[name] for name, _offered in fields)))


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
        field.widget.choices = [*_none_chosen(field), *_rows_chosen(field)]
    category: Any = form.fields["category"]
    form.fields["not_category"].widget.choices = [
        choice for choice in category.widget.choices if choice[0] != category.null_value
    ]


def _none_chosen(field: Any) -> Iterable[tuple[str, Any]]:
    if field.empty_label is not None:
        yield "", field.empty_label
    if field.null_label is not None:
        yield field.null_value, field.null_label


def _rows_chosen(field: Any) -> Iterable[tuple[int, str]]:
    """Yield what Django's own choices are, which would be fetched through a cursor on the server:
    three trips to it instead of one."""
    for row in field.queryset:
        yield row.pk, field.label_from_instance(row)


def last_visit(form: forms.BaseForm) -> list[Line]:
    """Return the filters under the button that stands in the first row."""
    return [Line(str(form[name].label), (form[name],)) for name in LAST_VISIT]


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
