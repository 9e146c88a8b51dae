"""What each line of a file of orders comes to: whose order it is, and whether that is new.

Pure, as all planning: what rows meet in the database is in `OrdersMet`, filled by match_orders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from guests.normalize import fold
from imports.pipeline.decisions import CorrectedOrder, NewOrder, Reject, SameOrder, Skip, Take
from imports.pipeline.met_owners import OwnersMet
from imports.pipeline.rows import CleanRow, Reason, Rejected, Repeated, rest_of
from imports.pipeline.seen import Screened
from loyalty.money import is_rounded

#: The clock of a till may go wrong, but not by a day.
AHEAD = timedelta(days=1)


class KnownOrder(NamedTuple):
    """An order as the database has it."""

    guest_id: int | None
    total: Decimal
    closed_at: datetime


@dataclass
class OrdersMet:
    """What a chunk of rows meets: guests by what the rows know them by, orders, erased phones."""

    owners: OwnersMet = field(default_factory=OwnersMet)
    orders: Mapping[tuple[int, str], KnownOrder] = field(default_factory=dict)
    erased: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OrderRules:
    """What decides beside the rows: the restaurants by folded name, the currency, the time."""

    restaurants: Mapping[str, int]
    currency: str
    now: datetime


OrderDecision = Take | Skip | Reject


class _Whose(NamedTuple):
    """The guest of a row: known, new by phone, or (neither) nobody or somebody forgotten."""

    guest_id: int | None
    phone: str | None
    reasons: list[Reason]
    notes: Sequence[Reason] = ()


def plan_orders(rows: Sequence[Screened], met: OrdersMet, rules: OrderRules) -> list[OrderDecision]:
    """Decide what each line comes to, in their order."""
    return [_plan(row, met, rules) for row in rows]


def _plan(row: Screened, met: OrdersMet, rules: OrderRules) -> OrderDecision:
    if isinstance(row, Rejected):
        row = row.and_also(_wrong_besides(row, met, rules)) if row.values else row
        return Reject(row.line, row.cells, row.reasons)
    if isinstance(row, Repeated):
        return Skip(row.line, Reason("same_as_line", "", "", {"line": row.first}))
    values = row.values
    whose = _whose(row, met)
    reasons = [*_wrong_values(row, rules), *whose.reasons]
    if reasons:
        return Reject(row.line, row.cells, reasons)
    restaurant = rules.restaurants[fold(values["restaurant"])]
    total, closed_at = values["total"], values["closed_at"]
    known = met.orders.get((restaurant, values["order_id"]))
    kind = _kind(known, whose, total, closed_at)
    return kind(
        row.line,
        row.cells,
        restaurant,
        values["order_id"],
        whose.guest_id,
        whose.phone,
        total,
        closed_at,
        whose.notes,
    )


def _wrong_besides(row: Rejected, met: OrdersMet, rules: OrderRules) -> list[Reason]:
    """Return what else keeps a row out that is rejected already, as far as its values tell."""
    rest = rest_of(row)
    reasons = _whose(rest, met).reasons
    if "phone" in row.wrong:
        # Once it is right it makes a guest.
        reasons = [reason for reason in reasons if reason.code != "order_guest_unknown"]
    return [*_wrong_values(rest, rules), *reasons]


def _wrong_values(row: CleanRow, rules: OrderRules) -> list[Reason]:
    """Return what is wrong with the row's values, those of a rejected row's that are there."""
    values, reasons = row.values, []
    restaurant, total = values.get("restaurant"), values.get("total")
    if restaurant is not None and fold(restaurant) not in rules.restaurants:
        reasons.append(Reason("restaurant_unknown", "restaurant", restaurant, {}))
    if total is not None and not is_rounded(total, rules.currency):
        params = {"currency": rules.currency}
        reasons.append(Reason("amount_of_currency", "total", f"{total.normalize():f}", params))
    if "closed_at" in values and values["closed_at"] > rules.now + AHEAD:
        moment = values["closed_at"].isoformat(sep=" ")
        reasons.append(Reason("closed_later", "closed_at", moment, {}))
    return reasons


def _whose(row: CleanRow, met: OrdersMet) -> _Whose:
    """Return whose the order is. What is known decides, and must be one guest.

    A telephone that nobody has makes a guest, unless an id or card leads to one already: a visit
    never changes a record. An id or a card that nobody has is passed over beside a telephone. A
    receipt that names nobody counts for the restaurant alone: tills print most of theirs so, and
    without them its takings would be wrong.
    """
    owners = met.owners
    found: int | None = None
    unknown: list[Reason] = []
    forgotten = False
    for column, known in (
        ("guest_id", owners.by_external_id), ("card", owners.by_card), ("phone", owners.by_phone),
    ):  # fmt: skip
        value = row.values.get(column)
        if value is None:
            continue
        if value not in known:
            forgotten |= value in met.erased
            unknown.append(Reason("order_guest_unknown", column, value, {}))
        elif (owner := known[value]) is None:
            forgotten = True
        elif found is not None and owner.id != found:
            return _Whose(None, None, [Reason("guest_differs", column, value, {})])
        else:
            found = owner.id
    phone = row.values.get("phone")
    if found is not None:
        return _Whose(found, None, [])
    if forgotten:
        return _Whose(None, None, [], [Reason("order_of_erased", "", "", {})])
    if phone is not None or unknown:
        return _Whose(None, phone, [] if phone is not None else unknown)
    return _Whose(None, None, [], [Reason("order_of_nobody", "", "", {})])


def _kind(
    known: KnownOrder | None, whose: _Whose, total: Decimal, closed_at: datetime
) -> type[Take]:
    if known is None:
        return NewOrder
    same_guest = whose.phone is None and whose.guest_id in (None, known.guest_id)
    return SameOrder if same_guest and known[1:] == (total, closed_at) else CorrectedOrder
