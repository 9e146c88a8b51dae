"""What hangs on a guest in other apps: the protocol by which merge and erase reach it.

A floor above declares its part once, in `AppConfig.ready()`; merging, erasing and "everything
about this guest" walk them all, in the order of their keys. Every call runs in the caller's
transaction, with the guests locked.

What takes long to erase, because it hangs on nobody's id (a line of a file that failed, an upload,
a mail), is cleaned afterwards by a worker: such parts are declared by `register_cleaner`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Model

from core.models import Company
from guests.models import Guest
from guests.traces import Traces


class Refused(Exception):
    """A part cannot be moved or put back as things are; the text tells a person why."""


class NotYet(Exception):
    """A cleaner cannot be done with before something else is over; the text says what."""


class Dependent(Protocol):
    """What one app keeps about guests."""

    #: Names it in receipts and in the download, as "orders".
    key: str

    def describe(self, guest: Guest) -> str:
        """Say in a few words what hangs on the guest ("12 orders"), or "" when nothing does."""

    def move(self, *, source: Guest, target: Guest) -> Any:
        """Give the target all that is the source's. Return what `put_back` needs, as JSON.

        Guest fields that follow from it (counters) are written on both guests' rows.
        Raises Refused: nothing is merged then.
        """

    def put_back(self, receipt: Any, *, source: Guest, target: Guest) -> None:
        """Undo `move`: give the source back what it had. Raises Refused: nothing is undone then."""

    def erase(self, guest: Guest, *, now: datetime) -> None:
        """Take every personal detail out of what hangs on the guest's id.

        The guest's row still has its telephone and names.
        """

    def everything(self, guest: Guest, *, only: Collection[int] | None) -> Any:
        """Return all that is kept about the guest, as JSON, for the guest to read.

        `only`: the restaurants (ids) whose orders may be told; None: all of them.
        """


class Staying:
    """For a part that stays with the guest whom it was about: a merge moves nothing of it."""

    def describe(self, guest: Guest) -> str:
        return ""

    def move(self, *, source: Guest, target: Guest) -> Any:
        return None

    def put_back(self, receipt: Any, *, source: Guest, target: Guest) -> None:
        """Nothing was moved."""


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


@dataclass(frozen=True)
class Cleaning:
    """What a cleaner works on: a company's keepings, and what to look for in them.

    `beat` is to be called between pieces of the work, outside transactions; `since` is when the
    guest was erased.
    """

    company: Company
    traces: Traces
    since: datetime
    beat: Callable[[], None]


#: Returns what it cleaned, as {what: how many}. Safe to repeat. Raises NotYet.
Cleaner = Callable[[Cleaning], Mapping[str, int]]

_cleaners: dict[str, Cleaner] = {}


def register_cleaner(key: str, clean: Cleaner) -> None:
    """Add an app's slow part of an erasure; the same key again replaces it."""
    _cleaners[key] = clean


def all_cleaners() -> Iterator[tuple[str, Cleaner]]:
    """Yield every cleaner with its key, in the order of the keys."""
    for key in sorted(_cleaners):
        yield key, _cleaners[key]


#: Columns in which people write freely, and may name a guest other than the row's own.
_texts: dict[tuple[str, str], tuple[type[Model], str]] = {}


def register_text(model: type[Model], field: str) -> None:
    """Have telephones and e-mails of erased guests taken out of a free text. The model has a
    company; the same column again changes nothing."""
    _texts[model._meta.label_lower, field] = (model, field)


def all_texts() -> Iterator[tuple[type[Model], str]]:
    """Yield every such column."""
    yield from _texts.values()
