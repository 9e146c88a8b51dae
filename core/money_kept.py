"""Who keeps amounts in a company's currency. While anybody does, the currency stays.

Apps say it of their tables in `AppConfig.ready()`.
"""

from collections.abc import Callable
from typing import Any

from core.models import Company

Holds = Callable[[Company], bool]

_keepers: dict[str, tuple[Any, Holds]] = {}


def register(key: str, words: Any, holds: Holds) -> None:
    """Say that `holds(company)` tells whether there are amounts; `words` names them in a list."""
    _keepers[key] = (words, holds)


def by(company: Company) -> list[str]:
    """Return what keeps amounts in the company's currency: ["orders"]."""
    return [str(words) for words, holds in _keepers.values() if holds(company)]
