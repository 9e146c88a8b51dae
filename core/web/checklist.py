"""What is left to do before a company can be worked with. Apps register steps in `ready()`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.models import Company, User


@dataclass(frozen=True)
class Step:
    """A thing to do once, for whoever has the permission; without `url_name` it is only read."""

    order: int
    title: Any
    text: Callable[[Company], str]
    is_done: Callable[[Company], bool]
    permission: str
    url_name: str = ""
    action: Any = ""


_steps: list[Step] = []


def register(step: Step) -> None:
    """Add a step, once."""
    if step.title not in [known.title for known in _steps]:
        _steps.append(step)
        _steps.sort(key=lambda s: s.order)


def items(user: User, company: Company) -> list[dict[str, Any]]:
    """Return the steps as the first page shows them; the first that is not done is `next`."""
    found: list[dict[str, Any]] = []
    for step in _steps:
        if not user.has_perm(step.permission, company):
            continue
        done = step.is_done(company)
        found.append(
            {
                "title": step.title,
                "text": step.text(company),
                "done": done,
                "next": not done and all(item["done"] for item in found),
                "url": reverse(step.url_name, args=[company.slug]) if step.url_name else "",
                "action": step.action,
            }
        )
    return found
