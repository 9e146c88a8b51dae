"""A planned chunk -> guests, cards, categories, what they are given, and one ImportRow per line,
in one transaction.

The only stage that writes. It writes through the guests' services; the caller holds the
transaction and sets the checkpoint in it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from core import bulk
from guests.services import bulk as guests
from imports.models import ImportJob, ImportRow
from imports.pipeline.apply_credits import give
from imports.pipeline.credits import Gift
from imports.pipeline.decisions import (
    Additions,
    Create,
    Decision,
    Post,
    Reject,
    Skip,
    Unchanged,
    Update,
)
from imports.pipeline.new_categories import settle
from imports.pipeline.rows import Reason
from loyalty.services.postings import NothingToPost, Outcome as Posting, Posted

Outcome = ImportRow.Outcome
_OUTCOMES = {
    Create: int(Outcome.CREATED),
    Update: int(Outcome.UPDATED),
    Post: int(Outcome.UPDATED),
    Unchanged: int(Outcome.UNCHANGED),
}
_ROW_FIELDS = (
    "job_id", "line", "company_id", "outcome", "guest_id", "replaced", "reasons", "notes", "cells",
)  # fmt: skip


def apply(
    job: ImportJob, decisions: Sequence[Decision], *, now: datetime
) -> tuple[Sequence[Decision], list[Gift]]:
    """Carry out the decisions of a chunk; return them as they came out, and what was given.

    Raises IntegrityError or GuestsChanged when the database is no longer as it was matched: the
    transaction is lost then, and the chunk must be matched and planned again. Raises
    CreditsRefused, by which it is lost too, for lines that must be refused.
    """
    decisions = settle(job, decisions)
    creates = [d for d in decisions if isinstance(d, Create)]
    updates = [d for d in decisions if isinstance(d, Update)]
    posts = [d for d in decisions if isinstance(d, Post)]
    company = job.company_id
    ids = guests.create_guests(company, [d.values for d in creates])
    # Where two lines lead to one guest, by a merge, the later holds what the earlier changed.
    changed = {d.guest_id: (d.guest_id, d.version, d.values) for d in updates if _is_of_guest(d)}
    guests.update_guests(list(changed.values()))
    added = [(pk, d.additions) for pk, d in zip(ids, creates, strict=True)]
    added += [(d.guest_id, d.additions) for d in updates]
    cards = guests.add_cards(company, [(pk, *card) for pk, a in added for card in a.cards])
    guests.add_to_categories(company, ((pk, c) for pk, a in added for c in a.categories))
    guests.add_external_ids(company, ((pk, x) for pk, a in added for x in a.external_ids))
    guests_of: list[tuple[int, Create | Update]] = [*zip(ids, creates, strict=True)]
    guests_of += [(d.guest_id, d) for d in updates]
    gifts = [(d.line, pk, gift) for pk, d in guests_of if (gift := d.additions.gift) is not None]
    gifts += [(d.line, d.guest_id, d.gift) for d in posts]
    outcomes = give(job, gifts, now=now)
    decisions = [_came_out(d, outcomes) for d in decisions] if outcomes else decisions
    new_cards = iter(cards[sum(len(d.additions.cards) for d in creates) :])
    _record(job, decisions, ids, new_cards, outcomes)
    return decisions, list(_given(gifts, outcomes))


def _is_of_guest(update: Update) -> bool:
    """Whether a line changes the guest's own record: a credit alone stands in the ledger."""
    cards, categories, external_ids, new_categories, _gift = update.additions
    return bool(update.changes or cards or categories or external_ids or new_categories)


def _came_out(decision: Decision, outcomes: Mapping[int, Posting]) -> Decision:
    """Return what became of a line: of what was given before, nothing is given now."""
    outcome = outcomes.get(decision.line)
    if outcome is None or isinstance(outcome, Posted):
        return decision
    notes = [Reason("credit_given_before", "", "", {})]
    if isinstance(outcome, NothingToPost):
        notes = []
    if isinstance(decision, Post):
        return Unchanged(decision.line, decision.guest_id, notes)
    if isinstance(decision, Update) and not _is_of_guest(decision):
        notes = [*decision.notes, *notes]
        return Unchanged(decision.line, decision.guest_id, notes, decision.cells)
    if isinstance(decision, Create | Update):
        additions = decision.additions._replace(gift=None)
        return decision._replace(additions=additions, notes=[*decision.notes, *notes])
    return decision


def _given(
    gifts: Sequence[tuple[int, int, Gift]], outcomes: Mapping[int, Posting]
) -> Iterator[Gift]:
    """Yield what was really given, with the amount that was posted."""
    for line, _guest, gift in gifts:
        if isinstance(outcome := outcomes[line], Posted):
            yield gift._replace(change=outcome.amount)


def record_rejects(job: ImportJob, decisions: Iterable[Decision]) -> None:
    """Write rows only for the lines that cannot be imported: what a check leaves."""
    _insert(job, [_row(d, None, None) for d in decisions if isinstance(d, Reject)])


def record_not_reached(job: ImportJob, lines: Iterable[int]) -> None:
    """Write a row for each line that nothing was done with."""
    _insert(job, [(line, Outcome.NOT_REACHED, None, None, None, None, None) for line in lines])


def _record(
    job: ImportJob,
    decisions: Sequence[Decision],
    created: list[int],
    new_cards: Iterator[int],
    outcomes: Mapping[int, Posting],
) -> None:
    """Write one row for each line; `new_cards` are the ids of the cards that updates added."""
    ids = iter(created)
    rows = []
    for decision in decisions:
        if isinstance(decision, Create):
            rows.append(_row(decision, next(ids), _entries(decision.line, outcomes) or None))
        elif isinstance(decision, Update):
            cards = [next(new_cards) for _card in decision.additions.cards]
            replaced = _replaced(decision, cards) | _entries(decision.line, outcomes)
            rows.append(_row(decision, decision.guest_id, replaced))
        elif isinstance(decision, Post):
            rows.append(_row(decision, decision.guest_id, _entries(decision.line, outcomes)))
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
    if isinstance(decision, Post):
        return decision.line, outcome, guest, replaced, None, None, None
    return decision.line, outcome, guest, replaced, None, decision.notes or None, decision.cells


def _entries(line: int, outcomes: Mapping[int, Posting]) -> dict[str, list[int]]:
    """Return which entry of the ledger a line made, if it made one."""
    outcome = outcomes.get(line)
    return {"entries": [outcome.entry_id]} if isinstance(outcome, Posted) else {}


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
