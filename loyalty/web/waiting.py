"""What else waits for a second person, beside adjustments: apps above declare theirs."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from core.models import Company, Restaurant, User
from loyalty.services.asking import possible_approvers


class Waiting(NamedTuple):
    """Something that waits for approval on a page of its own."""

    title: str
    url: str
    asked_by: User
    asked_at: datetime
    lapses_at: datetime
    sums: tuple[str, ...]


class _Kind(NamedTuple):
    rows: Callable[[Company], QuerySet[Any]]
    told: Callable[[Company, User], Iterable[Waiting]]


_kinds: list[_Kind] = []


def register(
    rows: Callable[[Company], QuerySet[Any]], told: Callable[[Company, User], Iterable[Waiting]]
) -> None:
    """Add what `told(company, user)` yields to the page of approvals, and to the number beside it
    in the bar: what waits for anybody, and not for `user`'s own request. `rows` are those of the
    company that wait, whoever asked. Apps do it once."""
    if (kind := _Kind(rows, told)) not in _kinds:
        _kinds.append(kind)


def found(company: Company, user: User) -> list[Waiting]:
    """Return all that waits for somebody like `user`, the oldest first."""
    rows = [each for kind in _kinds for each in kind.told(company, user)]
    return sorted(rows, key=lambda each: each.asked_at)


def is_any(adjustments: QuerySet[Any], company: Company) -> bool:
    """Whether one of these adjustments or anything else of the company waits for anybody: asked for
    on every page, in one query, and most often nothing does."""
    others = (kind.rows(company) for kind in _kinds)
    return adjustments.union(*others, all=True).exists()


def nobody_approves(company: Company, user: User, restaurant: Restaurant | int | None) -> bool:
    """Whether there is no second person: what `user` sends to Approvals would only lapse."""
    pk = restaurant.pk if isinstance(restaurant, Restaurant) else restaurant
    return not possible_approvers(company, asked_by=user.pk, restaurant=pk).exists()
