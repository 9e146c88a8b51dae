"""The guests of a company as a file that can be imported again.

Columns, order and cells are those of the declarations, so `import_guests` takes the file back
unchanged: exported, imported into an empty company and exported again it is the same, byte for
byte. Guests come in the order of their ids, cards and external ids too, categories by name.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from django.db.models import Count, Max, Prefetch, QuerySet
from django.utils.translation import gettext

from core.formula import guard
from core.models import Company
from guests.models import Card, ExternalId, Guest, GuestExport
from guests.querysets import GuestQuerySet
from guests.services import exports
from guests.services.bulk import DERIVED
from imports.columns import COLUMNS as ALL, Column

BATCH = 2_000
"""Guests that are read together, with four queries for what hangs on them."""

SHEET_ROWS = 1_048_576
"""A sheet has no more rows than these."""

_TOGETHER = {"track": ("track", "number"), "number": ()}

#: What is exported: all but what is given once.
COLUMNS = {key: column for key, column in ALL.items() if column.exported}

Table = Iterable[list[str]]


class TooManyGuests(Exception):
    """A workbook cannot hold them all."""

    def __str__(self) -> str:
        return gettext("A sheet holds 1,048,575 guests, and there are more. Choose .csv.")


def register() -> None:
    """Let the list of guests be exported in this form."""
    exports.register_shape(
        GuestExport.Shape.IMPORT, lambda export, guests: export_rows(export.company, guests)
    )


def export_rows(company: Company, guests: GuestQuerySet) -> Iterator[list[str]]:
    """Yield the header, then the cells of each guest; streaming, in batches of BATCH.

    `guests` are some of the company's. Erased ones, who have no phone left, are not among them.
    There are as many columns of tracks, numbers and external ids as the guest with most has.
    """
    guests = guests.for_company(company).filter(phone__isnull=False)
    counts = _repeats(guests)
    layout = list(_layout(counts))
    yield [column.key_at(index) for column, index in layout]
    for guest in _in_batches(_with_belongings(guests)):
        cells = {
            key: list(column.export_all(guest, counts.get(key, 1)))
            for key, column in COLUMNS.items()
        }
        yield [cells[column.key][index - 1] for column, index in layout]


def write_csv(rows: Table, target: IO[bytes]) -> None:
    """Write UTF-8 with its mark, by which Excel knows it, and commas; formulas are quoted."""
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow(map(guard, row))
    text.detach()


def write_xlsx(rows: Table, target: IO[bytes]) -> None:
    """Write a workbook whose every cell is text: nothing in it is a formula or loses digits."""
    # Loaded with the first workbook: no page and no .csv needs it.
    from openpyxl import Workbook

    from core.text_cells import text_cell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Guests")
    for count, row in enumerate(rows, start=1):
        if count > SHEET_ROWS:
            raise TooManyGuests
        sheet.append([text_cell(sheet, value) for value in row])
    book.save(target)


def write_json(rows: Table, target: IO[bytes]) -> None:
    """Write an array with an object for each guest, on a line of its own; every value is text."""
    table = iter(rows)
    header = next(table)
    separator = b"[\n"
    for row in table:
        guest = json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False)
        target.write(separator + guest.encode())
        separator = b",\n"
    target.write(b"[]\n" if separator == b"[\n" else b"\n]\n")


WRITERS: dict[str, Callable[[Table, IO[bytes]], None]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "json": write_json,
}


def _in_batches(guests: GuestQuerySet) -> Iterator[Guest]:
    """Yield the guests in the order of their ids, a batch at a time.

    No cursor stays open in between: a worker says how far it is, and on SQLite nobody may write
    beside a read that has begun before others wrote.
    """
    last = 0
    while batch := list(guests.filter(pk__gt=last)[:BATCH]):
        yield from batch
        last = batch[-1].pk


def _layout(counts: dict[str, int]) -> Iterator[tuple[Column, int]]:
    """Yield every column with its number, track and number of a card side by side."""
    for key in COLUMNS:
        together = [COLUMNS[each] for each in _TOGETHER.get(key, (key,))]
        for index in range(1, counts.get(key, 1) + 1):
            yield from ((each, index) for each in together)


def _repeats(guests: GuestQuerySet) -> dict[str, int]:
    """Return how many columns each repeating field needs, at least one."""
    ids = guests.order_by().values("pk")
    cards = _most(Card.objects.filter(guest__in=ids))
    external_ids = _most(ExternalId.objects.filter(guest__in=ids))
    return {"track": cards, "number": cards, "external_id": external_ids}


def _most(belongings: QuerySet) -> int:
    """Return how many of them the guest with most has."""
    counted = belongings.values("guest_id").annotate(count=Count("pk"))
    return counted.aggregate(most=Max("count"))["most"] or 1


def _with_belongings(guests: GuestQuerySet) -> GuestQuerySet:
    """Load what the columns' sources read: lists, which cost a tenth of a related manager."""
    return (
        guests.defer(*DERIVED)
        .prefetch_related(
            Prefetch("cards", Card.objects.order_by("pk"), to_attr="card_list"),
            Prefetch("external_ids", ExternalId.objects.order_by("pk"), to_attr="external_id_list"),
            Prefetch("categories", to_attr="category_list"),
            "member_tier",
        )
        .order_by("pk")
    )
