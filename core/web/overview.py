"""The first page of a company: panels that apps add, and where each role lands.

An app says its part once, in `AppConfig.ready()`:

    overview.register(Panel(20, "visits/takings.html", takings, "visits.view_order", wide=True))
    overview.register_landing("operator", "imports:list")

Every panel costs a fixed number of queries, which stay quick with a million guests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.models import Company, Membership, User
from core.web.access import CompanyRequest

#: Who has it sees the overview: those who may know what a company does and takes.
PERMISSION = "core.view_change"

Context = Callable[[CompanyRequest, Company], dict[str, Any] | None]


@dataclass(frozen=True)
class Panel:
    """A part of the overview. Its template is a whole `<section>`, and finds what `context`
    returned as `panel`; None leaves it out. `wide`: over both columns.
    """

    order: int
    template: str
    context: Context
    permission: str
    wide: bool = False


_panels: list[Panel] = []
_landings: dict[str, str] = {}


def register(panel: Panel) -> None:
    """Add a panel, once for each template."""
    others = [known for known in _panels if known.template != panel.template]
    _panels[:] = sorted([*others, panel], key=lambda each: each.order)


def register_landing(role: str, url_name: str) -> None:
    """Say where a role that does not see the overview lands; the same role again replaces it."""
    _landings[role] = url_name


def panels(request: CompanyRequest, company: Company) -> list[dict[str, Any]]:
    """Return the panels that the user may see, as {template, panel, wide}."""
    found = [
        {
            "template": each.template,
            "panel": each.context(request, company),
            "wide": each.wide,
        }
        for each in _panels
        if request.user.has_perm(each.permission, company)
    ]
    return [each for each in found if each["panel"] is not None]


def landing(user: User, company: Company) -> str:
    """Return the address of the first screen of the user's role; "" where it has none."""
    roles = Membership.objects.for_company(company).active().filter(user=user)
    url_name = _landings.get(roles.values_list("role", flat=True).first() or "")
    return reverse(url_name, args=[company.slug]) if url_name else ""
