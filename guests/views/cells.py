"""The cells of the list of guests, as the page shows them.

Made in Python and not by a template for each: a page has up to three thousand of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _, ngettext

from core.models import Company
from core.web.money import money
from core.web.telephones import telephone
from guests.models import Guest
from guests.tables import BALANCE, CARDS, CATEGORIES, TIER, Column
from loyalty.models import Program

#: How many categories a row names; of more it says how many there are.
SHOWN_CATEGORIES = 2
NOTHING = mark_safe('<span class="none" aria-hidden="true">–</span>')
Show = Callable[["Cells", Guest], str]


@dataclass(frozen=True)
class Cell:
    """What stands in one cell; `opening` is its tag, the same in every row."""

    column: Column
    opening: str
    html: str


@dataclass(frozen=True)
class Row:
    guest: Guest
    url: str
    tick: str
    """What the tick box before it is called, for who listens."""
    cells: list[Cell]

    @property
    def html(self) -> str:
        """All cells of the row, as the table takes them. Their parts are escaped already."""
        cells = "".join(f"{each.opening}{each.html}</td>" for each in self.cells)
        return mark_safe(cells)  # noqa: S308


class Cells:
    """What the cells of one page need: the company, the columns, and the program if there is one.

    Times are those of the active time zone.
    """

    def __init__(
        self, company: Company, columns: Sequence[Column], program: Program | None = None
    ) -> None:
        self.company, self.program = company, program
        self._columns = [(column, _opening(column)) for column in columns]
        self._tick = str(_("Tick %(guest)s"))
        pattern = reverse("guests:record", args=[company.slug, 0])
        self._before, self._after = pattern.rsplit("0", 1)

    def row(self, guest: Guest) -> Row:
        cells = [
            Cell(column, opening, conditional_escape(_SHOWN[column.key](self, guest)) or NOTHING)
            for column, opening in self._columns
        ]
        return Row(guest, self.url(guest), self._tick % {"guest": guest}, cells)

    def url(self, guest: Guest) -> str:
        """Return the address of the guest's record."""
        return f"{self._before}{guest.pk}{self._after}"


def balance_text(balance: Decimal | None, program: Program, *, unit: bool = False) -> str:
    """Return a balance as people read it: an amount of money, or so many points.

    `unit`: where no heading says that they are points.
    """
    if balance is None:
        return ""
    if program.kind == Program.Kind.DEPOSIT:
        return money(balance, program.currency)
    text = _points(balance)
    if not unit:
        return text
    return ngettext("%(n)s point", "%(n)s points", int(balance) if balance == 1 else 2) % {
        "n": text
    }


def _points(balance: Decimal) -> str:
    """Return the number without noughts behind it that say nothing: 1,234.5 is 1,234.50."""
    exact = balance.normalize()
    places = -int(exact.as_tuple().exponent)
    return number_format(exact, max(places, 2) if places > 0 else 0, force_grouping=True)


def _opening(column: Column) -> str:
    classes = f"cell-{column.key} num" if column.is_number else f"cell-{column.key}"
    label = _("Balance") if column.key == BALANCE else column.label
    return format_html('<td role="cell" class="{}" data-label="{}">', classes, label)


def _phone(cells: Cells, guest: Guest) -> str:
    if not guest.phone:
        return ""
    text = telephone(guest.phone)
    return format_html('<a class="tel" href="tel:{}" dir="ltr">{}</a>', guest.phone, text)


def _name(cells: Cells, guest: Guest) -> str:
    name = guest.full_name
    link = format_html(
        '<a class="table__link" href="{}" title="{}"><bdi>{}</bdi></a>',
        cells.url(guest), name, name or _("No name"),
    )  # fmt: skip
    if guest.is_active:
        return link
    return format_html('{} <span class="badge badge--deleted">{}</span>', link, _("Deleted"))


def _clipped(text: str) -> str:
    if not text:
        return ""
    return format_html('<span class="table__clip" title="{}"><bdi>{}</bdi></span>', text, text)


def _day(moment: Any) -> str:
    if moment is None:
        return ""
    shown = moment
    if isinstance(moment, datetime):
        shown = timezone.localtime(moment)
        title = date_format(shown, "j M Y, H:i")
    else:
        title = date_format(moment, "j M Y")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        shown.isoformat(), title, date_format(shown, "j M Y"),
    )  # fmt: skip


def _cards(cells: Cells, guest: Guest) -> str:
    cards = [str(card) for card in guest.cards.all()]
    if not cards:
        return ""
    more = format_html(' <span class="muted">+{}</span>', len(cards) - 1) if cards[1:] else ""
    return format_html('<span title="{}">{}{}</span>', ", ".join(cards), cards[0], more)


def _categories(cells: Cells, guest: Guest) -> str:
    categories = list(guest.categories.all())
    if not categories:
        return ""
    tags = format_html_join(
        " ",
        '<span class="tag tag--{}"><bdi>{}</bdi></span>',
        ((each.colour, each.name) for each in categories[:SHOWN_CATEGORIES]),
    )
    more = len(categories) - SHOWN_CATEGORIES
    names = ", ".join(each.name for each in categories)
    rest = format_html(' <span class="muted">+{}</span>', more) if more > 0 else ""
    return format_html('<span class="tags" title="{}">{}{}</span>', names, tags, rest)


def _money(cells: Cells, amount: Decimal | None) -> str:
    return "" if amount is None else money(amount, cells.company.currency)


def _balance(cells: Cells, guest: Guest) -> str:
    assert cells.program is not None
    return balance_text(getattr(guest, BALANCE, None), cells.program)


_SHOWN: dict[str, Show] = {
    "phone": _phone,
    "name": _name,
    "birthday": lambda cells, guest: _day(guest.birthday),
    "email": lambda cells, guest: _clipped(guest.email),
    CARDS: _cards,
    "comment": lambda cells, guest: _clipped(guest.comment),
    "registered": lambda cells, guest: _day(guest.registered_at),
    CATEGORIES: _categories,
    "orders": lambda cells, guest: number_format(guest.orders_count, force_grouping=True),
    "total": lambda cells, guest: _money(cells, guest.total),
    "average_bill": lambda cells, guest: _money(cells, guest.average_bill),
    "last_visit": lambda cells, guest: _day(guest.last_visit_at),
    "last_promo_sms": lambda cells, guest: _day(guest.last_promo_sms_at),
    TIER: lambda cells, guest: _clipped(guest.member_tier.name) if guest.member_tier else "",
    BALANCE: _balance,
}
