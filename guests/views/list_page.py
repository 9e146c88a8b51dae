"""What the list of guests shows, read once: the page of rows, the heads, the chips, the number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import get_language

from core.models import Company, User
from core.web.subjects import link
from core.web.telephones import telephone_in
from guests import normalize, tables
from guests.filters import GuestFilter
from guests.models import Guest, GuestListChoice, SavedView
from guests.paging import BALANCE, DEFAULT_SORT, Page, is_sort, page_of
from guests.querysets import GuestQuerySet
from guests.querysets.search import words_of
from guests.tables import Column
from guests.views import filter_layout
from guests.views.cells import Cells, classes_of, heading, table
from guests.web import way_back
from guests.web.addresses import SIZES, ListAddress, same
from loyalty.querysets import with_balance

#: Fields that no column shows, or only the one of their name.
_UNSEEN = (
    "birthday_key", "comment", "consent", "consent_date", "consent_details", "employee_id",
    "image_url", "member_number", "merged_into", "name_key", "opening_total", "orders_total",
    "referrer", "search_text", "sex", "subscribed", "version",
)  # fmt: skip

_ARROWS = {"": "", "ascending": "↑", "descending": "↓"}


@dataclass(frozen=True)
class Head:
    """The head of a column: where pressing it leads, and how the list is sorted by it now."""

    column: Column
    label: str
    url: str = ""
    aria_sort: str = ""

    @property
    def classes(self) -> str:
        return classes_of(self.column)

    @property
    def arrow(self) -> str:
        return _ARROWS[self.aria_sort]


class ListPage:
    """The list that an address asks for, as one user has chosen to see it.

    Rows cost a fixed number of queries. The number of all guests found is a query of its own, made
    by `count()` and only when somebody asks.
    """

    def __init__(
        self, company: Company, address: ListAddress, choice: GuestListChoice, *, today: date
    ) -> None:
        self.company, self.address, self.choice = company, address, choice
        user = choice.user if choice.user_id else None
        self.filter = GuestFilter(address.filters, company=company, today=today, seen_by=user)
        self.form = self.filter.form
        filter_layout.settle(self.form)
        self.program = self.filter.chosen_program
        self.columns = tables.shown_columns(choice.columns, self.program)

    @cached_property
    def sort(self) -> str:
        has_balance = any(column.key == BALANCE for column in self.columns)
        sort = self.address.sort
        return sort if is_sort(sort, balance=has_balance) else DEFAULT_SORT

    @cached_property
    def size(self) -> int:
        return self.address.size(self.choice.page_size)

    @cached_property
    def page(self) -> Page:
        found = self.filter.qs
        if self.sort.removeprefix("-") == BALANCE and self.program is not None:
            found = with_balance(found, self.program)
        page = page_of(
            found, self.company, self.sort, self.size, self.address.cursor, prepare=self._prepared
        )
        tables.fill(page.rows, self.columns)
        return page

    def _prepared(self, guests: GuestQuerySet) -> GuestQuerySet:
        shown = {column.key for column in self.columns}
        left_out = (name for name in _UNSEEN if name not in shown)
        # The tiers are known by the filters.
        beside = [column for column in self.columns if column.key != tables.TIER]
        return tables.prepared(guests, beside, self.program).defer(*left_out)

    @property
    def known_count(self) -> int | None:
        """The number of guests found where it costs nothing: all are on this page."""
        page = self.page
        return None if page.previous or page.next else len(page.rows)

    def count(self) -> int:
        return self.filter.qs.count()

    def filter_context(self) -> dict[str, Any]:
        """Return what the filters and the chips show."""
        form, described = self.form, list(self.filter.descriptions())
        return {
            "chips": [
                {"label": found.label, "url": self.address.without(found.names)}
                for found in described
            ],
            "first_row": filter_layout.first_row(form),
            "drawers": filter_layout.drawers(form),
            "drawers_open": filter_layout.are_open(form),
            "last_visit": filter_layout.last_visit(form),
            "on": {
                "filters": sum("q" not in found.names for found in described),
                "last_visit": filter_layout.on(form, filter_layout.LAST_VISIT),
                "more": filter_layout.on(form, filter_layout.drawer_names()),
            },
        }

    def context(self, *, ticks: bool) -> dict[str, Any]:
        """Return what the list itself shows; `ticks`: whether its rows can be ticked."""
        page, address = self.page, self.address
        tiers = filter_layout.tier_names(self.form)
        cells = Cells(
            self.company,
            self.columns,
            self.program,
            tiers=tiers,
            ticks=ticks,
            all_ticked=address.is_all,
            query=way_back.carried(address),
        )
        rows = [cells.row(guest) for guest in page.rows]
        count = self.known_count
        if count is None and address.wants_count:
            count = self.count()
        return {
            "heads": self._heads(),
            "can_tick": ticks,
            "has_tiers": bool(tiers),
            "rows": rows,
            "table": table(rows),
            "count": count,
            "count_url": address.with_(count=1),
            "pager": self._pager(page),
            "sizes": [
                {"size": size, "url": address.with_(size=size, page=None), "on": size == self.size}
                for size in SIZES
            ],
            "shows_deleted": "inactive" in address.filters,
            "here": address.with_(),
            "came_from": way_back.of_form(address),
            "all_url": address.with_(all=1),
            "none_url": address.with_(all=None),
            **(self._nobody() if not page.rows else {}),
        }

    def _heads(self) -> list[Head]:
        language = get_language()
        return [self._head(column, heading(column.key, language)) for column in self.columns]

    def _head(self, column: Column, label: str) -> Head:
        if not column.sort:
            return Head(column, label)
        now = self.sort
        if now.removeprefix("-") != column.sort:
            first = f"-{column.sort}" if column.falls else column.sort
            return Head(column, label, self.address.sorted_by(first))
        turned = column.sort if now.startswith("-") else f"-{column.sort}"
        aria = "descending" if now.startswith("-") else "ascending"
        return Head(column, label, self.address.sorted_by(turned), aria)

    def _pager(self, page: Page) -> dict[str, str]:
        places = {name: getattr(page, name) for name in ("first", "previous", "next", "last")}
        urls = {
            name: self.address.with_(page=None if name == "first" else cursor)
            for name, cursor in places.items()
            if cursor
        }
        return {name: urls.get(name, "") for name in places}

    def _nobody(self) -> dict[str, Any]:
        """Return what an empty list offers instead."""
        typed = self.form.cleaned_data["q"] if self.filter.is_valid() else ""
        words, phone = words_of(typed), phone_of(typed, self.company)
        return {
            "is_company_empty": not Guest.objects.for_company(self.company).exists(),
            "is_search": bool(words),
            "is_short": any(word.is_short for word in words),
            "new_phone": typed if phone else "",
            "new_phone_shown": telephone_in(phone, self.company.region) if phone else "",
        }


def phone_of(text: str, company: Company) -> str:
    """Return the telephone that was typed, as E.164; "" for a text that is none."""
    if not text.strip():
        return ""
    try:
        return normalize.phone(text.strip(), region=company.region, check="possible")
    except normalize.Invalid:
        return ""


def saved_views(company: Company, user: User, address: ListAddress) -> list[dict[str, Any]]:
    """Return the views as tabs; the one is current whose filters and order the address has."""
    views = SavedView.objects.for_company(company).for_user(user).in_order()
    may_share = user.has_perm("guests.share_view", company)
    return [
        {
            "view": view,
            "url": f"?{view.query}",
            "current": address.is_asked and same(view.query, address.view_query),
            "shared": view.owner_id is None,
            "deletable": may_share or view.owner_id is not None,
        }
        for view in views
    ]


#: What stands around the list for whom: the page to go to, and the permission it asks for.
_ABILITIES: Sequence[tuple[str, str, str]] = (
    ("create", "guests:create", "guests.add_guest"),
    ("import", "imports:new", "imports.add_importjob"),
    ("export", "guests:export", "guests.export_guest"),
    ("delete", "guests:delete", "guests.outlet_setup"),
    ("restore", "guests:restore", "guests.outlet_setup"),
    ("categorise", "guests:categorise", "guests.change_guest"),
    ("set_tier", "guests:set_tier", "guests.change_guest"),
    ("credit", "loyalty:bulk_credit", "loyalty.adjust_balance"),
    ("debit", "loyalty:bulk_debit", "loyalty.adjust_balance"),
    ("duplicates", "guests:duplicates", "guests.merge_guest"),
)


def abilities(user: User, company: Company) -> dict[str, str]:
    """Return the addresses of what `user` may do with guests; what is missing is not shown."""
    return {
        name: url
        for name, url_name, permission in _ABILITIES
        if user.has_perm(permission, company) and (url := link(url_name, company))
    }


def can_tick(can: dict[str, str]) -> bool:
    """Whether there is anything to do with ticked rows."""
    return bool({"export", "delete", "categorise", "credit"} & set(can))
