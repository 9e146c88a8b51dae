"""Claiming, keeping and ending a Job.

The database is the truth and the queue only a hint. A job is claimed by a conditional UPDATE
that takes the next attempt number; every chunk's transaction first makes sure that the attempt
is still its own; a sweep gives up on workers that show no sign of life. So the same message
delivered twice, late or never does no harm.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing.sharedctypes import RawValue
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext

from core import jobs
from core.durability import wait_for_no_disk
from core.models import Job
from core.seldom import Seldom
from core.turns import Turns

logger = logging.getLogger(__name__)

J = TypeVar("J", bound=Job)


class LeaseLost(Exception):
    """The job went to another attempt while this one was at work: stop, and write nothing."""


class WorkerEnds(Exception):
    """The worker was asked to end: its job goes back to the queue, as far as it has come."""


#: What was hinted at by the sweep. Longest is how late a job can begin whose message was lost.
hints = Seldom(longest=timedelta(minutes=5))

#: Shared with the processes that a worker forks, and without a lock that one of them, killed,
#: could keep for ever.
_ending = RawValue("b", 0)


def end_soon() -> None:
    """Have this worker's jobs go back at their next chunk. May be called by a signal handler."""
    _ending.value = 1


def _heed_the_end() -> None:
    if _ending.value:
        raise WorkerEnds


class Attempt(Generic[J]):
    """One worker's hold on a job. The job's row changes only through it."""

    def __init__(self, job: J) -> None:
        self.model: type[J]
        self.model, self.pk, self.number = type(job), job.pk, job.attempt
        self._turns = Turns()

    def _own(self) -> Any:
        return self.model._default_manager.filter(
            pk=self.pk, attempt=self.number, state=Job.State.RUNNING
        )

    @contextmanager
    def chunk(self) -> Iterator[J]:
        """A transaction for a piece of the work: as `locked`, and the place to stop in between.

        Raises LeaseLost and WorkerEnds before anything is written.
        """
        _heed_the_end()
        with self._turns.turn(), self.locked() as job:
            yield job

    @contextmanager
    def locked(self) -> Iterator[J]:
        """A transaction that holds the job's row: yields it as it is now, locked.

        Raises LeaseLost, before anything is written, when the job is no longer this attempt's.
        The lock also makes a second attempt wait for this commit before it can claim.
        """
        with transaction.atomic():
            try:
                own = self._own().select_related("company", "actor")
                job = own.select_for_update(of=("self",)).get()
            except self.model.DoesNotExist:
                raise LeaseLost(f"{self.model.__name__} {self.pk}, attempt {self.number}") from None
            yield job

    def save(self, job: Job, **fields: Any) -> None:
        """Write `fields` inside a chunk, which is also a sign of life."""
        for name, value in fields.items():
            setattr(job, name, value)
        job.heartbeat_at = timezone.now()
        job.save(update_fields=[*fields, "heartbeat_at"])

    def advance(self, job: Job, **fields: Any) -> None:
        """Write the chunk's checkpoint: progress, after which attempts are counted anew.

        What an earlier attempt broke of is over then, as it is when the job ends. The chunk need
        not outlive a crash of the database's server: with its checkpoint it would be done again.
        So a chunk that advances does not end the job, which is told of.
        """
        wait_for_no_disk()
        self.save(job, tries=0, **{"error": "", **fields})

    def beat(self) -> None:
        """Give a sign of life between chunks. Raises LeaseLost and WorkerEnds like `chunk`."""
        _heed_the_end()
        if not self._own().update(heartbeat_at=timezone.now()):
            raise LeaseLost(f"{self.model.__name__} {self.pk}, attempt {self.number}")

    def end(self, job: Job, state: str, **fields: Any) -> None:
        """Write the job's end, inside a chunk."""
        fields = {"error": "", **fields}
        self.save(job, state=state, finished_at=timezone.now(), **fields)
        transaction.on_commit(lambda: wake_waiting(self.model, job.company_id))


def enqueue(job: Job, *, now: datetime, **fields: Any) -> None:
    """Hand `job` to the workers once the transaction commits. Call it with the row locked."""
    job.state, job.queued_at, job.tries = Job.State.QUEUED, now, 0
    job.started_at = job.finished_at = None
    job.error, job.done = "", 0
    for name, value in fields.items():
        setattr(job, name, value)
    job.save(
        update_fields=[
            "state", "queued_at", "tries", "started_at", "finished_at", "error", "done", *fields,
        ]
    )  # fmt: skip
    publish(job)


def publish(job: Job) -> None:
    """Tell the queue once the transaction commits. Should it be away: see `sweep`."""
    from core.tasks import run_job

    label, pk = job._meta.label_lower, job.pk
    transaction.on_commit(lambda: run_job.hint(label, pk), robust=True)


def claim(model: type[Job], pk: int, *, now: datetime) -> Job | None:
    """Take a waiting job, or return None when it is not there to be taken.

    A model may forbid, by a constraint, that two of its jobs run at once in a company: then the
    second stays waiting.
    """
    waiting = model._default_manager.filter(pk=pk, state=Job.State.QUEUED)
    try:
        with transaction.atomic():
            taken = waiting.update(
                state=Job.State.RUNNING,
                attempt=F("attempt") + 1,
                tries=F("tries") + 1,
                heartbeat_at=now,
                # Of a later attempt the beginning is still that of the first.
                started_at=Coalesce("started_at", Value(now, output_field=DateTimeField())),
            )
    except IntegrityError:
        logger.info("%s %s waits for another of its company", model.__name__, pk)
        return None
    return model._default_manager.select_related("company", "actor").get(pk=pk) if taken else None


def run(model: type[Job], pk: int) -> None:
    """Claim a job and do it. Safe to call at any time, any number of times."""
    if _ending.value:
        logger.info("%s %s is left to the next worker", model.__name__, pk)
        return
    job = claim(model, pk, now=timezone.now())
    if job is None:
        return
    attempt = Attempt(job)
    try:
        jobs.perform_of(model)(job, attempt)
    except LeaseLost as lost:
        logger.warning("Lease lost: %s", lost)
    except WorkerEnds:
        logger.info("%s %s goes to the next worker", model.__name__, pk)
        _hand_over(attempt)
    except Exception as error:
        logger.exception("%s %s failed at attempt %s", model.__name__, pk, job.attempt)
        _give_back(attempt, f"{type(error).__name__}: {error}")


def _hand_over(attempt: Attempt) -> None:
    """Let another worker go on at once. Nothing broke: it does not count as an attempt."""
    with attempt.locked() as job:
        job.state, job.tries = Job.State.QUEUED, max(job.tries - 1, 0)
        job.save(update_fields=["state", "tries"])
        publish(job)


def _give_back(attempt: Attempt, error: str) -> None:
    """Put a job that broke back into the queue, or end it when it broke too often."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    with attempt.locked() as job:
        retire(attempt, job, error)


def retire(attempt: Attempt, job: Job, error: str) -> None:
    """Inside a chunk: let the job wait for its next attempt, or fail after the last."""
    if job.tries >= settings.JOB_MAX_ATTEMPTS:
        text = ngettext(
            "Given up after %(count)s attempt, which ended with: %(error)s",
            "Given up after %(count)s attempts. The last one ended with: %(error)s",
            job.tries,
        )
        reason = text % {"count": job.tries, "error": error}
        attempt.end(job, Job.State.FAILED, error=reason)
        jobs.give_up(job)
        return
    job.state, job.error = Job.State.QUEUED, error
    job.save(update_fields=["state", "error"])


def sweep(*, now: datetime) -> int:
    """Bring back jobs whose worker died, and hint again at those that wait. Return how many."""
    from core.tasks import run_job

    close_old_connections()
    found = 0
    lease = timedelta(seconds=settings.JOB_LEASE_SECONDS)
    for model in jobs.models():
        for job in model._default_manager.stale(before=now - lease):
            found += 1
            try:
                with Attempt(job).locked() as locked:
                    if locked.heartbeat_at is None or locked.heartbeat_at < now - lease:
                        retire(Attempt(job), locked, _("The worker stopped without a word."))
            except LeaseLost:
                continue
    waiting = list(_waiting())
    first = timedelta(seconds=settings.CLOCK_TICK_SECONDS)
    hints.hint(waiting, lambda each: run_job.hint(*each[:2]), first=first, now=now)
    return found + len(waiting)


def _waiting() -> Iterator[tuple[str, int, int, datetime | None]]:
    """Yield the jobs that wait, each with what changes when it comes to wait anew."""
    for model in jobs.models():
        rows = model._default_manager.waiting().order_by("id")
        for pk, attempt, queued_at in rows.values_list("pk", "attempt", "queued_at"):
            yield model._meta.label_lower, pk, attempt, queued_at


def wake_waiting(model: type[Job], company_id: int) -> None:
    """Hint at the jobs of a company that wait, perhaps for the one that just ended."""
    for job in model._default_manager.waiting().filter(company_id=company_id).order_by("id"):
        publish(job)
