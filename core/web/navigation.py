"""The entries of the top bar. Apps register theirs in `AppConfig.ready()`, in the bar's order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.models import Company, User
from core.web.subjects import page


@dataclass(frozen=True)
class Entry:
    """One word in the bar: where it leads, and the permission without which it is not shown.

    `count`: how many wait there for the user, at the price of a query on every page.
    """

    order: int
    label: Any
    url_name: str
    permission: str
    namespace: str = ""
    count: Callable[[User, Company], int] | None = None


@dataclass(frozen=True)
class Item:
    """An entry as one person sees it on one page."""

    label: Any
    url: str
    current: bool
    count: int | None = None


_entries: list[Entry] = []


def register(entry: Entry) -> None:
    """Add an entry, once."""
    if entry not in _entries:
        _entries.append(entry)
        _entries.sort(key=lambda e: e.order)


def items(user: User, company: Company, path: str) -> list[Item]:
    """Return what `user` may open in `company`; `path` is the present page's.

    The entry is current whose address begins the page's, of several the longest; the company's own
    address, with which all of them begin, only on that very page.
    """
    base = page("core:company", company)
    places = [
        (entry, page(entry.url_name, company))
        for entry in _entries
        if user.has_perm(entry.permission, company)
    ]
    matching = [
        url for _entry, url in places if path == url or (url != base and path.startswith(url))
    ]
    current = max(matching, key=len, default="")
    return [
        Item(
            entry.label,
            url,
            current=url == current,
            count=entry.count(user, company) if entry.count else None,
        )
        for entry, url in places
    ]
