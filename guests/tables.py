"""The columns of the list of guests: what is shown, what is chosen, what is exported.

    columns = shown_columns(choice.columns, program)    # Column objects, in the table's order
    guests = list(prepared(found, columns, program))    # a page, or a batch of an export
    fill(guests, columns)                               # two more queries at most
    for guest in guests:
        line = [column.value(guest) for column in columns]

`Column.key` names a column in an address, in GuestListChoice.columns and in GuestExport.columns;
`columns_by_key(keys, program)` returns those of stored keys, in the table's order. `Column.label`
is its heading. `Column.value(guest)` is plain: str, int, Decimal, date, aware datetime, or None
where there is nothing; it asks the database for nothing once the guests were prepared and filled.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.utils.translation import gettext, gettext_lazy as _

from guests.models import Card, Guest, GuestCategory
from guests.querysets import GuestQuerySet
from loyalty.models import Program
from loyalty.querysets import with_balance

BALANCE = "balance"
CARDS, CATEGORIES, TIER = "cards", "categories", "tier"


@dataclass(frozen=True)
class Column:
    """One column. `sort` names its order in guests.paging ("" where a guest has several values).

    usual         shown until somebody chooses
    fixed         always shown: without it a row says nothing
    is_number     stands at the end of its column, and the greatest come first when it is chosen
    falls         the latest or greatest come first
    """

    key: str
    label: Any
    value: Callable[[Guest], Any]
    sort: str = ""
    usual: bool = True
    fixed: bool = False
    is_number: bool = False
    falls: bool = False


class Tag(NamedTuple):
    """A category as a guest's row shows it."""

    name: str
    colour: str


def _numbers(guest: Any) -> str:
    return ", ".join(guest.shown_cards)


def _categories(guest: Any) -> str:
    return ", ".join(category.name for category in guest.shown_categories)


def _tier(guest: Guest) -> str:
    return guest.member_tier.name if guest.member_tier else ""


def _field(name: str) -> Callable[[Guest], Any]:
    return lambda guest: getattr(guest, name)


def _column(key: str, label: Any, field: str = "", **options: Any) -> Column:
    return Column(key, label, _field(field or key), sort=key, **options)


def _number(key: str, label: Any, field: str, **options: Any) -> Column:
    return _column(key, label, field, is_number=True, falls=True, **options)


#: Every column, in the table's order.
COLUMNS: Sequence[Column] = (
    _column("phone", _("Telephone"), fixed=True),
    _column("name", _("Name"), "full_name", fixed=True),
    _column("birthday", _("Birthday")),
    _column("email", _("Email")),
    Column(CARDS, _("Card No."), _numbers),
    _column("comment", _("Comment"), usual=False),
    _column("registered", _("Registered"), "registered_at", falls=True),
    Column(CATEGORIES, _("Categories"), _categories),
    _number("orders", _("Orders"), "orders_count"),
    _number("total", _("Total"), "total"),
    _number("average_bill", _("Average bill"), "average_bill"),
    _column("last_visit", _("Last visit"), "last_visit_at", falls=True),
    _column("last_promo_sms", _("Last promotional SMS"), "last_promo_sms_at", usual=False,
            falls=True),
    Column(TIER, _("Tier"), _tier, sort=TIER, falls=True),
    _number(BALANCE, _("Balance"), BALANCE),
)  # fmt: skip
KEYS = tuple(column.key for column in COLUMNS)
#: What the list says by a badge beside the name, and a file by a column: where some are deleted.
DELETED = Column("deleted", _("Deleted"), lambda guest: None if guest.is_active else gettext("Yes"))


def shown_columns(chosen: Collection[str] = (), program: Program | None = None) -> list[Column]:
    """Return the columns that somebody who chose these keys sees; none: the usual ones.

    Balance is there with a program of which there is a ledger, whatever was chosen.
    """
    usual = {column.key for column in COLUMNS if column.usual}
    keys = set(chosen) & set(KEYS) or usual
    return columns_by_key({*keys, BALANCE}, program)


def columns_by_key(keys: Iterable[str], program: Program | None = None) -> list[Column]:
    """Return the columns of these keys, and the fixed ones, in the table's order.

    Keys that are none are passed over, Balance too without a program that has a ledger.
    """
    wanted = set(keys)
    return [
        _of_program(column, program)
        for column in (*COLUMNS, DELETED)
        if (column.fixed or column.key in wanted)
        and (column.key != BALANCE or (program is not None and program.has_ledger))
    ]


def choosable() -> list[Column]:
    """Return the columns that one can choose to see or not."""
    return [column for column in COLUMNS if not column.fixed and column.key != BALANCE]


def prepared(
    guests: GuestQuerySet, columns: Collection[Column], program: Program | None = None
) -> GuestQuerySet:
    """Return the guests with those columns' values that come with their rows."""
    keys = {column.key for column in columns}
    if TIER in keys:
        guests = guests.select_related("member_tier")
    if BALANCE in keys and program is not None:
        guests = with_balance(guests, program)
    return guests


def fill(guests: Iterable[Guest], columns: Collection[Column]) -> None:
    """Give the guests what else the columns read, `shown_cards` and `shown_categories`: a query
    each for all of them, and no object for each row."""
    keys, by_id = {column.key for column in columns}, {guest.pk: guest for guest in guests}
    if not by_id:
        return
    if CARDS in keys:
        cards = Card.objects.filter(guest__any=by_id.keys()).order_by("pk")
        rows = cards.values_list("guest_id", "number", "track")
        _give(by_id, "shown_cards", ((pk, number or track) for pk, number, track in rows))
    if CATEGORIES in keys:
        places = GuestCategory.objects.filter(guest__any=by_id.keys())
        named = places.order_by("category__name", "category_id")
        tags = named.values_list("guest_id", "category__name", "category__colour")
        _give(by_id, "shown_categories", ((pk, Tag(*tag)) for pk, *tag in tags))


def _give(guests: Mapping[int, Guest], name: str, rows: Iterable[tuple[int, Any]]) -> None:
    """Set `name` of each guest to the list of what stands beside their id in `rows`."""
    found = defaultdict(list)
    for pk, value in rows:
        found[pk].append(value)
    for pk, guest in guests.items():
        setattr(guest, name, found[pk])


def _of_program(column: Column, program: Program | None) -> Column:
    """Return the Balance column with its program in the heading, as a file needs it."""
    if column.key != BALANCE or program is None:
        return column
    return replace(column, label=gettext("Balance: %(program)s") % {"program": program.name})
