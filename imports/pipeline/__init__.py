"""The map of the trip: read, map, clean, match, plan, apply, report, in this order.

`read`, `map`, `clean` and `plan` touch no database. Only `match` reads it, only `apply` writes it.
A check is the same trip, stopped after `plan`. `imports.services` says where a trip starts, what
is done with a planned chunk, and how it ends; `report` reads the ImportRows that it left.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.models import Company
from imports.pipeline.ahead import ahead, chunked
from imports.pipeline.clean import Cleaner
from imports.pipeline.decisions import Decision
from imports.pipeline.match import match
from imports.pipeline.plan import Rules, plan
from imports.pipeline.read import Dialect, open_rows
from imports.pipeline.rows import CleanRow
from imports.pipeline.seen import Screened, SeenKeys

#: Lines that commit together. More would make a web request wait longer on SQLite, fewer would
#: make the fixed cost of a chunk count.
CHUNK_ROWS = 5_000


@dataclass(frozen=True)
class Trip:
    """One file on its way, with all that decides what becomes of its lines."""

    company: Company
    path: Path
    dialect: Dialect
    cleaner: Cleaner
    rules: Rules
    #: The last line that an earlier attempt has accounted for: later ones are landed, and the
    #: earlier ones only read again, because their keys count.
    after: int = 0


def travel(
    trip: Trip, land: Callable[[list[Screened]], None], *, on_wait: Callable[[], None]
) -> None:
    """Read and clean the file, one chunk ahead, and hand each chunk to `land`.

    `on_wait` is called every few seconds while the file is being read and nothing comes.
    Raises FileRefused when the file turns out to be unreadable on the way.
    """
    with SeenKeys() as seen:
        raw = open_rows(trip.path, trip.dialect)
        clean = (trip.cleaner.clean(row) for row in raw)
        screened = (seen.screen(chunk) for chunk in chunked(clean, CHUNK_ROWS))
        with closing(ahead(screened, on_wait=on_wait)) as chunks:  # type: ignore[type-var]
            for chunk in chunks:
                if rows := [row for row in chunk if row.line > trip.after]:
                    land(rows)


def decide(trip: Trip, rows: list[Screened]) -> list[Decision]:
    """Match a chunk with the database and plan what to do with each line of it."""
    clean = [row for row in rows if isinstance(row, CleanRow)]
    met = match(trip.company, clean, categories=trip.rules.sorts_into_categories)
    return plan(rows, met, trip.rules)
