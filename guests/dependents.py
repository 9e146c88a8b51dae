"""What hangs on a guest in other apps: the protocol by which merge and erase reach it.

A floor above declares its part once, in `AppConfig.ready()`; merging, erasing and "everything
about this guest" walk them all, in the order of their keys. Every call runs in the caller's
transaction, with the guests locked.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

from guests.models import Guest


class Dependent(Protocol):
    """What one app keeps about guests."""

    #: Names it in receipts and in the download, as "orders".
    key: str

    def describe(self, guest: Guest) -> str:
        """Say in a few words what hangs on the guest ("12 orders"), or "" when nothing does."""

    def move(self, *, source: Guest, target: Guest) -> Any:
        """Give the target all that is the source's. Return what `put_back` needs, as JSON.

        Guest fields that follow from it (counters) are written on both guests' rows.
        """

    def put_back(self, receipt: Any, *, source: Guest, target: Guest) -> None:
        """Undo `move`: give the source back what it had."""

    def erase(self, guest: Guest, *, now: datetime) -> None:
        """Take every personal detail of the guest out of what is kept, files included."""

    def everything(self, guest: Guest) -> Any:
        """Return all that is kept about the guest, as JSON, for the guest to read."""


_dependents: dict[str, Dependent] = {}


def register(dependent: Dependent) -> None:
    """Add an app's part; the same key again replaces it."""
    _dependents[dependent.key] = dependent


def all_dependents() -> Iterator[Dependent]:
    """Yield every part, in the order of their keys."""
    for key in sorted(_dependents):
        yield _dependents[key]


def dependent(key: str) -> Dependent:
    """Return the part of that key. Raises KeyError for one that no app declares."""
    return _dependents[key]
