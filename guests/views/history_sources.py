"""Where a guest's history is written down, and how pages are cut from all of it at once.

Changes by hand (core.Change), bulk changes, bulk credits and debits, lines of files. Each row has a
place in time that no other has; a page begins after the place of the last row of the page before.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.dateparse import parse_datetime

from core.models import Change, Company
from core.web.ids import id_in
from guests.models import BulkChangeGuest, Guest
from imports.models import ImportJob, ImportRow
from loyalty.models import Adjustment, BulkAdjustmentGuest

BULK_CREDITS, CHANGES, BULK_CHANGES, IMPORTS = 4, 3, 2, 1
_GUEST = Guest._meta.label_lower
#: What a change is about that was asked for, or decided, of a credit or debit above the limit.
ADJUSTMENT = Adjustment._meta.label_lower
#: What of an import its line does not need.
_UNSEEN = ("findings", "header", "mapping", "options", "dialect", "money", "counts", "undo_counts")


class Place(NamedTuple):
    """A row's place in time: of several at one moment first by table, then by their keys."""

    at: datetime
    table: int
    key: int
    line: int = 0

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.table}~{self.key}~{self.line}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """Return the place that an address names; None of anything else."""
        moment, *numbers = text.split("~")
        found = [number for each in numbers if (number := id_in(each)) is not None]
        if len(numbers) != 3 or len(found) != 3:
            return None
        try:
            at = parse_datetime(moment)
        except ValueError:
            return None
        if at is None or at.tzinfo is None:
            return None
        return cls(at, *found)


class Item(NamedTuple):
    """A row of one of the tables at its place."""

    place: Place
    row: Any


def page(
    company: Company, ids: Collection[int], after: Place | None, size: int
) -> tuple[list[Item], bool]:
    """Return the next `size` items of the history of these guests, who are one, newest first; and
    whether there are more. Five queries."""
    limit = size + 1
    items = [
        *_changes(company, ids, after, limit),
        *_adjustments(company, ids, after, limit),
        *_bulk_credits(company, ids, after, limit),
        *_bulk_changes(company, ids, after, limit),
        *_import_lines(company, ids, after, limit),
    ]
    items.sort(key=lambda item: item.place, reverse=True)
    return items[:size], len(items) > size


def _changes(company: Company, ids: Collection[int], after: Place | None, limit: int) -> list[Item]:
    rows = Change.objects.for_company(company).filter(subject=_GUEST, subject_id__in=ids)
    return _changes_of(rows, after, limit)


def _adjustments(
    company: Company, ids: Collection[int], after: Place | None, limit: int
) -> list[Item]:
    """What was asked for above the limit, and how it was decided. A query of its own: both are
    found by their subject, which an OR would keep the database from."""
    asked = Adjustment.objects.for_company(company).filter(guest__in=ids)
    rows = Change.objects.for_company(company).filter(
        subject=ADJUSTMENT, subject_id__in=asked.order_by().values("pk")
    )
    return _changes_of(rows, after, limit)


def _changes_of(rows: QuerySet[Change], after: Place | None, limit: int) -> list[Item]:
    found = _cut(rows.annotate(when=F("at")), CHANGES, ("pk",), after, limit)
    return [Item(Place(row.at, CHANGES, row.pk), row) for row in found.select_related("actor")]


def _bulk_credits(
    company: Company, ids: Collection[int], after: Place | None, limit: int
) -> list[Item]:
    """Those that were posted, at the time of their entries: some wait for days to be approved."""
    rows = BulkAdjustmentGuest.objects.for_company(company).filter(
        guest__in=ids, entry__isnull=False
    )
    timed = rows.annotate(when=F("entry__at"))
    found = _cut(timed, BULK_CREDITS, ("change_id", "guest_id"), after, limit)
    lean = found.select_related(
        "entry", "change__actor", "change__program", "change__adjustment__decided_by"
    ).defer("change__query", "change__words")
    return [Item(Place(row.when, BULK_CREDITS, row.change_id, row.guest_id), row) for row in lean]


def _bulk_changes(
    company: Company, ids: Collection[int], after: Place | None, limit: int
) -> list[Item]:
    rows = BulkChangeGuest.objects.for_company(company).filter(guest__in=ids, version__isnull=False)
    timed = rows.annotate(when=F("change__created_at"))
    found = _cut(timed, BULK_CHANGES, ("change_id", "guest_id"), after, limit)
    return [
        Item(Place(row.when, BULK_CHANGES, row.change_id, row.guest_id), row)
        for row in found.select_related("change__actor")
    ]


def _import_lines(
    company: Company, ids: Collection[int], after: Place | None, limit: int
) -> list[Item]:
    rows = ImportRow.objects.for_company(company).filter(guest__in=ids).about_records()
    found = _cut(rows.annotate(when=_begun()), IMPORTS, ("job_id", "line"), after, limit)
    lean = found.select_related("job__actor").defer(*(f"job__{name}" for name in _UNSEEN))
    return [Item(Place(row.when, IMPORTS, row.job_id, row.line), row) for row in lean]


def _begun() -> Coalesce:
    """Return when an import was started: its job's own times move on when it is undone."""
    started = Change.objects.filter(
        subject=ImportJob._meta.label_lower, subject_id=OuterRef("job_id"), action="import"
    )
    return Coalesce(Subquery(started.order_by("pk").values("at")[:1]), F("job__created_at"))


def _cut(
    rows: QuerySet[Any], table: int, keys: Sequence[str], after: Place | None, limit: int
) -> QuerySet[Any]:
    """Return the first `limit` rows, by `when` and `keys`, whose place lies after `after`."""
    if after is not None:
        rows = rows.filter(_later_places(table, keys, after))
    return rows.order_by(*(F(name).desc() for name in ("when", *keys)))[:limit]


def _later_places(table: int, keys: Sequence[str], after: Place) -> Q:
    earlier, same = Q(when__lt=after.at), Q(when=after.at)
    if table < after.table:
        return earlier | same
    if table > after.table:
        return earlier
    numbers = (after.key, after.line)
    behind = Q(**{f"{keys[0]}__lt": numbers[0]})
    if len(keys) > 1:
        behind |= Q(**{keys[0]: numbers[0], f"{keys[1]}__lt": numbers[1]})
    return earlier | (same & behind)
