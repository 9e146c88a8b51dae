"""Fields that repeat: a row of inputs for each card, for each external id, as many as wanted.

The rows' inputs have one name, so a browser sends them as parallel lists: adding a row and taking
one away is a matter of the list, with script or without.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _, gettext_lazy

from core.web.controls import PlainControls
from guests.forms.fields import id_field
from guests.services.records import Claim

#: What stands for a row's place in the blank one that script makes copies of.
PLACE = "__n__"


class Row(forms.Form):
    """One row, by its place from 1. A blank one is no row at all."""

    default_renderer = PlainControls
    #: What the row is part of, as its buttons name it.
    kind = ""
    #: The field of a claim, and the input that it is about.
    claimed: dict[str, str] = {}

    def __init__(
        self, data: Any = None, *, place: int | str, initial: dict[str, Any] | None = None
    ) -> None:
        auto_id = f"id_{self.kind}_{place}_%s"
        super().__init__(data, initial=initial, prefix=self.kind, auto_id=auto_id)
        self.place = place
        self.claims: list[Claim] = []
        for field in self.fields.values():
            field.label = f"{field.label} {place}" if place != 1 else field.label

    @property
    def title(self) -> str:
        """What the row is called: by its first field."""
        return str(next(iter(self.fields.values())).label)

    @property
    def is_blank(self) -> bool:
        return not any(self.cleaned_data.values())

    def value(self) -> Any:
        """Return what a Draft keeps of the row."""
        raise NotImplementedError


class CardRow(Row):
    kind = "card"
    claimed = {"number": "number", "track": "track"}
    number = id_field(gettext_lazy("Card number"), 64)
    track = id_field(gettext_lazy("Track"), 64)

    def value(self) -> tuple[str | None, str | None]:
        return self.cleaned_data["track"] or None, self.cleaned_data["number"] or None


class ExternalIdRow(Row):
    kind = "external"
    claimed = {"external_id": "id"}
    id = id_field(gettext_lazy("External ID"), 45)

    def value(self) -> str:
        return str(self.cleaned_data["id"])


class Rows:
    """All rows of one kind. There is always one to type into."""

    def __init__(self, row: type[Row], rows: Sequence[dict[str, Any]], *, bound: bool) -> None:
        self.kind = row.kind
        self._row = row
        self._rows = [
            row(_named(row, values), place=place) if bound else row(place=place, initial=values)
            for place, values in enumerate(list(rows) or [{}], start=1)
        ]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    @property
    def blank(self) -> Row:
        """The row that script copies for the next one."""
        return self._row(place=PLACE)

    @property
    def errors(self) -> bool:
        return any(row.errors for row in self._rows)

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
        return not self.errors

    def values(self) -> list[Any]:
        return [row.value() for row in self._rows if not row.is_blank]

    def blame(self, claim: Claim, message: str) -> None:
        """Say under the input that holds what is claimed whose it is."""
        for row in self._rows:
            name = row.claimed.get(claim.field)
            if name and row.cleaned_data.get(name) == claim.value:
                row.add_error(name, message)
                row.claims.append(claim)


def _named(row: type[Row], values: dict[str, Any]) -> dict[str, Any]:
    return {f"{row.kind}-{name}": value for name, value in values.items()}


def typed_rows(row: type[Row], data: QueryDict, *, blanks: bool = False) -> list[dict[str, str]]:
    """Return what was sent for the rows, in their order; `blanks`: with those that are empty."""
    names = list(row.base_fields)
    lists = [[value.strip() for value in data.getlist(f"{row.kind}-{name}")] for name in names]
    rows = [dict(zip(names, values, strict=True)) for values in zip_longest(*lists, fillvalue="")]
    return rows if blanks else [each for each in rows if any(each.values())]
