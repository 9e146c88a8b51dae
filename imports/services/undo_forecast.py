"""What an undo would do, counted exactly before anybody asks for it. Changes nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from guests.models import Card, Guest, GuestCategory
from guests.services import takeback
from imports.models import ImportJob, ImportRow
from imports.services.undoing_credits import entry_of, left_of, moved_among, owners_among
from imports.services.undoing_orders import forecast_orders

CHUNK_ROWS = 2_000

Outcome = ImportRow.Outcome


@dataclass
class Forecast:
    """`removed` guests go, `deleted` ones stay for what their ledger tells, `fields`, `cards` and
    `categories` are put back or taken off others, `entries` of the ledger are reversed as far as
    they are not spent, `credited` counts the guests of whom nothing else is taken. `orders` are
    taken back, with the guests that only they made.

    `guests` are all that are touched, `kept` the rows that stay as they are in whole or in part,
    `reasons` how often each code of guests.services.takeback is why.
    """

    removed: int = 0
    deleted: int = 0
    restored: int = 0
    fields: int = 0
    cards: int = 0
    categories: int = 0
    entries: int = 0
    credited: int = 0
    orders: int = 0
    kept: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        """How much is undone: guests, or orders."""
        return self.orders or self.guests

    @property
    def guests(self) -> int:
        return self.removed + self.deleted + self.restored + self.credited


def forecast(job: ImportJob) -> Forecast:
    """Count what undoing `job` now would do: a few seconds for a million rows."""
    found = Forecast()
    if job.kind == ImportJob.Kind.ORDERS:
        for rows in _chunks(job):
            orders, reasons = forecast_orders(job, rows)
            found.orders += orders
            found.kept += reasons.total()
            found.reasons += reasons
        return found
    for rows in _chunks(job):
        created = [row.guest_id for row in rows if row.outcome == Outcome.CREATED and row.guest_id]
        _count_created(job, created, found)
        updated = (row for row in rows if row.outcome == Outcome.UPDATED)
        replaced = {
            row.guest_id: row.replaced or {}
            for row in updated
            if row.guest_id and set(row.replaced or {}) != {"entries"}
        }
        giving = [row for row in rows if "entries" in (row.replaced or {})]
        short = _count_entries(giving, found)
        # Whoever was created and owns something is kept anyway.
        counted_elsewhere = replaced.keys() | set(created)
        found.credited += len({row.guest_id for row in giving} - counted_elsewhere)
        found.kept += sum(pk not in counted_elsewhere for pk in short)
        if replaced:
            _count_updated(job, replaced, found, short=set(short))
    return found


def _chunks(job: ImportJob) -> Iterator[Sequence[ImportRow]]:
    line = 0
    rows = ImportRow.objects.filter(job_id=job.pk).to_undo().in_file_order()
    rows = rows.only("job_id", "line", "outcome", "guest_id", "replaced")
    while chunk := list(rows.filter(line__gt=line)[:CHUNK_ROWS]):
        yield chunk
        line = chunk[-1].line


def _count_entries(giving: Sequence[ImportRow], found: Forecast) -> list[int]:
    """Return whose credits go back in part or not at all, for each line of these."""
    moved, left = moved_among(giving), left_of(giving)
    spent = left.keys() - moved
    found.entries += len(giving) - len(moved) - sum(not left[entry] for entry in spent)
    found.reasons["credit_would_stay"] += len(moved)
    found.reasons["credit_would_be_short"] += len(spent)
    gone = moved | spent
    return [row.guest_id for row in giving if row.guest_id and entry_of(row) in gone]


def _count_created(job: ImportJob, ids: list[int], found: Forecast) -> None:
    kept = takeback.kept_created(job.company, ids, owning=owners_among(job, ids))
    found.removed += len(ids) - len(kept)
    found.deleted += sum(left.code == "guest_has_ledger" for left in kept.values())
    found.kept += len(kept)
    found.reasons.update(left.code for left in kept.values())


def _count_updated(
    job: ImportJob, replaced: dict[int, dict], found: Forecast, *, short: set[int]
) -> None:
    guests = Guest.objects.for_company(job.company).filter(pk__any=list(replaced)).in_bulk()
    added_left = takeback.added_left(job.company, replaced)
    for pk, parts in replaced.items():
        guest, fields = guests.get(pk), parts.get("fields", {})
        if guest is None or guest.merged_into_id is not None:
            found.kept += 1
            found.reasons["guest_merged" if guest else "guest_gone"] += 1
            continue
        left = takeback.fields_changed_since(guest, fields)
        found.fields += len(fields) - len(left)
        staying = added_left.get(pk, ())
        found.kept += bool(left or staying or pk in short)
        found.reasons["field_changed"] += bool(left)
        found.reasons.update(note.code for note in staying)
        found.restored += len(left) < len(fields) or len(parts) > ("fields" in parts)
    found.fields += len(takeback.still_completed(job.company, replaced))
    found.cards += _still_there(job, replaced)
    found.categories += _still_in(job, replaced)


def _still_there(job: ImportJob, replaced: dict[int, dict]) -> int:
    owners = {card: pk for pk, parts in replaced.items() for card in parts.get("cards", ())}
    cards = Card.objects.for_company(job.company).filter(pk__any=list(owners))
    present = cards.values_list("pk", "guest_id") if owners else ()
    return sum(owners[card] == guest for card, guest in present)


def _still_in(job: ImportJob, replaced: dict[int, dict]) -> int:
    added = {(pk, each) for pk, parts in replaced.items() for each in parts.get("categories", ())}
    if not added:
        return 0
    present = GuestCategory.objects.for_company(job.company).filter(guest__any=list(replaced))
    return len(added.intersection(present.values_list("guest_id", "category_id")))
