"""The field of a name that others read: of a restaurant, a category, a view."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.texts import one_line


class NameField(forms.CharField):
    """A name on one line; what cannot be seen is left out of it."""

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        # Megabytes are refused for their length before anybody looks at what could be cut.
        if self.max_length is not None and len(typed) > 10 * self.max_length:
            return typed
        name = one_line(typed)
        if typed and not name:
            raise ValidationError(_("Nothing of it can be seen. Type a name."), code="invisible")
        return name
