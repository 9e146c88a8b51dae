"""The rows of the list of guests, as the page shows them.

Written in Python and not by a template for each: a page has up to three thousand cells. Whatever
comes from a guest goes through `escape`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext as _

from core.models import Company
from core.texts import isolated
from core.web.money import Figures, figures, money, points
from core.web.telephones import telephone
from guests.models import Guest
from guests.tables import BALANCE, CARDS, CATEGORIES, COLUMNS, TIER, Column
from loyalty.models import Program

#: How many categories a row names; of more it says how many there are.
SHOWN_CATEGORIES = 2
NOTHING = '<span class="none" aria-hidden="true">–</span>'
#: Makes the inside of a cell, escaped; "" where there is nothing.
Show = Callable[["Cells", Any], str]


@dataclass(frozen=True)
class Row:
    """A guest's row: what is in its cells by the columns' keys, escaped, and all of it as HTML."""

    guest: Guest
    cells: dict[str, str]
    html: str


def table(rows: Iterable[Row]) -> SafeString:
    """Return the rows as the body of the table."""
    return mark_safe("".join([row.html for row in rows]))  # noqa: S308


class Cells:
    """What the rows of one page need: the company, the columns, and the program if there is one.

    `tiers`: what the company's tiers are called, by id: a page knows them already.
    `ticks`: whether rows can be ticked. `all_ticked`: whether they are, together with all others.
    `query`: what follows the question mark of a record's address. Times are those of the company's
    time zone.
    """

    def __init__(
        self,
        company: Company,
        columns: Sequence[Column],
        program: Program | None = None,
        *,
        tiers: Mapping[int, str],
        ticks: bool = False,
        all_ticked: bool = False,
        query: str = "",
    ) -> None:
        self.company, self.program, self.tiers = company, program, tiers
        self._ticks, self._all_ticked = ticks, all_ticked
        language = get_language()
        self._columns = [
            (each.key, _opening(each.key, language), _SHOWN[each.key]) for each in columns
        ]
        self._tick = str(_("Tick %(guest)s"))
        self.figures: Figures = figures()
        self._zone = ZoneInfo(company.timezone)
        self._months = _months(language)
        pattern = reverse("guests:record", args=[company.slug, 0])
        self._before, after = pattern.rsplit("0", 1)
        self._after = f"{after}?{escape(query)}" if query else after

    def row(self, guest: Guest) -> Row:
        cells = {key: show(self, guest) or NOTHING for key, _opening, show in self._columns}
        shown = "".join([f"{opening}{cells[key]}</td>" for key, opening, _show in self._columns])
        start = '<tr role="row">' if guest.is_active else '<tr role="row" class="is-deleted">'
        tick = self._tick_cell(guest) if self._ticks else ""
        return Row(guest, cells, f"{start}{tick}{shown}</tr>\n")

    def url(self, guest: Guest) -> str:
        """Return the address of the guest's record, escaped."""
        return f"{self._before}{guest.pk}{self._after}"

    def day(self, moment: date | datetime | None) -> str:
        """Return a day as "5 Nov 2026"; of a moment the title tells the time too."""
        if moment is None:
            return ""
        shown = moment.astimezone(self._zone) if isinstance(moment, datetime) else moment
        title = text = f"{shown.day} {self._months[shown.month]} {shown.year}"
        if isinstance(shown, datetime):
            title = f"{text}, {shown.hour:02}:{shown.minute:02}"
        return f'<time datetime="{shown.isoformat()}" title="{title}">{text}</time>'

    def _tick_cell(self, guest: Guest) -> str:
        what = "checked disabled" if self._all_ticked else f'name="guest" value="{guest.pk}"'
        name = escape(self._tick % {"guest": isolated(guest)})
        return (
            '<td role="cell" class="cell-tick"><label class="tick-label">'
            f'<input class="tick" type="checkbox" {what}>'
            f'<span class="visually-hidden">{name}</span></label></td>'
        )


def balance_text(balance: Decimal | None, program: Program, *, unit: bool = False) -> str:
    """Return a balance as people read it: an amount of money, or so many points.

    `unit`: where no heading says that they are points.
    """
    if balance is None:
        return ""
    if program.kind == Program.Kind.DEPOSIT:
        return money(balance, program.currency)
    text = _points(balance)
    return points(balance, text) if unit else text


def _points(balance: Decimal) -> str:
    """Return the number without noughts behind it that say nothing: 1,234.5 is 1,234.50."""
    exact = balance.normalize()
    places = -int(exact.as_tuple().exponent)
    return number_format(exact, max(places, 2) if places > 0 else 0, force_grouping=True)


@cache
def _months(language: str | None) -> list[str]:
    """Return the months' names by their numbers, in the language that is active.

    A date format looks them up again for each date.
    """
    return ["", *(escape(date_format(date(2000, month, 1), "M")) for month in range(1, 13))]


def _column(key: str) -> Column:
    return next(each for each in COLUMNS if each.key == key)


def classes_of(column: Column) -> str:
    """Return the classes of a column's head and cells."""
    return f"cell-{column.key} num" if column.is_number else f"cell-{column.key}"


@cache
def heading(key: str, language: str | None) -> str:
    """Return what stands over a column, in the language that is active."""
    return _("Balance") if key == BALANCE else str(_column(key).label)


@cache
def _opening(key: str, language: str | None) -> str:
    """Return the tag of a column's cells, the same in every row of the active language."""
    classes, label = classes_of(_column(key)), heading(key, language)
    return format_html('<td role="cell" class="{}" data-label="{}">', classes, label)


def _phone(cells: Cells, guest: Guest) -> str:
    if not guest.phone:
        return ""
    number, shown = escape(guest.phone), escape(telephone(guest.phone))
    return f'<a class="tel" href="tel:{number}" dir="ltr">{shown}</a>'


def _name(cells: Cells, guest: Guest) -> str:
    name = escape(guest.full_name)
    link = (
        f'<a class="table__link" href="{cells.url(guest)}" title="{name}">'
        f"<bdi>{name or escape(_('No name'))}</bdi></a>"
    )
    if guest.is_active:
        return link
    return f'{link} <span class="badge badge--deleted">{escape(_("Deleted"))}</span>'


def _clipped(text: str) -> str:
    if not text:
        return ""
    shown = escape(text)
    return f'<span class="table__clip" title="{shown}"><bdi>{shown}</bdi></span>'


def _more(count: int) -> str:
    return f' <span class="muted">+{count}</span>' if count > 0 else ""


def _cards(cells: Cells, guest: Any) -> str:
    cards = [escape(card) for card in guest.shown_cards]
    if not cards:
        return ""
    return f'<span title="{", ".join(cards)}">{cards[0]}{_more(len(cards) - 1)}</span>'


def _categories(cells: Cells, guest: Any) -> str:
    categories = [(each.colour, escape(each.name)) for each in guest.shown_categories]
    if not categories:
        return ""
    tags = " ".join(
        f'<span class="tag tag--{escape(colour)}"><bdi>{name}</bdi></span>'
        for colour, name in categories[:SHOWN_CATEGORIES]
    )
    names = ", ".join(name for _colour, name in categories)
    more = _more(len(categories) - SHOWN_CATEGORIES)
    return f'<span class="tags" title="{names}">{tags}{more}</span>'


def _money(cells: Cells, amount: Decimal | None) -> str:
    if amount is None:
        return ""
    return escape(cells.figures.money(amount, cells.company.currency))


def _balance(cells: Cells, guest: Guest) -> str:
    assert cells.program is not None
    return escape(balance_text(getattr(guest, BALANCE, None), cells.program))


_SHOWN: dict[str, Show] = {
    "phone": _phone,
    "name": _name,
    "birthday": lambda cells, guest: cells.day(guest.birthday),
    "email": lambda cells, guest: _clipped(guest.email),
    CARDS: _cards,
    "comment": lambda cells, guest: _clipped(guest.comment),
    "registered": lambda cells, guest: cells.day(guest.registered_at),
    CATEGORIES: _categories,
    "orders": lambda cells, guest: cells.figures.grouped(guest.orders_count),
    "total": lambda cells, guest: _money(cells, guest.total),
    "average_bill": lambda cells, guest: _money(cells, guest.average_bill),
    "last_visit": lambda cells, guest: cells.day(guest.last_visit_at),
    "last_promo_sms": lambda cells, guest: cells.day(guest.last_promo_sms_at),
    TIER: lambda cells, guest: _clipped(cells.tiers.get(guest.member_tier_id, "")),
    BALANCE: _balance,
}
