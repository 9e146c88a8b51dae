"""What else waits for a second person, beside adjustments: apps above declare theirs."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from core.models import Company, Restaurant, User
from loyalty.services.asking import possible_approvers


class Waiting(NamedTuple):
    """Something that waits for approval on a page of its own."""

    title: str
    url: str
    asked_by: User
    asked_at: datetime
    sums: tuple[str, ...]


Find = Callable[[Company, User], Iterable[Waiting]]

_finders: list[Find] = []


def register(find: Find) -> None:
    """Add what `find(company, user)` yields to the page of approvals, and to the number beside it
    in the bar: what waits for anybody, and not for `user`'s own request. Apps do it once."""
    if find not in _finders:
        _finders.append(find)


def found(company: Company, user: User) -> list[Waiting]:
    """Return all that waits for somebody like `user`, the oldest first."""
    rows = [each for find in _finders for each in find(company, user)]
    return sorted(rows, key=lambda each: each.asked_at)


def nobody_approves(company: Company, user: User, restaurant: Restaurant | int | None) -> bool:
    """Whether there is no second person: what `user` sends to Approvals would only lapse."""
    pk = restaurant.pk if isinstance(restaurant, Restaurant) else restaurant
    return not possible_approvers(company, asked_by=user.pk, restaurant=pk).exists()
