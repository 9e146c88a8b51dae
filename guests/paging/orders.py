"""The orders in which guests are listed, the same on both databases.

An order is a row of segments: first the guests who have a value, by it, then those who have none.
So blanks come last whichever way the values run, and every segment is a stretch of one index.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Field, Q, TextField
from django.db.models.functions import Left, Substr

from core.fields import AmountField
from core.models import Company
from guests.models import Guest, MemberTier
from guests.models.guest_indexes import COMMENT_KEY, CodePoints
from guests.normalize import fold
from guests.querysets.literals import NO_TEXT, Literal

DEFAULT_SORT = "-last_visit"
#: Only for guests who carry a balance: loyalty.querysets.with_balance.
BALANCE = "balance"


@dataclass(frozen=True)
class Segment:
    """Guests in whom `where` is true, by `key` and primary key; without a key by that alone."""

    where: Q
    key: str = ""
    expression: Any = None
    """What makes the key, where it is no field of a guest."""
    blank: str = ""
    """A field that is NULL in all of them: its index holds them by primary key."""

    @property
    def in_index(self) -> bool:
        """Whether an index tells both key and id, without a look at the guest."""
        return self.expression is None and self.key not in ("phone", BALANCE)

    @property
    def field(self) -> "Field[Any, Any]":
        """The field of the key, which knows how its values are written."""
        if self.key == BALANCE:
            return AmountField()
        if self.expression is not None:
            return TextField()
        field: Any = Guest._meta.get_field(self.key)
        return getattr(field, "output_field", None) or field


@dataclass(frozen=True)
class Order:
    sort: str
    descending: bool
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class _Column:
    """A field to sort by, and which guests have a value in it; None: all."""

    field: str
    filled: Q | None = None
    blank: Q | None = None
    expression: Any = None
    holds_blanks: bool = False
    """Whether the field's index has those who have no value."""


def _nullable(field: str, *, holds_blanks: bool = True) -> _Column:
    filled, blank = (Q(**{f"{field}__isnull": is_blank}) for is_blank in (False, True))
    return _Column(field, filled, blank, holds_blanks=holds_blanks)


def _text(field: str) -> _Column:
    return _Column(field, Q(**{f"{field}__gt": ""}), Q(**{field: ""}))


class _Beginning(Left):
    """The beginning of a text, as guests.models.guest_indexes has it in an index, to the letter."""

    def get_substr(self) -> Substr:
        return Substr(self.source_expressions[0], Literal(1), Literal(COMMENT_KEY))


_COLUMNS: Mapping[str, _Column] = {
    "phone": _nullable("phone"),
    "name": _text("name_key"),
    "birthday": _nullable("birthday"),
    "email": _text("email"),
    "comment": _Column(
        "comment_key",
        Q(comment__gt=NO_TEXT),
        Q(comment=""),
        expression=CodePoints(_Beginning("comment", COMMENT_KEY)),
    ),
    "registered": _Column("registered_at"),
    "orders": _Column("orders_count"),
    "total": _Column("total"),
    # Nobody without an order has one: said so, those are a stretch of the index of orders.
    "average_bill": _Column(
        "average_bill", Q(average_bill__isnull=False), Q(orders_count=0, average_bill__isnull=True)
    ),
    "last_visit": _nullable("last_visit_at"),
    "last_promo_sms": _nullable("last_promo_sms_at", holds_blanks=False),
    BALANCE: _nullable(BALANCE, holds_blanks=False),
}
_TIER = "tier"
#: Names of the columns that a list can be sorted by; "-" before one: descending.
SORTS = (*_COLUMNS, _TIER)


def is_sort(sort: str, *, balance: bool = True) -> bool:
    """Whether `sort` names an order; `balance`: whether guests carry one to be sorted by."""
    name = sort.removeprefix("-")
    return name in SORTS and (balance or name != BALANCE)


def order_of(sort: str, company: Company, *, balance: bool = False) -> Order:
    """Return the order that `sort` names; DEFAULT_SORT for a name that is none."""
    if not is_sort(sort, balance=balance):
        sort = DEFAULT_SORT
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    if name == _TIER:
        return Order(sort, descending, _by_tier(company, descending))
    column = _COLUMNS[name]
    if column.filled is None or column.blank is None:
        return Order(sort, descending, (Segment(Q(), column.field),))
    filled = Segment(column.filled, column.field, column.expression)
    blank = Segment(column.blank, blank=column.field if column.holds_blanks else "")
    return Order(sort, descending, (filled, blank))


def _by_tier(company: Company, descending: bool) -> tuple[Segment, ...]:
    """Return a segment for each tier, by rank and name: a company has a handful of them."""
    tiers = MemberTier.objects.for_company(company)
    ranked = sorted(tiers, key=lambda tier: (tier.rank, fold(tier.name), tier.pk))
    if descending:
        ranked.reverse()
    of_tiers = [Segment(Q(member_tier=tier.pk)) for tier in ranked]
    return (*of_tiers, Segment(Q(member_tier__isnull=True), blank="member_tier_id"))
