"""Fields that repeat: a row of inputs for each card, for each external id, as many as wanted.

The rows' inputs have one name, so a browser sends them as parallel lists: adding a row and taking
one away is a matter of the list, with script or without.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _, gettext_lazy

from guests.forms.fields import id_field
from guests.services.records import Claim

MAX_ROWS = 100


class Row(forms.Form):
    """One row. A blank one is no row at all."""

    #: What the row is part of, as its buttons name it.
    kind = ""
    claim: Claim | None = None

    def __init__(self, *args: Any, index: int, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"id_{self.kind}_{index}_%s", prefix=self.kind, **kwargs)
        self.index = index
        for field in self.fields.values():
            field.label = f"{field.label} {index + 1}" if index else field.label

    @property
    def is_blank(self) -> bool:
        return not any(self.cleaned_data.values())

    def value(self) -> Any:
        """Return what a Draft keeps of the row."""
        raise NotImplementedError


class CardRow(Row):
    kind = "card"
    number = id_field(gettext_lazy("Card number"), 64)
    track = id_field(gettext_lazy("Track"), 64)

    def value(self) -> tuple[str | None, str | None]:
        return self.cleaned_data["track"] or None, self.cleaned_data["number"] or None


class ExternalIdRow(Row):
    kind = "external"
    id = id_field(gettext_lazy("External ID"), 45)

    def value(self) -> str:
        return str(self.cleaned_data["id"])


class Rows:
    """All rows of one kind. There is always one to type into."""

    def __init__(self, row: type[Row], rows: Sequence[dict[str, Any]], *, bound: bool) -> None:
        self.kind = row.kind
        self.focus: int | None = None
        self._rows = [
            row(_named(row, values), index=index) if bound else row(index=index, initial=values)
            for index, values in enumerate(list(rows)[:MAX_ROWS] or [{}])
        ]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def is_valid(self) -> bool:
        """Check each row, and that nothing stands in two of them."""
        seen: set[tuple[str, str]] = set()
        for row in self._rows:
            if not row.is_valid():
                continue
            for name, value in row.cleaned_data.copy().items():
                if value and (name, value) in seen:
                    row.add_error(name, _("“%(value)s” stands here twice.") % {"value": value})
                seen.add((name, value))
        return not any(row.errors for row in self._rows)

    def values(self) -> list[Any]:
        return [row.value() for row in self._rows if not row.is_blank]

    def blame(self, field: str, value: str, message: str, claim: Claim) -> None:
        """Say under the input that holds the value whose it is."""
        for row in self._rows:
            if row.cleaned_data.get(field) == value:
                row.add_error(field, message)
                row.claim = claim


def _named(row: type[Row], values: dict[str, Any]) -> dict[str, Any]:
    return {f"{row.kind}-{name}": value for name, value in values.items()}


def typed_rows(row: type[Row], data: QueryDict) -> list[dict[str, str]]:
    """Return what was sent for the rows, in their order."""
    names = list(row.base_fields)
    lists = [data.getlist(f"{row.kind}-{name}") for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*lists, strict=False)]


class Summary:
    """Several forms as one, for components/error_summary.html."""

    def __init__(self, forms_: Iterable[forms.Form]) -> None:
        self._forms = list(forms_)

    @property
    def errors(self) -> bool:
        return any(form.errors for form in self._forms)

    @property
    def non_field_errors(self) -> list[str]:
        return [error for form in self._forms for error in form.non_field_errors()]

    def __iter__(self) -> Iterator[forms.BoundField]:
        return (field for form in self._forms for field in form)
