"""Decisions -> what `apply` sends, made ready in the form the database takes.

It needs no transaction, so for most chunks it runs ahead with the other stages and the writing
thread only sends. It reserves ids and, through the ledger, reads what guests have; it writes
nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set as AbstractSet
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction

from core.batches import Batch, Json, Same, batch_of, by_column
from core.bulk import Changes
from core.durability import wait_for_no_disk
from guests.services import bulk as guests
from guests.services.tiers import hold
from imports.models import ImportJob, ImportRow
from imports.pipeline.decisions import (
    OF_RECORD,
    Additions,
    Create,
    Decision,
    Post,
    Reject,
    Skip,
    Take,
    Unchanged,
    Update,
    is_of_guest,
)
from imports.pipeline.findings import count
from imports.pipeline.giving import CreditsRefused, came_out, giving_of, owners_of
from imports.pipeline.money import Money
from loyalty.services.foreseeing import Foreseen, foresee
from loyalty.services.postings import Outcome as Posting, Posted

Outcome = ImportRow.Outcome
_OUTCOMES = {
    Create: int(Outcome.CREATED),
    Update: int(Outcome.UPDATED),
    Unchanged: int(Outcome.UNCHANGED),
}
_POSTED = int(Outcome.UPDATED)
_ROW_FIELDS = ("line", "outcome", "guest_id", "replaced", "reasons", "notes", "cells")


class People(NamedTuple):
    """The guests of a chunk, and what is added to them."""

    company: int
    #: Ids of the new guests, in the order of the decisions that create them.
    created: Sequence[int]
    #: Ids of the cards that are added to guests who are there already.
    new_cards: Sequence[int]
    guests: Batch
    changes: Changes
    #: Cards that become whole.
    completed: Sequence[Changes]
    #: The member tiers that any of them gets.
    tiers: AbstractSet[int]
    #: What leads to guests: written after them.
    belongings: Sequence[Batch | guests.Places]

    def write(self) -> None:
        """Send all of it.

        Raises IntegrityError, GuestsChanged or TierGone: the transaction is lost then.
        """
        self.guests.write()
        for changes in (self.changes, *self.completed):
            guests.write_changes(changes)
        hold(self.company, self.tiers)
        for batch in self.belongings:
            batch.write()


class Prepared(NamedTuple):
    """A chunk of which nothing is left to find out: only to be sent."""

    people: People
    #: What it gives, if it gives anything.
    foreseen: Foreseen | None
    rows: Batch
    counts: Counter[str]
    money: Money
    #: Whom to tell of what: guests by entry.
    told: Mapping[int, int]


def can_prepare(decisions: Sequence[Decision], unknown: AbstractSet[int]) -> bool:
    """Whether a chunk can be made ready as it was planned.

    Not where categories have to be created first, and not where it gives something to one of the
    guests of whom it is `unknown` what they have.
    """
    return not any(
        decision.additions.new_categories
        for decision in decisions
        if isinstance(decision, OF_RECORD)
    ) and unknown.isdisjoint(owners_of(decisions))


def prepare(job: ImportJob, decisions: Sequence[Decision], *, now: datetime) -> Prepared | None:
    """Make a chunk ready as it was planned; None where the ledger would refuse a guest's credit."""
    people = _reserved_people(job, decisions)
    giving = giving_of(job, decisions, people.created)
    foreseen, outcomes = None, list[Posting]()
    if giving.postings:
        foreseen = foresee(
            company=job.company,
            postings=giving.postings,
            actor=job.actor,
            now=now,
            # Those of its own batch, of which this is the first import; its chunks come once.
            new_causes=job.batch_id in (None, job.pk),
        )
        outcomes = foreseen.outcomes
    try:
        came = came_out(job, decisions, giving, outcomes)
    except CreditsRefused:
        return None
    rows = prepare_rows(job.company_id, job.pk, came.decisions, people, came.outcomes)
    return Prepared(people, foreseen, rows, count(came.decisions), came.money, came.told)


def _reserved_people(job: ImportJob, decisions: Sequence[Decision]) -> People:
    """Make guests ready outside the transaction that writes them. Balances bring nobody."""
    if job.kind == ImportJob.Kind.BALANCES:
        return prepare_people(job.company_id, decisions)
    with transaction.atomic():
        # Ids are reserved, no more, and of use with their rows only.
        wait_for_no_disk()
        return prepare_people(job.company_id, decisions)


def prepare_people(company: int, decisions: Sequence[Decision]) -> People:
    """Make ready what the decisions say of guests, their cards, categories and external ids."""
    creates = [d for d in decisions if isinstance(d, Create)]
    updates = [d for d in decisions if isinstance(d, Update)]
    ids, created = guests.prepare_guests(company, [d.values for d in creates])
    # Where two lines lead to one guest, by a merge, the later holds what the earlier changed.
    changed = {d.guest_id: (d.guest_id, d.version, d.values) for d in updates if is_of_guest(d)}
    changes = guests.prepare_changes(list(changed.values()))
    added = [(pk, d.additions) for pk, d in zip(ids, creates, strict=True)]
    added += [(d.guest_id, d.additions) for d in updates]
    card_ids, cards = guests.prepare_cards(
        company, [(pk, *card) for pk, a in added for card in a.cards]
    )
    completed = guests.prepare_completed_cards(
        [each[:3] for d in updates for each in d.additions.completed]
    )
    belongings: list[Batch | guests.Places] = [
        cards,
        guests.prepare_categories(company, [(pk, c) for pk, a in added for c in a.categories]),
        guests.prepare_external_ids(company, [(pk, x) for pk, a in added for x in a.external_ids]),
    ]
    new_cards = card_ids[sum(len(d.additions.cards) for d in creates) :]
    tiers = _tiers(creates, updates)
    return People(company, ids, new_cards, created, changes, completed, tiers, belongings)


def _tiers(creates: Sequence[Create], updates: Sequence[Update]) -> set[int]:
    given = {d.values.get("member_tier_id") for d in creates}
    given.update(d.changes["member_tier_id"][1] for d in updates if "member_tier_id" in d.changes)
    return {tier for tier in given if tier is not None}


def prepare_rows(
    company: int,
    job: int,
    decisions: Sequence[Decision],
    people: People,
    outcomes: Mapping[int, Posting] | None = None,
) -> Batch:
    """Make ready one ImportRow for each line. `outcomes` says by line what the ledger did."""
    return rows_batch(company, job, list(_rows(decisions, people, outcomes or {})))


def rows_batch(company: int, job: int, rows: Sequence[tuple[Any, ...]]) -> Batch:
    """Make rows ready, each as `row_of` returns it."""
    columns, number = by_column(_ROW_FIELDS, rows)
    same = {"job_id": Same(job), "company_id": Same(company)}
    return batch_of(ImportRow, {**same, **columns}, number)


def _rows(
    decisions: Sequence[Decision], people: People, outcomes: Mapping[int, Posting]
) -> Iterator[tuple[Any, ...]]:
    ids, new_cards = iter(people.created), iter(people.new_cards)
    for decision in decisions:
        if isinstance(decision, Post):
            line = decision.line
            yield line, _POSTED, decision.guest_id, _entry(outcomes[line]), None, None, None
            continue
        entries = _entries(decision.line, outcomes) if outcomes else {}
        if isinstance(decision, Create):
            yield row_of(decision, next(ids), entries or None)
        elif isinstance(decision, Update):
            cards = [next(new_cards) for _card in decision.additions.cards]
            yield row_of(decision, decision.guest_id, _replaced(decision, cards) | entries)
        else:
            yield row_of(decision, getattr(decision, "guest_id", None), None)


def row_of(
    decision: Create | Update | Unchanged | Skip | Reject | Take,
    guest: int | None,
    replaced: dict[str, Any] | None,
) -> tuple[Any, ...]:
    """Return (line, outcome, guest, replaced, reasons, notes, cells)."""
    if isinstance(decision, Reject):
        reasons, cells = decision.reasons, decision.cells
        return decision.line, int(Outcome.FAILED), None, None, reasons, None, cells
    if isinstance(decision, Skip):
        return decision.line, int(Outcome.SKIPPED), None, None, None, [decision.note], None
    outcome = _OUTCOMES[type(decision)]
    return decision.line, outcome, guest, replaced, None, decision.notes or None, decision.cells


def _entry(outcome: Posting) -> Json | None:
    """Return what `_entries` returns, as it is written: a file of balances is millions of these."""
    return Json(f'{{"entries":[{outcome.entry_id}]}}') if isinstance(outcome, Posted) else None


def _entries(line: int, outcomes: Mapping[int, Posting]) -> dict[str, list[int]]:
    """Return which entry of the ledger a line made, if it made one."""
    outcome = outcomes.get(line)
    return {"entries": [outcome.entry_id]} if isinstance(outcome, Posted) else {}


def _replaced(update: Update, cards: list[int]) -> dict[str, Any]:
    """Return what Undo needs: old and new value of every field, and what was added."""
    additions: Additions = update.additions
    parts = {
        "fields": {name: [_plain(old), _plain(new)] for name, (old, new) in update.changes.items()},
        "cards": cards,
        "categories": list(additions.categories),
        "external_ids": list(additions.external_ids),
        "completed": [list(each[:3]) for each in additions.completed],
    }
    return {name: part for name, part in parts.items() if part}


def _plain(value: Any) -> Any:
    """Return a value as JSON can keep it; the field's `to_python` reads it back."""
    return value.isoformat() if isinstance(value, date | datetime) else value
