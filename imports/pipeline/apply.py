"""A planned chunk -> guests, cards, categories, what they are given, and one ImportRow per line,
in one transaction.

The only stage that writes. It writes through the guests' services; the caller holds the
transaction and sets the checkpoint in it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from imports.models import ImportJob, ImportRow
from imports.pipeline.apply_credits import give, is_refused, reason_of
from imports.pipeline.apply_orders import apply_orders
from imports.pipeline.credits import Gift
from imports.pipeline.decisions import Create, Decision, Post, Reject, Unchanged, Update
from imports.pipeline.findings import count
from imports.pipeline.new_categories import settle
from imports.pipeline.prepare import (
    Prepared,
    is_of_guest,
    prepare_people,
    prepare_rows,
    row_of,
    rows_batch,
)
from imports.pipeline.rows import Reason
from loyalty.services.postings import NothingToPost, Outcome as Posting, Posted


def apply(
    job: ImportJob,
    decisions: Sequence[Decision],
    prepared: Prepared | None = None,
    *,
    now: datetime,
) -> tuple[Counter[str], list[Gift]]:
    """Carry out the decisions of a chunk; return how the lines came out, and what was given.

    `prepared` is what was made of just these decisions, where that was possible beforehand.
    Raises IntegrityError or GuestsChanged when the database is no longer as it was matched: the
    transaction is lost then, and the chunk must be matched and planned again. Raises
    CreditsRefused, by which it is lost too, for lines that must be refused.
    """
    if job.kind == ImportJob.Kind.ORDERS:
        return apply_orders(job, decisions, now=now), []
    if prepared is not None:
        prepared.write()
        return prepared.counts, []
    decisions = settle(job, decisions)
    people = prepare_people(job.company_id, decisions)
    people.write()
    gifts = list(_gifts(decisions, people.created))
    outcomes = give(job, gifts, now=now)
    decisions = [_came_out(job, d, outcomes) for d in decisions] if outcomes else decisions
    prepare_rows(job.company_id, job.pk, decisions, people, outcomes).write()
    return count(decisions), list(_given(gifts, outcomes))


def _gifts(
    decisions: Sequence[Decision], created: Sequence[int]
) -> Iterator[tuple[int, int, Gift]]:
    """Yield (line, guest, gift) of what is to be given."""
    ids = iter(created)
    for decision in decisions:
        if isinstance(decision, Post):
            yield decision.line, decision.guest_id, decision.gift
        elif isinstance(decision, Create | Update):
            guest = next(ids) if isinstance(decision, Create) else decision.guest_id
            if decision.additions.gift is not None:
                yield decision.line, guest, decision.additions.gift


def _came_out(job: ImportJob, decision: Decision, outcomes: Mapping[int, Posting]) -> Decision:
    """Return what became of a line: of what was given before, nothing is given now."""
    outcome = outcomes.get(decision.line)
    if outcome is None or isinstance(outcome, Posted):
        return decision
    if isinstance(decision, Post) and is_refused(outcome):
        reason = reason_of(job, decision.gift.credit, outcome)
        return Reject(decision.line, decision.cells, [reason])
    notes = [Reason("credit_given_before", "", "", {})]
    if isinstance(outcome, NothingToPost):
        notes = []
    if isinstance(decision, Post):
        return Unchanged(decision.line, decision.guest_id, notes)
    if isinstance(decision, Update) and not is_of_guest(decision):
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
    _insert(job, [row_of(d, None, None) for d in decisions if isinstance(d, Reject)])


def record_not_reached(job: ImportJob, lines: Iterable[int]) -> None:
    """Write a row for each line that nothing was done with."""
    outcome = int(ImportRow.Outcome.NOT_REACHED)
    _insert(job, [(line, outcome, None, None, None, None, None) for line in lines])


def _insert(job: ImportJob, rows: Sequence[tuple[object, ...]]) -> None:
    rows_batch(job.company_id, job.pk, rows).write()
