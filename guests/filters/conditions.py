"""The form behind the list's filters."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.web.controls import PlainControls

#: What is asked of one program's balances.
OF_PROGRAM = ("balance_from", "balance_to", "expiring_days")


class GuestFilterForm(forms.Form):
    """Ranges run upwards, and balances are those of a program with a ledger."""

    default_renderer = PlainControls

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self._check_ranges(values)
        self._check_program(values)
        return values

    def _check_ranges(self, values: dict[str, Any]) -> None:
        for name in list(values):
            stem, _underscore, end = name.rpartition("_")
            # A birthday may run across New Year.
            if end != "to" or stem == "birthday":
                continue
            first, last = values.get(f"{stem}_from"), values[name]
            if first is not None and last is not None and first > last:
                self.add_error(name, _("This is less than where the range begins."))

    def _check_program(self, values: dict[str, Any]) -> None:
        asked = [name for name in OF_PROGRAM if values.get(name) is not None]
        if not asked or "program" in self.errors:
            return
        program = values.get("program")
        if program is None:
            self.add_error(asked[0], _("Choose a program: a balance is that of one program."))
        elif not program.has_ledger:
            self.add_error(asked[0], _("A discount has no balance. Choose another program."))
