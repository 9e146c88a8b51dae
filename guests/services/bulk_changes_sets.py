"""Which guests a bulk change is about: counted, recognised, and written down.

Between the page that says "1,204 guests" and the click that confirms it the data can change. The
page carries a mark of the set; what is written down at the click must have the same one.
"""

from dataclasses import dataclass

from django.db import connection
from django.db.models import BigIntegerField, Count, F, Model, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from guests.models import BulkChange, BulkChangeGuest
from guests.querysets import GuestQuerySet

Action = BulkChange.Action

#: Above so many guests, or this share of the company's, the number is typed before.
MANY_GUESTS, LARGE_SHARE = 1_000, 0.2


@dataclass(frozen=True)
class Mark:
    """How many guests a set has, and a sum over their ids by which it is recognised.

    Two sets of the same number that are not the same have the same sums by accident only: nobody
    gains anything by looking for them, who may change all of these guests anyway.
    """

    count: int
    sums: tuple[int, int]

    def __str__(self) -> str:
        return "-".join(map(str, (self.count, *self.sums)))


def concerned(guests: GuestQuerySet, action: str) -> GuestQuerySet:
    """Return those of `guests` whom the action is about: never one who was merged or erased."""
    guests = guests.open()
    if action == Action.DELETE:
        return guests.filter(is_active=True)
    if action == Action.RESTORE:
        return guests.filter(is_active=False)
    return guests


def mark_of(guests: GuestQuerySet) -> Mark:
    """Count the guests and take their mark, in one query."""
    return _mark(guests, "pk")


def is_large(count: int, guests: GuestQuerySet) -> bool:
    """Whether so many of all `guests` of a company are enough to have the number typed."""
    if count > MANY_GUESTS:
        return True
    # Of a million there is no need to count more than would make the share small.
    enough = int(count / LARGE_SHARE)
    return count > 0 and guests.order_by()[: enough + 1].count() < enough


def write_down(change: BulkChange, guests: GuestQuerySet) -> Mark:
    """Write down whom the change is about, in one statement, and return their mark.

    `change` has its id already, and need not be saved yet.
    """
    chosen = guests.order_by().values(
        "company_id",
        change_key=Value(change.pk, BigIntegerField()),
        guest_key=F("pk"),
        undone=Value(False),
    )
    sql, params = chosen.query.sql_with_params()
    table = BulkChangeGuest._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ("company_id", "change_id", "guest_id", "is_undone") {sql}',
            params,
        )
    return _mark(BulkChangeGuest.objects.filter(change_id=change.pk), "guest_id")


def _mark(rows: QuerySet[Model], key: str) -> Mark:
    # Both remainders are below 2^16, so that the sum over a billion guests still is a bigint.
    folded = (F(key) % 65_521, (F(key) % 65_519) * (F(key) % 32_749))
    first, second = (
        Coalesce(Sum(each, output_field=BigIntegerField()), Value(0, BigIntegerField()))
        for each in folded
    )
    found = rows.order_by().aggregate(count=Count("*"), first=first, second=second)
    return Mark(found["count"], (int(found["first"]), int(found["second"])))
