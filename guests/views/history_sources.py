"""Where a guest's history is written down, and how pages are cut from all of it at once.

Changes by hand (core.Change), bulk changes, bulk credits and debits, lines of files. Each row has a
place in time that no other has; a page begins beyond the place of a row at the edge
of the page before.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.dateparse import parse_datetime

from core.models import Change, Company
from core.web.ids import id_in
from guests.models import BulkChange, BulkChangeGuest, Guest
from imports.models import ImportJob, ImportRow
from loyalty.models import Adjustment, BulkAdjustmentGuest

BULK_UNDOS, BULK_CREDITS, CHANGES, BULK_CHANGES, IMPORTS = 5, 4, 3, 2, 1
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


class Cut(NamedTuple):
    """From where a page is cut: the next `limit` older than `place`, or newer if `backwards`.

    Without a place from the newest, or backwards from the oldest.
    """

    place: Place | None
    backwards: bool
    limit: int


class Page(NamedTuple):
    """Items, newest first, and whether there are more on either side."""

    items: list[Item]
    has_newer: bool
    has_older: bool


def page(
    company: Company,
    ids: Collection[int],
    *,
    place: Place | None,
    backwards: bool = False,
    size: int,
) -> Page:
    """Return a page of the history of these guests, who are one. Six queries."""
    cut = Cut(place, backwards, size + 1)
    items = [
        *_changes(company, ids, cut),
        *_adjustments(company, ids, cut),
        *_bulk_credits(company, ids, cut),
        *_bulk_changes(company, ids, cut),
        *_bulk_undos(company, ids, cut),
        *_import_lines(company, ids, cut),
    ]
    items.sort(key=lambda item: item.place, reverse=not backwards)
    more, items = len(items) > size, items[:size]
    if backwards:
        return Page(items[::-1], has_newer=more, has_older=place is not None)
    return Page(items, has_newer=place is not None, has_older=more)


def _changes(company: Company, ids: Collection[int], cut: Cut) -> list[Item]:
    rows = Change.objects.for_company(company).filter(subject=_GUEST, subject_id__in=ids)
    return _changes_of(rows, cut)


def _adjustments(company: Company, ids: Collection[int], cut: Cut) -> list[Item]:
    """What was asked for above the limit, and how it was decided. A query of its own: both are
    found by their subject, which an OR would keep the database from."""
    asked = Adjustment.objects.for_company(company).filter(guest__in=ids)
    rows = Change.objects.for_company(company).filter(
        subject=ADJUSTMENT, subject_id__in=asked.order_by().values("pk")
    )
    return _changes_of(rows, cut)


def _changes_of(rows: QuerySet[Change], cut: Cut) -> list[Item]:
    found = _cut(rows.annotate(when=F("at")), CHANGES, ("pk",), cut)
    return [Item(Place(row.at, CHANGES, row.pk), row) for row in found.select_related("actor")]


def _bulk_credits(company: Company, ids: Collection[int], cut: Cut) -> list[Item]:
    """Those that were posted, at the time of their entries: some wait for days to be approved."""
    rows = BulkAdjustmentGuest.objects.for_company(company).filter(
        guest__in=ids, entry__isnull=False
    )
    timed = rows.annotate(when=F("entry__at"))
    found = _cut(timed, BULK_CREDITS, ("change_id", "guest_id"), cut)
    lean = found.select_related(
        "entry",
        "change__actor",
        "change__program",
        "change__adjustment__decided_by",
        "change__undone_by",
    ).defer("change__query", "change__words")
    return [Item(Place(row.when, BULK_CREDITS, row.change_id, row.guest_id), row) for row in lean]


def _bulk_changes(company: Company, ids: Collection[int], cut: Cut) -> list[Item]:
    rows = BulkChangeGuest.objects.for_company(company).filter(guest__in=ids, version__isnull=False)
    timed = rows.annotate(when=F("change__created_at"))
    found = _cut(timed, BULK_CHANGES, ("change_id", "guest_id"), cut)
    return [
        Item(Place(row.when, BULK_CHANGES, row.change_id, row.guest_id), row)
        for row in found.select_related("change__actor")
    ]


def _bulk_undos(company: Company, ids: Collection[int], cut: Cut) -> list[Item]:
    """Bulk changes that were taken back, at the time at which somebody asked for it."""
    rows = BulkChangeGuest.objects.for_company(company).filter(guest__in=ids, is_undone=True)
    asked = Change.objects.filter(
        subject=BulkChange._meta.label_lower,
        subject_id=OuterRef("change_id"),
        action="undo_bulk_change",
    )
    when = Coalesce(Subquery(asked.order_by("-pk").values("at")[:1]), F("change__created_at"))
    timed = rows.annotate(when=when)
    found = _cut(timed, BULK_UNDOS, ("change_id", "guest_id"), cut)
    return [
        Item(Place(row.when, BULK_UNDOS, row.change_id, row.guest_id), row)
        for row in found.select_related("change__undone_by")
    ]


def _import_lines(company: Company, ids: Collection[int], cut: Cut) -> list[Item]:
    rows = ImportRow.objects.for_company(company).filter(guest__in=ids).about_records()
    found = _cut(rows.annotate(when=_begun()), IMPORTS, ("job_id", "line"), cut)
    lean = found.select_related("job__actor").defer(*(f"job__{name}" for name in _UNSEEN))
    return [Item(Place(row.when, IMPORTS, row.job_id, row.line), row) for row in lean]


def _begun() -> Coalesce:
    """Return when an import was started: its job's own times move on when it is undone."""
    started = Change.objects.filter(
        subject=ImportJob._meta.label_lower, subject_id=OuterRef("job_id"), action="import"
    )
    return Coalesce(Subquery(started.order_by("pk").values("at")[:1]), F("job__created_at"))


def _cut(rows: QuerySet[Any], table: int, keys: Sequence[str], cut: Cut) -> QuerySet[Any]:
    """Return the first rows beyond the place, by `when` and `keys`, in the cut's direction."""
    if cut.place is not None:
        rows = rows.filter(_beyond(table, keys, cut.place, "gt" if cut.backwards else "lt"))
    names = ("when", *keys)
    order = [F(name).asc() if cut.backwards else F(name).desc() for name in names]
    return rows.order_by(*order)[: cut.limit]


def _beyond(table: int, keys: Sequence[str], place: Place, way: str) -> Q:
    """Return which rows of the table lie beyond `place`: older ("lt"), or newer ("gt")."""
    strictly, same = Q(**{f"when__{way}": place.at}), Q(when=place.at)
    if table != place.table:
        is_beyond = table < place.table if way == "lt" else table > place.table
        return strictly | same if is_beyond else strictly
    numbers = (place.key, place.line)
    behind = Q(**{f"{keys[0]}__{way}": numbers[0]})
    if len(keys) > 1:
        behind |= Q(**{keys[0]: numbers[0], f"{keys[1]}__{way}": numbers[1]})
    return strictly | (same & behind)
