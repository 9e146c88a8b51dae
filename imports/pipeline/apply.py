"""A planned chunk -> guests, cards, categories and one ImportRow per line, in one transaction.

The only stage that writes. It writes through the guests' services; the caller holds the
transaction and sets the checkpoint in it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from core import bulk
from guests.services import bulk as guests
from imports.models import ImportJob, ImportRow
from imports.pipeline.decisions import (
    Additions,
    Create,
    Decision,
    Reject,
    Skip,
    Unchanged,
    Update,
)
from imports.pipeline.new_categories import settle

Outcome = ImportRow.Outcome
_OUTCOMES = {
    Create: int(Outcome.CREATED),
    Update: int(Outcome.UPDATED),
    Unchanged: int(Outcome.UNCHANGED),
}
_ROW_FIELDS = (
    "job_id", "line", "company_id", "outcome", "guest_id", "replaced", "reasons", "notes", "cells",
)  # fmt: skip


def apply(job: ImportJob, decisions: Sequence[Decision]) -> None:
    """Carry out the decisions of a chunk.

    Raises IntegrityError or GuestsChanged when the database is no longer as it was matched: the
    transaction is lost then, and the chunk must be matched and planned again.
    """
    decisions = settle(job, decisions)
    creates = [d for d in decisions if isinstance(d, Create)]
    updates = [d for d in decisions if isinstance(d, Update)]
    company = job.company_id
    ids = guests.create_guests(company, [d.values for d in creates])
    guests.update_guests([(d.guest_id, d.version, d.values) for d in updates])
    added = [(pk, d.additions) for pk, d in zip(ids, creates, strict=True)]
    added += [(d.guest_id, d.additions) for d in updates]
    cards = guests.add_cards(company, [(pk, *card) for pk, a in added for card in a.cards])
    guests.add_to_categories(company, ((pk, c) for pk, a in added for c in a.categories))
    guests.add_external_ids(company, ((pk, x) for pk, a in added for x in a.external_ids))
    _record(job, decisions, ids, iter(cards[sum(len(d.additions.cards) for d in creates) :]))


def record_rejects(job: ImportJob, decisions: Iterable[Decision]) -> None:
    """Write rows only for the lines that cannot be imported: what a check leaves."""
    _insert(job, [_row(d, None, None) for d in decisions if isinstance(d, Reject)])


def record_not_reached(job: ImportJob, lines: Iterable[int]) -> None:
    """Write a row for each line that nothing was done with."""
    _insert(job, [(line, Outcome.NOT_REACHED, None, None, None, None, None) for line in lines])


def _record(
    job: ImportJob, decisions: Sequence[Decision], created: list[int], new_cards: Iterator[int]
) -> None:
    """Write one row for each line; `new_cards` are the ids of the cards that updates added."""
    ids = iter(created)
    rows = []
    for decision in decisions:
        if isinstance(decision, Create):
            rows.append(_row(decision, next(ids), None))
        elif isinstance(decision, Update):
            cards = [next(new_cards) for _card in decision.additions.cards]
            rows.append(_row(decision, decision.guest_id, _replaced(decision, cards)))
        else:
            rows.append(_row(decision, getattr(decision, "guest_id", None), None))
    _insert(job, rows)


def _row(decision: Decision, guest: int | None, replaced: dict[str, Any] | None) -> tuple[Any, ...]:
    """Return (line, outcome, guest, replaced, reasons, notes, cells)."""
    if isinstance(decision, Reject):
        reasons, cells = decision.reasons, decision.cells
        return decision.line, Outcome.FAILED, None, None, reasons, None, cells
    if isinstance(decision, Skip):
        return decision.line, Outcome.SKIPPED, None, None, None, [decision.note], None
    outcome = _OUTCOMES[type(decision)]
    return decision.line, outcome, guest, replaced, None, decision.notes or None, None


def _insert(job: ImportJob, rows: Iterable[tuple[Any, ...]]) -> None:
    company, pk = job.company_id, job.pk
    bulk.insert(ImportRow, _ROW_FIELDS, ((pk, row[0], company, *row[1:]) for row in rows))


def _replaced(update: Update, cards: list[int]) -> dict[str, Any]:
    """Return what Undo needs: old and new value of every field, and what was added."""
    additions: Additions = update.additions
    parts = {
        "fields": {name: [_plain(old), _plain(new)] for name, (old, new) in update.changes.items()},
        "cards": cards,
        "categories": list(additions.categories),
        "external_ids": list(additions.external_ids),
    }
    return {name: part for name, part in parts.items() if part}


def _plain(value: Any) -> Any:
    """Return a value as JSON can keep it; the field's `to_python` reads it back."""
    return value.isoformat() if isinstance(value, date | datetime) else value
