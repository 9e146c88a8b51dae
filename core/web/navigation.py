"""The entries of the top bar. Apps register theirs in `AppConfig.ready()`, in the bar's order."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.models import Company, User


@dataclass(frozen=True)
class Entry:
    """One word in the bar: where it leads, and the permission without which it is not shown."""

    order: int
    label: Any
    url_name: str
    permission: str
    namespace: str


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


def items(user: User, company: Company, namespace: str) -> list[Item]:
    """Return what `user` may open in `company`; `namespace` is that of the present page."""
    return [
        Item(e.label, reverse(e.url_name, args=[company.slug]), current=e.namespace == namespace)
        for e in _entries
        if user.has_perm(e.permission, company)
    ]
