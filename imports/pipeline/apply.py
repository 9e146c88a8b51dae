"""A planned chunk -> guests, cards, categories, what they are given, and one ImportRow per line,
in one transaction.

The only stage that writes. It writes through the guests' services; the caller holds the
transaction and sets the checkpoint in it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from django.db import transaction

from imports.models import ImportJob, ImportRow
from imports.pipeline.apply_orders import apply_orders
from imports.pipeline.decisions import Decision, Reject
from imports.pipeline.findings import count
from imports.pipeline.giving import came_out, giving_of
from imports.pipeline.money import Money
from imports.pipeline.new_categories import settle
from imports.pipeline.prepare import (
    Prepared,
    prepare_people,
    prepare_rows,
    row_of,
    rows_batch,
)
from loyalty.services.ledger import post_entries
from loyalty.services.messages import tell_of_credits
from loyalty.services.retrying import Moved


def apply(
    job: ImportJob,
    decisions: Sequence[Decision],
    prepared: Prepared | None = None,
    *,
    now: datetime,
) -> tuple[Counter[str], Money]:
    """Carry out the decisions of a chunk; return how the lines came out, and what was given.

    `prepared` is what was made of just these decisions, where that was possible beforehand.
    Raises IntegrityError or GuestsChanged when the database is no longer as it was matched, and
    TierGone when a tier is no longer there that was looked up: the transaction is lost then, and
    the chunk must be matched and planned again. Raises CreditsRefused, by which it is lost too, for
    lines that must be refused.
    """
    if job.kind == ImportJob.Kind.ORDERS:
        return apply_orders(job, decisions, now=now), Money()
    if prepared is not None:
        # Where somebody moved a balance since, the ledger decides now what becomes of the lines.
        with suppress(Moved), transaction.atomic():
            return _send(job, prepared, now=now)
    decisions = settle(job, decisions)
    people = prepare_people(job.company_id, decisions)
    people.write()
    giving = giving_of(job, decisions, people.created)
    outcomes = (
        post_entries(company=job.company, postings=giving.postings, actor=job.actor, now=now)
        if giving.postings
        else []
    )
    came = came_out(job, decisions, giving, outcomes)
    tell_of_credits(company=job.company, entries=came.told, now=now)
    prepare_rows(job.company_id, job.pk, came.decisions, people, came.outcomes).write()
    return count(came.decisions), came.money


def _send(job: ImportJob, prepared: Prepared, *, now: datetime) -> tuple[Counter[str], Money]:
    """Send what is ready, in the same order. Raises Moved where balances are not as foreseen."""
    prepared.people.write()
    if (foreseen := prepared.foreseen) is not None:
        post_entries(
            company=job.company,
            postings=foreseen.postings,
            actor=job.actor,
            now=now,
            foreseen=foreseen,
        )
    tell_of_credits(company=job.company, entries=prepared.told, now=now)
    prepared.rows.write()
    return prepared.counts, prepared.money


def record_rejects(job: ImportJob, decisions: Iterable[Decision]) -> None:
    """Write rows only for the lines that cannot be imported: what a check leaves."""
    _insert(job, [row_of(d, None, None) for d in decisions if isinstance(d, Reject)])


def record_not_reached(job: ImportJob, lines: Iterable[int]) -> None:
    """Write a row for each line that nothing was done with."""
    outcome = int(ImportRow.Outcome.NOT_REACHED)
    _insert(job, [(line, outcome, None, None, None, None, None) for line in lines])


def _insert(job: ImportJob, rows: Sequence[tuple[object, ...]]) -> None:
    rows_batch(job.company_id, job.pk, rows).write()
