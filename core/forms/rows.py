"""Choosing rows of a table in a form."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.forms import ModelMultipleChoiceField
from django.utils.translation import gettext_lazy as _

from core.texts import isolated
from core.web.ids import LONGEST


class IdsThatCanBe:
    """For a field of rows by their ids: a number that no id can be is a choice that is none.

    Django asks the database for it all the same, and SQLite has no such numbers.
    """

    error_messages: dict[str, Any]
    #: Django's sentence would name the row by its id, which says nothing to people.
    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": _("One of those that were chosen is not there any more: choose again.")
    }

    def label_from_instance(self, row: Any) -> str:
        """Return a row's name, which may run in another direction than the page."""
        return isolated(row)

    def _check_values(self, value: Any) -> Any:
        for each in value:
            if str(each).lstrip("-").isdecimal() and len(str(each)) > LONGEST:
                raise ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": each},
                )
        return super()._check_values(value)  # type: ignore[misc]


class RowsField(IdsThatCanBe, ModelMultipleChoiceField):
    """Some rows of a table."""
