"""What every page about one guest shares: who may open it, the head above it, and the tabs.

The record is one place made by several apps. Each says its part once, in `AppConfig.ready()`:

    register_tab(Tab("ledger", _("Ledger"), 30, "loyalty:ledger", "loyalty.view_program"))
    register_action(Action(10, _("Credit"), "loyalty:credit", "loyalty.adjust_balance"))
    register_panel(Panel(10, "loyalty/balances.html", balances, "loyalty.view_program"))
    register_notice(waiting_adjustments)

Addresses of tabs and actions take the company's slug and the guest's id. A page of a tab extends
guests/record.html, fills `{% block tab %}`, and renders `record_context(..., tab="ledger")` with
what it adds itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import wraps
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from core.models import Company, User
from core.texts import isolated
from core.web.access import CompanyRequest, View, company_view
from core.web.telephones import called
from guests.models import Guest
from guests.services.claims import kept_guest
from guests.web import way_back


def guest_view(permission: str) -> Callable[[View], View]:
    """Open the page to members whose role has `permission`; the view gets company and guest.

    `pk` of the address is the guest's: another company's is 404. Of a guest who was merged the same
    page of the one who was kept is shown, with a word that says so.
    """

    def decorate(view: View) -> View:
        @company_view(permission)
        @wraps(view)
        def guarded(
            request: CompanyRequest, company: Company, pk: int, **kwargs: Any
        ) -> HttpResponseBase:
            guest = _find(company, pk)
            if guest.merged_into_id is not None:
                return _lead_on(request, company, guest)
            return view(request, company, guest, **kwargs)

        return guarded

    return decorate


def _find(company: Company, pk: int) -> Guest:
    try:
        guest = Guest.objects.for_company(company).of_record(pk)
    except Guest.DoesNotExist:
        raise Http404 from None
    # The same object everywhere: no query for what the address said already.
    guest.company = company
    return guest


def _lead_on(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponseBase:
    kept = kept_guest(company, guest)
    match = request.resolver_match
    if kept.pk == guest.pk or match is None:
        raise Http404
    told = _("%(merged)s was merged into %(kept)s, whose record this is.")
    names = {"merged": isolated(called(guest)), "kept": isolated(called(kept))}
    messages.info(request, told % names)
    url = reverse(match.view_name, kwargs={**match.kwargs, "pk": kept.pk})
    return redirect(way_back.along(request, url))


def is_open(guest: Guest) -> bool:
    """`Guest.is_open`, as what applies to a guest asks for it."""
    return guest.is_open


# -- What apps add ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tab:
    """A page of the record. `count`: a number beside its label, at the price of a query or none."""

    key: str
    label: Any
    order: int
    url_name: str
    permission: str
    count: Callable[[Guest], int | None] | None = None


@dataclass(frozen=True)
class Action:
    """A button of the head; with `menu` a line under "More". One may be `primary`.

    `applies` says of which guests it is shown at all, beside the permission.
    """

    order: int
    label: Any
    url_name: str
    permission: str
    icon: str = ""
    primary: bool = False
    menu: bool = False
    applies: Callable[[Guest], bool] = is_open


@dataclass(frozen=True)
class Panel:
    """A panel at the right side of Details. Its template is a whole `<section class="panel">` and
    finds what `context` returned as `panel`; None leaves the panel out.
    """

    order: int
    template: str
    context: Callable[[CompanyRequest, Company, Guest], dict[str, Any] | None]
    permission: str


class Banner(NamedTuple):
    """A line above the record, as components/notice.html has it: `link` is the words of `url`."""

    text: Any
    level: str = "info"
    url: str = ""
    link: Any = ""


#: Returns the banners of a guest, most often none: one query at most.
Notice = Callable[[CompanyRequest, Company, Guest], Iterable[Banner]]

_tabs: list[Tab] = [
    Tab("details", gettext_lazy("Details"), 10, "guests:record", "guests.view_guest"),
    Tab("history", gettext_lazy("History"), 90, "guests:history", "guests.view_guest"),
]
_actions: list[Action] = []
_panels: list[Panel] = []
_notices: list[Notice] = []


def register_tab(tab: Tab) -> None:
    """Add a tab; the same key again replaces it."""
    _tabs[:] = sorted([*(t for t in _tabs if t.key != tab.key), tab], key=lambda t: t.order)


def register_action(action: Action) -> None:
    """Add an action of the head, once for each address."""
    others = [a for a in _actions if a.url_name != action.url_name]
    _actions[:] = sorted([*others, action], key=lambda a: a.order)


def register_panel(panel: Panel) -> None:
    """Add a panel beside the details, once for each template."""
    others = [p for p in _panels if p.template != panel.template]
    _panels[:] = sorted([*others, panel], key=lambda p: p.order)


def register_notice(notice: Notice) -> None:
    """Add what an app has to say above a guest's record, once."""
    if notice not in _notices:
        _notices.append(notice)


# -- What a page of the record needs ------------------------------------------------------------


@dataclass(frozen=True)
class Link:
    """A tab or an action as one person sees it."""

    label: Any
    url: str
    icon: str = ""
    primary: bool = False
    current: bool = False
    count: int | None = None


def record_context(
    request: CompanyRequest, company: Company, guest: Guest, *, tab: str
) -> dict[str, Any]:
    """Return what guests/record.html shows around the tab `tab`."""
    user = request.user

    def along(links: list[Link]) -> list[Link]:
        return [replace(each, url=way_back.along(request, each.url)) for each in links]

    return {
        "guest": guest,
        **way_back.context(request, company),
        "can_change": guest.is_open and user.has_perm("guests.change_guest", company),
        "is_erased": guest.is_erased,
        "categories": guest.categories_by_name,
        "days_since_visit": days_since_visit(guest, timezone.localdate()),
        "actions": along(actions(user, company, guest, menu=False)),
        "more": along(actions(user, company, guest, menu=True)),
        "tabs": along(tabs(user, company, guest, current=tab)),
        "banners": [each for notice in _notices for each in notice(request, company, guest)],
    }


def tabs(user: User, company: Company, guest: Guest, *, current: str) -> list[Link]:
    """Return the tabs that `user` may open."""
    return [
        Link(
            tab.label,
            reverse(tab.url_name, args=[company.slug, guest.pk]),
            current=tab.key == current,
            count=tab.count(guest) if tab.count else None,
        )
        for tab in _tabs
        if user.has_perm(tab.permission, company)
    ]


def actions(user: User, company: Company, guest: Guest, *, menu: bool) -> list[Link]:
    """Return what `user` may do with the guest: the head's buttons, or what is under "More"."""
    return [
        Link(
            action.label,
            reverse(action.url_name, args=[company.slug, guest.pk]),
            action.icon,
            action.primary,
        )
        for action in _actions
        if action.menu == menu
        and action.applies(guest)
        and user.has_perm(action.permission, company)
    ]


def panels(request: CompanyRequest, company: Company, guest: Guest) -> list[dict[str, Any]]:
    """Return the panels beside the details, as {template, context}."""
    found = [
        {"template": panel.template, "context": panel.context(request, company, guest)}
        for panel in _panels
        if request.user.has_perm(panel.permission, company)
    ]
    return [each for each in found if each["context"] is not None]


def days_since_visit(guest: Guest, today: date) -> int | None:
    """Return how many days of the active time zone ago the guest came last; None: never."""
    if guest.last_visit_at is None:
        return None
    return max((today - timezone.localdate(guest.last_visit_at)).days, 0)
