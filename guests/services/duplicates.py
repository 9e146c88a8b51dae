"""Possible duplicates: searched for by a worker, judged by people."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from core import clock, jobs
from core.models import Company, Job, User
from core.services.changes import record
from core.services.jobs import Attempt, enqueue
from guests.models import DuplicateSearch, PossibleDuplicate
from guests.services.bulk import refresh_statistics


def register() -> None:
    """Make DuplicateSearch known to the workers."""
    jobs.register(DuplicateSearch, perform)
    clock.every(24 * 3600, "look for duplicates")(search_everywhere)


@transaction.atomic
def request_search(*, company: Company, actor: User | None, now: datetime) -> DuplicateSearch:
    """Have the company's guests searched; one search that waits or runs is enough."""
    # Of two who ask for the first search of a company one finds the other's row.
    Company.objects.select_for_update().get(pk=company.pk)
    search, _created = DuplicateSearch.objects.get_or_create(company=company)
    if not search.is_active:
        enqueue(search, now=now, actor=actor)
    return search


def search_everywhere(*, now: datetime) -> int:
    """Have every company searched that somebody has searched before. Called by the clock."""
    count = 0
    for search in DuplicateSearch.objects.exclude(state__in=DuplicateSearch.ACTIVE):
        request_search(company=search.company, actor=None, now=now)
        count += 1
    return count


def perform(job: DuplicateSearch, attempt: Attempt[DuplicateSearch]) -> None:
    """Search anew: pairs that nobody judged are looked for again, judged ones stay judged."""
    now = timezone.now()
    # A database that was put back from a dump knows nothing of its tables until somebody looks:
    # then everybody would be compared with everybody.
    refresh_statistics()
    with attempt.chunk() as locked:
        pairs = PossibleDuplicate.objects.for_company(job.company)
        undecided = pairs.undecided()
        undecided._raw_delete(undecided.db)
        found = PossibleDuplicate.objects.find(job.company, now=now)
        attempt.end(locked, Job.State.DONE, done=found, total=found)


@transaction.atomic
def dismiss(
    *, company: Company, pair: PossibleDuplicate, actor: User | None, source: str, now: datetime
) -> None:
    """Remember that two guests are not the same."""
    PossibleDuplicate.objects.for_company(company).filter(pk=pair.pk).update(
        dismissed_at=now, dismissed_by=actor
    )
    _tell("dismiss_duplicate", pair, company=company, actor=actor, source=source, now=now)


@transaction.atomic
def doubt_again(
    *, company: Company, pair: PossibleDuplicate, actor: User | None, source: str, now: datetime
) -> None:
    """Take back that two guests are not the same."""
    PossibleDuplicate.objects.for_company(company).filter(pk=pair.pk).update(
        dismissed_at=None, dismissed_by=None
    )
    _tell("doubt_duplicate", pair, company=company, actor=actor, source=source, now=now)


def _tell(action: str, pair: PossibleDuplicate, **told: Any) -> None:
    """Write down who judged. Not in the guests' own histories: it says nothing of them."""
    record(action=action, subject=pair, values={}, **told)
