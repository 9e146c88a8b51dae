"""The kinds of files that come in, each with its columns and what must be among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from imports.columns.balances import BalanceResource
from imports.columns.declaration import Column
from imports.columns.guests import GuestResource
from imports.columns.orders import OrderResource


@dataclass(frozen=True)
class FileKind:
    """What a file is about. `key` is ImportJob.Kind's value, where there is one.

    finders     columns of which one must be mapped, and filled in every row: they find the guest
    anonymous   whether a row in which none of them is filled is nobody's, and comes in all the same
    needed      columns without which a file of the kind says nothing, and no row of it
    """

    key: str
    columns: Mapping[str, Column]
    finders: tuple[str, ...] = ("phone",)
    needed: tuple[str, ...] = ()
    anonymous: bool = False


GUESTS = FileKind("guests", dict(GuestResource.fields))
BALANCES = FileKind(
    "balances",
    dict(BalanceResource.fields),
    finders=("phone", "external_id", "card"),
    needed=("amount",),
)
#: Files of orders are sent by the command line alone.
ORDERS = FileKind(
    "orders",
    dict(OrderResource.fields),
    finders=("phone", "guest_id", "card"),
    needed=("restaurant", "order_id", "total", "closed_at"),
    anonymous=True,
)
KINDS: Mapping[str, FileKind] = {kind.key: kind for kind in (GUESTS, BALANCES, ORDERS)}

#: Every column of every kind by its key, which means the same wherever it occurs.
ALL_COLUMNS: Mapping[str, Column] = {
    key: column for kind in KINDS.values() for key, column in kind.columns.items()
}
