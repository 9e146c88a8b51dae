"""A file of orders on its way in: looked at as a whole, then recorded chunk by chunk.

It is no ImportJob: an order is known by its number, so whoever breaks off begins again, and the
same file twice does nothing. What was imported stands in the company's activity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError

from core.models import Company, Restaurant
from core.services.changes import record
from guests.normalize import Check, fold
from guests.services.bulk import refresh_statistics
from imports.columns import ORDERS, known, problems, recognise
from imports.columns.mapping import Problem
from imports.pipeline.ahead import chunked
from imports.pipeline.apply_orders import apply_orders
from imports.pipeline.clean import CleanContext, Cleaner, find_date_orders
from imports.pipeline.decisions import Reject, Skip
from imports.pipeline.match_orders import match_orders
from imports.pipeline.plan_orders import OrderDecision, OrderRules, Take, plan_orders
from imports.pipeline.read import Dialect, FileRefused, detect, open_rows
from imports.pipeline.rows import CleanRow, Reason
from imports.pipeline.seen import Screened
from imports.pipeline.seen_orders import SeenOrders
from visits.services.orders import Crossed, UnknownGuest, UnknownRestaurant

#: So often a chunk is matched again that others broke.
CHUNK_TRIES = 3
#: How many lines that failed are kept with their reasons.
KEPT_ERRORS = 100


class OrdersRefused(Exception):
    """The columns are not those of orders; `str()` says all that is wrong with them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(map(str, problems)))


@dataclass
class Report:
    """What became of a file. `state` is "checked", "done", "done_with_errors" or "refused"."""

    state: str = "done"
    counts: Counter[str] = field(default_factory=Counter)
    new_guests: int = 0
    errors: list[tuple[int, Reason]] = field(default_factory=list)

    def add(self, decisions: Iterable[OrderDecision]) -> None:
        """Count the lines that are no orders to record, and keep the first reasons."""
        for decision in decisions:
            if isinstance(decision, Skip):
                self.counts["skipped"] += 1
            elif isinstance(decision, Reject):
                self.counts["failed"] += 1
                room = KEPT_ERRORS - len(self.errors)
                self.errors += [(decision.line, reason) for reason in decision.reasons[:room]]

    @property
    def written(self) -> int:
        return sum(self.counts[name] for name in ("created", "updated", "unchanged"))


@dataclass(frozen=True)
class OrderFile:
    """A file of orders made ready to be read, as often as it takes."""

    company: Company
    path: Path
    name: str
    dialect: Dialect
    mapping: Sequence[str | None]
    width: int
    dates: str = ""


@contextmanager
def open_orders(
    *,
    company: Company,
    path: Path,
    overrides: dict[str, Any] | None = None,
    mapping: Sequence[str | None] | None = None,
    dates: str = "",
) -> Iterator[OrderFile]:
    """Give the file as it is now, whoever goes on writing to it, with its columns understood.

    `overrides` says how to read it (imports.pipeline.read.detect), `mapping` which column is which
    field, `dates` ("dmy", "mdy") in which order. Raises FileRefused, OrdersRefused and OSError.
    """
    with NamedTemporaryFile(prefix="regulars-orders-") as copy:
        _copy(path, copy)
        kept = Path(copy.name)
        names = partial(known, kind=ORDERS)
        found = detect(kept, filename=path.name, known=names, overrides=overrides)
        if mapping is None:
            mapping = recognise(found.header, ORDERS) if found.header else [None] * found.width
        if wrong := problems(mapping, may=lambda permission: True, kind=ORDERS):
            raise OrdersRefused(wrong)
        width = found.width if found.header else len(mapping)
        yield OrderFile(company, kept, path.name, found.dialect, mapping, width, dates)


def check_orders(file: OrderFile, *, now: datetime) -> Report:
    """Look at the whole file; nothing is written."""
    report = Report(state="checked")
    for decisions in _planned(file, now=now):
        report.add(decisions)
        report.counts.update(each.expected for each in decisions if isinstance(each, Take))
    return report


def import_orders(file: OrderFile, *, partial_: bool, source: str, now: datetime) -> Report:
    """Record the orders of a file. Strict: one error anywhere, and nothing is written.

    Partial: lines with errors are left out. Each chunk commits on its own. What only others can
    break, between the look and the writing, ends in errors of single lines in both.
    """
    if not partial_:
        looked = check_orders(file, now=now)
        if looked.counts["failed"]:
            looked.state = "refused"
            return looked
    report = Report()
    for chunk, rules in _clean(file, now=now):
        _land(file.company, chunk, rules, report, source=source, now=now)
    failed = report.counts["failed"]
    report.state = "done_with_errors" if failed else "done"
    if failed and not report.written:
        report.state = "refused"
    if report.written:
        refresh_statistics()
        _write_down(file, report, source=source, now=now)
    return report


def _planned(file: OrderFile, *, now: datetime) -> Iterator[list[OrderDecision]]:
    for rows, rules in _clean(file, now=now):
        yield _decide(file.company, rows, rules)


def _decide(company: Company, rows: list[Screened], rules: OrderRules) -> list[OrderDecision]:
    clean = [row for row in rows if isinstance(row, CleanRow)]
    return plan_orders(rows, match_orders(company, clean, rules), rules)


def _clean(file: OrderFile, *, now: datetime) -> Iterator[tuple[list[Screened], OrderRules]]:
    """Yield the file's rows, read, mapped and cleaned, in chunks, with the rules of the company."""
    company = file.company
    rules = OrderRules(
        restaurants={
            fold(name): pk
            for pk, name in Restaurant.objects.for_company(company).values_list("pk", "name")
        },
        currency=company.currency,
        now=now,
    )
    cleaner = Cleaner(file.mapping, _context(file, now=now), width=file.width, kind=ORDERS)
    with SeenOrders() as seen, closing(_rows(file)) as rows:
        for chunk in chunked(rows, settings.IMPORT_CHUNK_ROWS):
            yield seen.screen(cleaner.clean_many(chunk)), rules


def _rows(file: OrderFile) -> Any:
    return open_rows(file.path, file.dialect)


def _context(file: OrderFile, *, now: datetime) -> CleanContext:
    company, tz = file.company, ZoneInfo(file.company.timezone)
    return CleanContext(
        region=company.region,
        phone_check=cast(Check, company.phone_check),
        date_orders=find_date_orders(
            _rows(file), file.mapping, width=file.width, chosen=file.dates
        ),
        today=now.astimezone(tz).date(),
        tz=tz,
    )


def _land(
    company: Company,
    rows: list[Screened],
    rules: OrderRules,
    report: Report,
    *,
    source: str,
    now: datetime,
) -> None:
    """Plan a chunk and write it; matched again when others were there in between.

    In the end each of its lines goes alone, so that one that cannot be written costs no other.
    """
    for _try in range(CHUNK_TRIES):
        decisions = _decide(company, rows, rules)
        takes = [each for each in decisions if isinstance(each, Take)]
        try:
            applied = apply_orders(company, takes, source=source, now=now)
        except (IntegrityError, Crossed, UnknownGuest, UnknownRestaurant):
            continue
        report.add(decisions)
        report.counts += applied.counts
        report.new_guests += applied.new_guests
        return
    if len(rows) > 1:
        for row in rows:
            _land(company, [row], rules, report, source=source, now=now)
        return
    (row,) = rows
    report.add([Reject(row.line, [], [Reason("changed_meanwhile", "", "", {})])])


def _copy(path: Path, copy: Any) -> None:
    limit, size = settings.IMPORT_MAX_UPLOAD_BYTES, 0
    with path.open("rb") as file:
        while piece := file.read(1024 * 1024):
            size += len(piece)
            if size > limit:
                raise FileRefused("too_large", limit=limit)
            copy.write(piece)
    copy.flush()


def _write_down(file: OrderFile, report: Report, *, source: str, now: datetime) -> None:
    counts = {name: report.counts[name] for name in ("created", "updated", "failed")}
    told = {f"orders_{name}": [None, count] for name, count in counts.items() if count}
    if report.new_guests:
        told["new_guests"] = [None, report.new_guests]
    record(
        company=file.company,
        actor=None,
        source=source,
        action="import_orders",
        subject=file.company,
        values={"file": [None, file.name], **told},
        now=now,
    )
