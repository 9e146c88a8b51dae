"""The map of the trip: read, map, clean, match, plan, prepare, apply, report, in this order.

| stage   | from -> to                                       | module                         |
| ------- | ------------------------------------------------ | ------------------------------ |
| read    | file, dialect -> RawRow                          | read                           |
| clean   | RawRow -> CleanRow or Rejected (map: its cells)  | clean, map                     |
| screen  | ... or Repeated: keys of earlier lines           | seen                           |
| match   | CleanRows -> Surroundings                        | match, match_*                 |
| plan    | rows, Surroundings -> a Decision for each        | plan, plan_*                   |
| prepare | Decisions -> Prepared: the rows as they are sent | prepare                        |
| apply   | Decisions or Prepared -> the database            | apply, apply_*                 |

`read`, `map`, `clean` and `plan` touch no database. Only `match` reads it, only `apply` writes it;
`prepare` reserves ids and asks the ledger what it foresees. What cannot be known before the
transaction (categories to be created, what a guest has whom an earlier chunk gives something:
`prepare.can_prepare`) is prepared inside it, by `apply`, through the same functions; so is what
the ledger finds otherwise than foreseen. A check is the same trip, stopped after `plan`.
`imports.services` says where a trip starts, what is done with a planned chunk, and how it ends;
`report` reads the ImportRows that it left.
"""

from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.utils import timezone

from core import bulk
from core.batches import on_sending
from core.models import Company
from imports.columns import BALANCES, GUESTS, ORDERS, FileKind
from imports.models import ImportJob
from imports.pipeline.ahead import Ahead, chunked, in_bulk
from imports.pipeline.clean import Cleaner
from imports.pipeline.decisions import Decision
from imports.pipeline.giving import owners_of
from imports.pipeline.match import match, match_erased
from imports.pipeline.match_balances import match_owners
from imports.pipeline.match_credits import match_credits
from imports.pipeline.match_orders import match_orders
from imports.pipeline.plan import Rules, plan
from imports.pipeline.plan_balances import BalancePlanner, ids_of
from imports.pipeline.plan_orders import OrderRules, plan_orders
from imports.pipeline.prepare import Prepared, can_prepare, prepare
from imports.pipeline.read import Dialect, open_rows
from imports.pipeline.rows import CleanRow, Rejected, rest_of
from imports.pipeline.seen import Screened, SeenBalances, SeenKeys
from imports.pipeline.seen_orders import SeenOrders

#: Lines that commit together.
CHUNK_ROWS = settings.IMPORT_CHUNK_ROWS


class Planned(NamedTuple):
    """A chunk at the end of its trip."""

    rows: list[Screened]
    decisions: list[Decision]
    #: What only has to be sent; None where that cannot be known yet, or nothing is to be written.
    prepared: Prepared | None = None


Land = Callable[[Planned], None]


@dataclass(frozen=True)
class Trip:
    """One file on its way, with all that decides what becomes of its lines."""

    company: Company
    path: Path
    dialect: Dialect
    cleaner: Cleaner
    rules: Rules
    #: Guests, what guests own, or what they ordered.
    kind: FileKind = GUESTS
    #: The last line that an earlier attempt has accounted for: later ones are landed, and the
    #: earlier ones only read again, because their keys count.
    after: int = 0
    #: The job that writes what is planned; None of a check.
    writes_for: ImportJob | None = None
    #: Whether the company had nobody when the trip began: there is nothing to match with then.
    nobody_yet: bool = False
    #: What decides of orders, of a file of them.
    order_rules: OrderRules | None = None


def travel(trip: Trip, land: Land, *, on_wait: Callable[[], None]) -> None:
    """Take the file through every stage up to `apply`, and hand each planned chunk to `land`.

    The stages run ahead of `land`, each with a thread and a database connection of its own: while a
    chunk is written the next one is prepared, the one after it is matched and planned, and one more
    is read and cleaned. What matters to a chunk is not in those before it, for no two lines of a
    file may share a key; what others write in between, `land` must notice.
    `on_wait` is called every few seconds while nothing comes.
    Raises FileRefused when the file turns out to be unreadable on the way.
    """
    seen = _seen(trip)
    chunks = _planned(trip, seen)
    if _can_prepare_ahead(trip):
        chunks = _prepared(trip, chunks)
    with in_bulk(), seen, closing(Ahead(chunks, on_wait=on_wait)) as ready:
        for chunk in ready:
            with on_sending(ready.go_on):
                land(chunk)


def _seen(trip: Trip) -> SeenKeys:
    """Return what remembers what must not stand in the file twice."""
    if trip.kind is BALANCES:
        assert trip.rules.credits is not None
        return SeenBalances(sets=trip.rules.credits.sets)
    return SeenOrders() if trip.kind is ORDERS else SeenKeys()


def _can_prepare_ahead(trip: Trip) -> bool:
    return trip.writes_for is not None and trip.kind is not ORDERS and bulk.reserves_ahead()


def _prepared(
    trip: Trip, planned: Generator[Planned, None, None]
) -> Generator[Planned, None, None]:
    """Yield the chunks made ready to be sent, those that can be."""
    assert trip.writes_for is not None
    # Given to whom is not in the database yet while a chunk is made ready: one before it is being
    # written, and one lies ready.
    under_way: deque[set[int]] = deque(maxlen=2)
    try:
        with closing(Ahead(planned)) as chunks:
            for chunk in chunks:
                unknown = set().union(*under_way)
                yield chunk._replace(prepared=_made_ready(trip.writes_for, chunk, unknown))
                under_way.append(owners_of(chunk.decisions))
    finally:
        connection.close()


def _made_ready(job: ImportJob, chunk: Planned, unknown: set[int]) -> Prepared | None:
    if not can_prepare(chunk.decisions, unknown):
        return None
    return prepare(job, chunk.decisions, now=timezone.now())


def _planned(trip: Trip, seen: SeenKeys) -> Generator[Planned, None, None]:
    try:
        with closing(Ahead(_screened(trip, seen))) as chunks:
            for rows in chunks:
                yield Planned(rows, decide(trip, rows, nobody_yet=trip.nobody_yet))
    finally:
        connection.close()


def _screened(trip: Trip, seen: SeenKeys) -> Generator[list[Screened], None, None]:
    for chunk in chunked(open_rows(trip.path, trip.dialect), CHUNK_ROWS):
        clean = trip.cleaner.clean_many(chunk)
        if rows := [row for row in seen.screen(clean) if row.line > trip.after]:
            yield rows


def decide(trip: Trip, rows: list[Screened], *, nobody_yet: bool = False) -> list[Decision]:
    """Match a chunk with the database and plan what to do with each line of it.

    With `nobody_yet` the guests need not be looked for. Somebody may have come in since: every key
    that is matched by is unique in the database, so that writing the chunk fails then, and it is
    decided anew.
    """
    clean = [row for row in rows if isinstance(row, CleanRow)]
    if len(clean) < len(rows):
        # What is right of a rejected row is looked up, too: it tells what is wrong besides.
        clean += [rest_of(row) for row in rows if isinstance(row, Rejected) and row.values]
    rules = trip.rules
    if trip.order_rules is not None:
        met_orders = match_orders(trip.company, clean, trip.order_rules)
        return list(plan_orders(rows, met_orders, trip.order_rules))
    if trip.kind is BALANCES:
        assert rules.credits is not None
        owners = match_owners(trip.company, clean)
        # The ledger says under its locks what is there, and what was given in a batch before. It
        # need not be foreseen while a batch is begun.
        asks = trip.writes_for is None or rules.credits.batch != trip.writes_for.pk
        have = match_credits(trip.company, ids_of(owners)) if asks else None
        return BalancePlanner(owners, have, rules.credits).plan(rows)
    sorts = rules.sorts_into_categories
    look_for = [] if nobody_yet else clean
    met = match(trip.company, look_for, fields=rules.fields, categories=sorts)
    met.erased = match_erased(trip.company, clean)
    if rules.credits is not None:
        met.credits = match_credits(trip.company, {guest.id for guest in met.guests()})
    return plan(rows, met, rules)
