"""Seeing an import through to its end, in this process or by a worker, and how it is interrupted.

The first signal asks an import of this process to stop, as the button on its page does: what is
in stays in, and every line that was not reached is counted. The second breaks it off. An import
that a worker has goes on without whoever waits for it.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from core.busy import if_free
from core.models import Job
from core.services import jobs
from core.turns import next_turn
from imports.models import ImportJob
from imports.services import runs
from imports.services.uploads import NotNow

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Seconds between two looks at an import that others have.
LOOK_EVERY = 0.5

Say = Callable[[str], None]


def finish(job: ImportJob, *, by_worker: bool, say: Say) -> ImportJob:
    """Return the import once it has ended, or cannot end before another of its company does.

    Raises KeyboardInterrupt where it is left to others, and where a check was stopped.
    """
    with _stoppable(job, by_worker=by_worker, say=say) as asked:
        waiting = _Waiting(say)
        while True:
            before = job.attempt
            other = None if by_worker else _other_writer(job)
            if not by_worker:
                _go_on(job, other)
            job = ImportJob.objects.select_related("company").get(pk=job.pk)
            if not job.is_active:
                if job.state == Job.State.DRAFT and asked.is_set():
                    # A check that was not let through found nothing that counts.
                    raise KeyboardInterrupt
                return job
            if other is not None:
                with if_free():
                    waiting.look(other)
                if asked.is_set():
                    return job
            # It broke and is tried again, a worker has it, or it waits for another of the company.
            if job.error or job.state == Job.State.RUNNING or job.attempt == before:
                time.sleep(LOOK_EVERY)


def _go_on(job: ImportJob, other: ImportJob | None) -> None:
    """Do the import, unless another has to end first, or others write: then it is tried again."""
    if other is None:
        with if_free():
            jobs.run(ImportJob, job.pk)


def _other_writer(job: ImportJob) -> ImportJob | None:
    """Return the import of the company that has to end first; checks go on beside each other."""
    if not job.writes:
        return None
    running = ImportJob.objects.for_company(job.company).running()
    return running.exclude(pk=job.pk).exclude(step=ImportJob.Step.CHECK).first()


class _Waiting:
    """Says once for which import this one waits, and takes it from a process that has died.

    Where there is a worker it does so; but an import by cron alone may be all that ever runs.
    """

    def __init__(self, say: Say) -> None:
        self._say, self._said = say, 0
        self._swept = time.monotonic()

    def look(self, other: ImportJob) -> None:
        if self._said != other.pk:
            self._said = other.pk
            self._say(_("Waits for import %(number)s to end.") % {"number": other.number})
        if time.monotonic() - self._swept >= settings.CLOCK_TICK_SECONDS:
            jobs.sweep(now=timezone.now())
            self._swept = time.monotonic()


@contextmanager
def _stoppable(job: ImportJob, *, by_worker: bool, say: Say) -> Iterator[threading.Event]:
    """Ask the import to stop at the first signal, and raise KeyboardInterrupt at the second.

    Where a worker has the import the first one raises. What is ignored stays ignored (nohup), and
    only the main thread can be told of signals.
    """
    asked = threading.Event()
    # A thread of its own asks, with its own connection: this one may be within a transaction.
    asking = threading.Thread(target=_request_stop, args=(job, say), daemon=True)

    def came(_number: int, _frame: FrameType | None) -> None:
        if by_worker or asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        asking.start()

    former = {}
    if threading.current_thread() is threading.main_thread():
        heeded = [each for each in SIGNALS if signal.getsignal(each) != signal.SIG_IGN]
        former = {each: signal.signal(each, came) for each in heeded}
    try:
        yield asked
        if asked.is_set():
            asking.join()
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)


def _request_stop(job: ImportJob, say: Say) -> None:
    say(_("Stopping. What is in by then stays in; once more, and it is broken off at once."))
    try:
        while True:
            try:
                with next_turn():
                    runs.request_stop(job=job, keep=True, actor=None)
            except OperationalError:
                # On SQLite the import itself writes most of the time.
                continue
            except NotNow:
                say(_("It is too late to stop: it is over, or is being undone."))
            return
    finally:
        connection.close()
