"""What a column of a guest file is: declared once, for every place that speaks of columns.

The mapping screen, the cleaning, the templates, the error file and the export that can be
imported again all read these declarations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

from django.utils.functional import Promise
from import_export.fields import Field

from imports.columns.widgets import CellFormat, CellWidget

Rule = Literal["always", "if_empty", "never"]

_key = re.compile(r"([a-z]+(?:_[a-z]+)*)(?:_([1-9][0-9]{0,2}))?").fullmatch


class Column(Field):
    """One field of a guest as a file has it.

    key             its canonical name, the header in templates and exports
    fills           the key of CleanRow.values that it gives, if not `key`
    guest_field     the field of Guest that it sets in the end, if not `fills`
    source          reads the value from a Guest as imports.guest_export loads it; of a repeating
                    column, the list; without it the guest's field that `fills` names
    aliases         what else it is called, with commas between the names
    update_rule     what an import does with a value the guest has, under the preset Update
    protect_rule    ... and under Protect personal data; "never" = set when the guest is created
    fixed_rule      whether the operator cannot choose another rule
    format_text     what is to be written, in words; without it what its widget says of itself
    cell_format     how a spreadsheet shows it, likewise
    repeats         whether it comes several times: number_1, number_2, ...
    first_is_bare   whether the first of these has no number: external_id, external_id_2, ...
    permission      what one must be allowed to import it, "" for nothing further
    exported        whether an export of guests holds it: what is given once is not
    example         a value that is accepted; `example_in_row` says whether a template shows it
                    (not where it names something that only some companies have)
    """

    def __init__(
        self,
        label: str | Promise,
        widget: CellWidget,
        *,
        source: Callable[[Any], Any] | None = None,
        fills: str = "",
        guest_field: str = "",
        aliases: str = "",
        help_text: str | Promise = "",
        format_text: str | Promise = "",
        example: str = "",
        example_in_row: bool = True,
        cell_format: CellFormat | None = None,
        update_rule: Rule = "always",
        protect_rule: Rule = "always",
        fixed_rule: bool = False,
        repeats: bool = False,
        first_is_bare: bool = False,
        permission: str = "",
        exported: bool = True,
    ) -> None:
        super().__init__(widget=widget)
        self.label = label
        self.source = source
        self.aliases = [alias.strip() for alias in aliases.split(",") if alias.strip()]
        self.help_text = help_text
        self.format_text = format_text or widget.format_text
        self.example = example
        self.example_in_row = example_in_row
        self.cell_format = cell_format or widget.cell_format
        self.update_rule = update_rule
        self.protect_rule = protect_rule
        self.fixed_rule = fixed_rule
        self.repeats = repeats
        self.first_is_bare = first_is_bare
        self.permission = permission
        self.exported = exported
        self._fills = fills
        self._guest_field = guest_field

    @property
    def key(self) -> str:
        return self.column_name

    @property
    def fills(self) -> str:
        return self._fills or self.key

    @property
    def guest_field(self) -> str:
        return self._guest_field or self.fills

    @property
    def row_example(self) -> str:
        """What a template shows in its row: "" where it would name what not every company has."""
        return self.example if self.example_in_row else ""

    def key_at(self, index: int) -> str:
        """Return the key of the `index`th such column of a file, counted from 1."""
        if not self.repeats or (self.first_is_bare and index == 1):
            return self.key
        return f"{self.key}_{index}"

    def label_at(self, index: int) -> str:
        """Return what the screen calls it: `Card number`, `Card number 2`."""
        return f"{self.label} {index}" if index > 1 else str(self.label)

    def get_value(self, instance: Any) -> Any:
        """Return the guest's value. Of a repeating column, the values in their order."""
        return self.source(instance) if self.source else getattr(instance, self.fills)

    def export_all(self, instance: Any, count: int) -> Iterator[str]:
        """Yield the guest's `count` cells of this column, blank where there is no value."""
        if not self.repeats:
            yield self.export(instance)
            return
        values = self.get_value(instance)
        for index in range(count):
            yield self.widget.render(values[index] if index < len(values) else None)


def split_key(key: str) -> tuple[str, int | None]:
    """Return ("track", 2) for "track_2" and ("phone", None) for "phone"; ("", None) for no key."""
    match = _key(key)
    if match is None:
        return "", None
    return match[1], int(match[2]) if match[2] else None
