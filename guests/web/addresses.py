"""The address of the list: it carries every filter, the order, the size of a page and the place.

So a list can be bookmarked and sent, and Back brings it back.
"""

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from guests.filters import GuestFilter
from guests.paging import DEFAULT_SORT, is_sort

SORT, SIZE, PAGE, ALL, COUNT = "sort", "size", "page", "all", "count"
SIZES = (25, 50, 100, 200)


class ListAddress:
    """What an address of the list asks for. Without a parameter it asks for nothing yet."""

    def __init__(self, given: QueryDict) -> None:
        self._given = given
        self.filters = filters_among(given)

    @cached_property
    def _kept(self) -> dict[str, list[str]]:
        """What goes along to wherever a link of the list leads."""
        given = ((name, self._given.get(name)) for name in (SORT, SIZE, PAGE, ALL))
        return dict(self.filters.lists()) | {name: [value] for name, value in given if value}

    @property
    def is_asked(self) -> bool:
        """Whether there is to be a list at all; empty filters are everybody."""
        return bool(self._given)

    @property
    def sort(self) -> str:
        sort = self._given.get(SORT, "")
        return sort if is_sort(sort) else DEFAULT_SORT

    def size(self, usual: int) -> int:
        """Return how many guests a page is to hold; `usual` when the address does not say."""
        text = self._given.get(SIZE, "")
        return int(text) if text in map(str, SIZES) else usual

    @property
    def cursor(self) -> str:
        return self._given.get(PAGE, "")

    @property
    def is_all(self) -> bool:
        """Whether everybody found is ticked, not only single rows."""
        return ALL in self._given

    @property
    def wants_count(self) -> bool:
        return COUNT in self._given

    @property
    def view_query(self) -> str:
        """What a saved view keeps: the filters and the order."""
        kept = self.filters.copy()
        kept[SORT] = self.sort
        return kept.urlencode()

    def with_(self, **changes: Any) -> str:
        """Return this address with other parameters; None takes one away. Never a count."""
        query: dict[str, Any] = {k: v for k, v in self._kept.items() if k not in changes}
        query |= {name: [value] for name, value in changes.items() if value is not None}
        return f"?{urlencode(query, doseq=True)}" if query else f"?{SORT}={self.sort}"

    def sorted_by(self, sort: str) -> str:
        """Return the first page in another order."""
        return self.with_(sort=sort, page=None, all=None)

    def without(self, names: Iterable[str]) -> str:
        """Return the list without these filters; it runs at once, so its order is in it."""
        gone: dict[str, Any] = dict.fromkeys(names)
        return self.with_(**gone, sort=self.sort, page=None, all=None)

    @property
    def cleared(self) -> str:
        return self.without(self.filters)

    @property
    def actions(self) -> str:
        """What follows the question mark of an action on everybody found."""
        return self.filters.urlencode()

    @property
    def add_category(self) -> str:
        return f"{self.actions}&do=add".lstrip("&")

    @property
    def remove_category(self) -> str:
        return f"{self.actions}&do=remove".lstrip("&")


def filters_among(given: QueryDict) -> QueryDict:
    """Return the filters among the parameters, without what was left empty."""
    kept = QueryDict(mutable=True)
    for name, values in given.lists():
        filled = [value for value in values if value.strip()]
        if name in GuestFilter.base_filters and filled:
            kept.setlist(name, filled)
    return kept


def same(first: str, second: str) -> bool:
    """Whether two views ask for the same, in whatever order their addresses say it."""
    return _parts(first) == _parts(second)


def _parts(query: str) -> Collection[tuple[str, str]]:
    given = QueryDict(query)
    return sorted((name, value) for name, values in given.lists() for value in values)
