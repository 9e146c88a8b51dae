"""The first page of a company: panels that apps add, and where each role lands.

An app says its part once, in `AppConfig.ready()`:

    overview.register(Panel(20, "visits/takings.html", takings, "visits.view_order", wide=True))
    overview.register_landing("operator", "imports:list")

Every panel costs a fixed number of queries. What counts a million rows is not waited for: such a
panel says with `meanwhile` what it shows at once, and the page asks for the rest by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.models import Company, Membership, User
from core.web.access import CompanyRequest

#: Who has it sees the overview: those who may know what a company does and takes.
PERMISSION = "core.view_change"

#: Of no more rows than these a panel is made while one waits.
AT_ONCE = 20_000

Context = Callable[[CompanyRequest, Company], dict[str, Any] | None]


@dataclass(frozen=True)
class Panel:
    """A part of the overview. Its template is a whole `<section>`, and finds what `context`
    returned as `panel`; None leaves it out. `wide`: over both columns.

    `meanwhile` returns what the template finds until then in a company so large that `context`
    takes long, and None in any other; `name` is what the page asks for the rest by.
    """

    order: int
    template: str
    context: Context
    permission: str
    wide: bool = False
    meanwhile: Context | None = None
    name: str = ""


_panels: list[Panel] = []
_landings: dict[str, str] = {}


def register(panel: Panel) -> None:
    """Add a panel, once for each template."""
    others = [known for known in _panels if known.template != panel.template]
    _panels[:] = sorted([*others, panel], key=lambda each: each.order)


def register_landing(role: str, url_name: str) -> None:
    """Say where a role that does not see the overview lands; the same role again replaces it."""
    _landings[role] = url_name


def panels(request: CompanyRequest, company: Company, *, whole: bool) -> list[dict[str, Any]]:
    """Return the panels that the user may see, as {template, panel, wide, later}.

    `later` is the name of one that is to be asked for by `panel`, as only what it shows meanwhile
    is there, and "" of all others; `whole`: of every one.
    """
    found = []
    for each in _seen_by(request.user, company):
        early = None if whole or not each.meanwhile else each.meanwhile(request, company)
        if early is not None:
            found.append(_shown(each, early) | {"later": each.name})
        elif (context := each.context(request, company)) is not None:
            found.append(_shown(each, context))
    return found


def panel(request: CompanyRequest, company: Company, name: str) -> dict[str, Any] | None:
    """Return the panel of this name as `panels` does; None where the user sees none of it."""
    for each in _seen_by(request.user, company):
        if each.name == name and (context := each.context(request, company)) is not None:
            return _shown(each, context)
    return None


def _seen_by(user: User, company: Company) -> list[Panel]:
    return [each for each in _panels if user.has_perm(each.permission, company)]


def _shown(panel: Panel, context: dict[str, Any]) -> dict[str, Any]:
    return {"template": panel.template, "panel": context, "wide": panel.wide, "later": ""}


def landing(user: User, company: Company) -> str:
    """Return the address of the first screen of the user's role; "" where it has none."""
    roles = Membership.objects.for_company(company).active().filter(user=user)
    url_name = _landings.get(roles.values_list("role", flat=True).first() or "")
    return reverse(url_name, args=[company.slug]) if url_name else ""
