"""The map of the trip: read, map, clean, match, plan, apply, report, in this order.

`read`, `map`, `clean` and `plan` touch no database. Only `match` reads it, only `apply` writes it.
A check is the same trip, stopped after `plan`. `imports.services` says where a trip starts, what
is done with a planned chunk, and how it ends; `report` reads the ImportRows that it left.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from core.models import Company
from imports.columns import BALANCES, GUESTS, FileKind
from imports.pipeline.ahead import ahead, chunked, in_bulk
from imports.pipeline.clean import Cleaner
from imports.pipeline.decisions import Decision
from imports.pipeline.match import match
from imports.pipeline.match_balances import match_owners
from imports.pipeline.match_credits import match_credits
from imports.pipeline.plan import Rules, plan
from imports.pipeline.plan_balances import BalancePlanner, ids_of
from imports.pipeline.read import Dialect, open_rows
from imports.pipeline.rows import CleanRow
from imports.pipeline.seen import Screened, SeenBalances, SeenKeys

#: Lines that commit together.
CHUNK_ROWS = settings.IMPORT_CHUNK_ROWS

Land = Callable[[list[Screened], list[Decision]], None]


@dataclass(frozen=True)
class Trip:
    """One file on its way, with all that decides what becomes of its lines."""

    company: Company
    path: Path
    dialect: Dialect
    cleaner: Cleaner
    rules: Rules
    #: Guests, or what guests own.
    kind: FileKind = GUESTS
    #: The last line that an earlier attempt has accounted for: later ones are landed, and the
    #: earlier ones only read again, because their keys count.
    after: int = 0


def travel(trip: Trip, land: Land, *, on_wait: Callable[[], None]) -> None:
    """Take the file through every stage up to the plan, and hand each planned chunk to `land`.

    The stages run ahead of `land`, in a thread and with a database connection of their own: the
    next chunk is matched while the present one is written. What matters to it is not in that one,
    for no two lines of a file may share a key; what others write in between, `land` must notice.
    `on_wait` is called every few seconds while nothing comes.
    Raises FileRefused when the file turns out to be unreadable on the way.
    """
    seen = SeenBalances() if trip.kind is BALANCES else SeenKeys()
    planned = ahead(_planned(trip, seen), on_wait=on_wait)
    with in_bulk(), seen, closing(planned) as chunks:
        for rows, decisions in chunks:
            land(rows, decisions)


def _planned(
    trip: Trip, seen: SeenKeys
) -> Generator[tuple[list[Screened], list[Decision]], None, None]:
    try:
        raw = open_rows(trip.path, trip.dialect)
        for chunk in chunked(raw, CHUNK_ROWS):
            clean = trip.cleaner.clean_many(chunk)
            if rows := [row for row in seen.screen(clean) if row.line > trip.after]:
                yield rows, decide(trip, rows)
    finally:
        connection.close()


def decide(trip: Trip, rows: list[Screened]) -> list[Decision]:
    """Match a chunk with the database and plan what to do with each line of it."""
    clean = [row for row in rows if isinstance(row, CleanRow)]
    rules = trip.rules
    if trip.kind is BALANCES:
        assert rules.credits is not None
        owners = match_owners(trip.company, clean)
        have = match_credits(trip.company, ids_of(clean, owners))
        return BalancePlanner(owners, have, rules.credits).plan(rows)
    sorts = rules.sorts_into_categories
    met = match(trip.company, clean, fields=rules.fields, categories=sorts)
    if rules.credits is not None:
        met.credits = match_credits(trip.company, {guest.id for guest in met.guests()})
    return plan(rows, met, rules)
