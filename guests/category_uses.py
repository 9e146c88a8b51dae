"""What else hangs on a category than the guests in it, and keeps it from being deleted.

Apps say it of their tables in `AppConfig.ready()`.
"""

from collections.abc import Callable

from guests.models import Category

Uses = Callable[[Category], list[str]]

_uses: dict[str, Uses] = {}


def register(key: str, uses: Uses) -> None:
    """Say that `uses(category)` returns a sentence for each thing that needs the category."""
    _uses[key] = uses


def of(category: Category) -> list[str]:
    """Return why the category cannot be deleted now; empty when it can."""
    return [sentence for uses in _uses.values() for sentence in uses(category)]
