"""Guests on their way out: a file at once when they are few, by a worker when they are many.

What a list shows and in which columns is said above the domain: whoever knows registers it
(`register_selection`, `register_shape`).
"""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from core import jobs
from core.mail import message_id
from core.models import Change, Company, Job, User
from core.services.changes import record
from core.services.jobs import Attempt, enqueue
from core.services.mail import post
from guests.models import GuestExport
from guests.models.exports import path_of_attempt
from guests.querysets import GuestQuerySet
from guests.services.exports_files import SHEET_ROWS, Row, TooManyGuests, write

State = Job.State

#: From so many guests on a worker makes the file.
LARGE = 2_000
#: After so many guests a worker says how far it is, and looks whether it is to stop.
TELL_EVERY = 5_000
READY_MAIL = "export-ready"

Select = Callable[[GuestExport], GuestQuerySet]
#: Yields the header, then a row for each guest; the guests come in no order.
MakeRows = Callable[[GuestExport, GuestQuerySet], Iterator[Row]]

_selections: list[Select] = []
_shapes: dict[str, MakeRows] = {}


class NotNow(Exception):
    """The export is over, or was stopped; `export` is as it is now."""

    def __init__(self, export: GuestExport) -> None:
        super().__init__(f"export {export.pk} is {export.state}")
        self.export = export


class StopAsked(Exception):
    """Nobody waits for the file any more."""


def register() -> None:
    """Make GuestExport known to the workers."""
    jobs.register(GuestExport, perform)


def register_selection(select: Select) -> None:
    """Say which guests the address that an export keeps means."""
    _selections[:] = [select]


def register_shape(shape: str, rows: MakeRows) -> None:
    """Say what a file of this shape (GuestExport.Shape) consists of."""
    _shapes[shape] = rows


def export_now(
    *,
    company: Company,
    draft: GuestExport,
    actor: User,
    source: str,
    now: datetime,
) -> tuple[GuestExport, IO[bytes]]:
    """Make the file while its reader waits; return the receipt and the open file, at its start.

    `draft` says what and how: format, shape, columns, query, words, sort. Raises TooManyGuests.
    """
    export = _drafted(company, draft, actor)
    export.created_at = now
    file = TemporaryFile()  # noqa: SIM115 - closed by the response that streams it
    try:
        export.done = export.total = _write(export, file)
        export.file_size = file.tell()
        export.state, export.started_at, export.finished_at = State.DONE, now, timezone.now()
        with transaction.atomic():
            _save_numbered(export)
            _record(export, source=source, now=now)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return export, file


@transaction.atomic
def request_export(
    *,
    company: Company,
    draft: GuestExport,
    total: int,
    results_to: str,
    actor: User,
    now: datetime,
) -> GuestExport:
    """Have a worker make the file; `results_to` is told by mail when it is ready, "": nobody.

    `total` is how many guests there are now, for the progress. Raises TooManyGuests.
    """
    if draft.format == GuestExport.Format.XLSX and total >= SHEET_ROWS:
        raise TooManyGuests
    export = _drafted(company, draft, actor)
    export.total, export.results_to = total, results_to
    _save_numbered(export)
    enqueue(export, now=now)
    return export


@transaction.atomic
def request_stop(*, export: GuestExport) -> GuestExport:
    """Have a worker leave the file unmade. Raises NotNow when it is over."""
    locked = GuestExport.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if not locked.is_active:
        raise NotNow(locked)
    locked.stop_asked = True
    locked.save(update_fields=["stop_asked"])
    return locked


def forget_old_files(*, now: datetime) -> int:
    """Remove files older than EXPORT_KEEP_DAYS, and return how many. The receipts stay."""
    before = now - timedelta(days=settings.EXPORT_KEEP_DAYS)
    old = GuestExport.objects.filter(finished_at__lt=before).exclude(file="").order_by("pk")
    found = 0
    for export in old[:1_000]:
        export.file.delete(save=False)
        GuestExport.objects.filter(pk=export.pk).update(file="")
        found += 1
    return found


# -- The worker's part --------------------------------------------------------------------------


def perform(export: GuestExport, attempt: Attempt[GuestExport]) -> None:
    """Make the file and keep it. Begun anew when it broke off: half a file is of no use."""

    def tell(done: int) -> None:
        with attempt.chunk() as locked:
            if locked.stop_asked:
                raise StopAsked
            # No checkpoint: what breaks off for ever must be given up some time.
            attempt.save(locked, done=done)

    with TemporaryFile() as file:
        try:
            tell(0)
            done = _write(export, file, tell)
        except StopAsked:
            with attempt.chunk() as locked:
                attempt.end(locked, State.STOPPED)
            return
        except TooManyGuests as refused:
            with attempt.chunk() as locked:
                attempt.end(locked, State.REFUSED, error=str(refused))
            return
        _keep(export, attempt, file, done)


def _keep(export: GuestExport, attempt: Attempt[GuestExport], file: IO[bytes], done: int) -> None:
    """Put the file where it is kept, and tell whoever waits for it."""
    size = file.tell()
    file.seek(0)
    # Left by an attempt that died behind this line. One that is merely late removes its own.
    for attempt_before in range(1, export.attempt):
        default_storage.delete(path_of_attempt(export, attempt_before))
    export.file.save("", File(file), save=False)
    try:
        with attempt.chunk() as locked:
            ended = {"file": export.file.name, "file_size": size, "done": done, "total": done}
            attempt.end(locked, State.DONE, **ended)
            _record(locked, source=Change.Source.WORKER, now=timezone.now())
            _announce(locked)
    except BaseException:
        export.file.delete(save=False)
        raise


def _write(
    export: GuestExport, file: IO[bytes], tell: Callable[[int], None] = lambda done: None
) -> int:
    """Write the export's rows in the company's time zone, and return how many guests they are."""
    select = _selections[0]
    done = 0

    def heard(rows: Iterator[Row]) -> Iterator[Row]:
        nonlocal done
        # The header is number 0.
        for number, row in enumerate(rows):
            done = number
            if number and number % TELL_EVERY == 0:
                tell(number)
            yield row

    with timezone.override(ZoneInfo(export.company.timezone)):
        rows = _shapes[export.shape](export, select(export))
        write(heard(rows), file, export.format)
    return done


def _announce(export: GuestExport) -> None:
    if export.results_to:
        post(
            company=export.company,
            kind=READY_MAIL,
            subject_id=export.pk,
            to=export.results_to,
            message_id=message_id(READY_MAIL, export.pk),
            now=timezone.now(),
        )


# -- Common -------------------------------------------------------------------------------------


def _drafted(company: Company, draft: GuestExport, actor: User) -> GuestExport:
    draft.company, draft.actor, draft.key = company, actor, uuid.uuid4()
    return draft


def _save_numbered(export: GuestExport) -> None:
    """Save the export under the company's next number; the lock keeps two from taking the same."""
    Company.objects.select_for_update(no_key=True).get(pk=export.company_id)
    last = GuestExport.objects.filter(company_id=export.company_id).aggregate(last=Max("number"))
    export.number = (last["last"] or 0) + 1
    export.save(force_insert=True)


def _record(export: GuestExport, *, source: str, now: datetime) -> None:
    """Write down who took how many guests out, and as what."""
    record(
        company=export.company,
        actor=export.actor,
        source=source,
        action="export_guests",
        subject=export,
        values={
            "guests": [None, export.done],
            "format": [None, export.format],
            "shape": [None, export.shape],
        },
        now=now,
    )
