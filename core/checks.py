"""System checks of the house."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register

from core import guards


@register(Tags.database)
def guards_are_installed(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of guards that a table lacks. An error would keep `migrate`, the cure, from running."""
    return [
        Warning(
            f"The guard {name} is missing in database {alias!r}.",
            hint="Run `manage.py migrate`: it installs guards again.",
            id="core.W001",
        )
        for alias in databases or []
        for name in guards.missing(alias)
    ]
