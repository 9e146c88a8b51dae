"""The pages of a company's settings. Apps register theirs in `AppConfig.ready()`."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.models import Company, User
from core.web.navigation import Item


@dataclass(frozen=True)
class Page:
    """One line at the side; it is not shown to whoever lacks the permission."""

    order: int
    label: Any
    url_name: str
    permission: str


_pages: list[Page] = []


def register(page: Page) -> None:
    """Add a page, once."""
    if page.url_name not in [known.url_name for known in _pages]:
        _pages.append(page)
        _pages.sort(key=lambda known: known.order)


def items(user: User, company: Company, path: str) -> list[Item]:
    """Return the pages `user` may open; the one is current whose address begins `path`."""
    found = []
    for page in _pages:
        if user.has_perm(page.permission, company):
            url = reverse(page.url_name, args=[company.slug])
            found.append(Item(page.label, url, current=path.startswith(url)))
    return found
