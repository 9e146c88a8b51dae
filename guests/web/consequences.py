"""What hangs on guests who are about to be deleted, in sentences, for the page that asks.

An app says its part once, in `AppConfig.ready()`: "312 of them hold 41,200 points: kept, still
expiring".
"""

from collections.abc import Callable, Iterable

from core.models import Company
from guests.querysets import GuestQuerySet

#: Returns sentences, none where there is nothing to say. One or two queries, however many guests.
Tell = Callable[[GuestQuerySet, Company], Iterable[str]]

_tellers: list[Tell] = []


def register(tell: Tell) -> Tell:
    """Add an app's part, once. Its sentences are told in the order of registration."""
    if tell not in _tellers:
        _tellers.append(tell)
    return tell


def of_deleting(guests: GuestQuerySet, company: Company) -> list[str]:
    """Return what hangs on these guests, who are the company's; `guests` has no order."""
    return [sentence for tell in _tellers for sentence in tell(guests, company)]
