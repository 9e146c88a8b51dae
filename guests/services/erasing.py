"""Erasing a guest on their wish: the record at once, everything else that is kept by a worker.

What stays is a row without a person: when they registered, how often they came and what they
spent, so that the figures of the past stay true; and a keyed hash of the telephone, by which later
imports leave them out.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core import jobs
from core.models import Company, Job, User
from core.services.changes import record
from core.services.jobs import Attempt, enqueue
from guests import dependents
from guests.models import Card, ErasedPhone, Erasure, ExternalId, Guest
from guests.privacy import erasure_digest
from guests.services.records import ChangedMeanwhile, Closed
from guests.traces import Traces

#: How often, and with how many seconds in between, SQLite's file is tried to be written anew.
TIDY_TRIES, TIDY_PAUSE = 20, 0.5
#: What a guest's row holds after an erasure. What is not named stays, for the figures.
ERASED: dict[str, Any] = {
    "phone": None,
    "first_name": "",
    "middle_name": "",
    "last_name": "",
    "birthday": None,
    "birthday_key": None,
    "sex": "",
    "email": "",
    "employee_id": "",
    "consent": "revoked",
    "consent_details": "",
    "consent_date": None,
    "referrer": None,
    "comment": "",
    "subscribed": False,
    "is_active": False,
    "member_number": None,
    "member_tier": None,
    "image_url": "",
    "last_promo_sms_at": None,
    "search_text": "",
    "name_key": "",
}


def register() -> None:
    """Make Erasure known to the workers."""
    jobs.register(Erasure, perform)


@transaction.atomic
def erase_guest(
    *,
    company: Company,
    guest: Guest,
    expected: int,
    actor: User | None,
    source: str,
    now: datetime,
) -> Erasure:
    """Empty the record of a guest, and of those who were merged into them; return what follows.

    `expected` is the version that whoever confirms it has seen. Raises ChangedMeanwhile, and
    Closed for a guest who was merged into another or erased already.
    """
    _overwrite_what_is_deleted()
    people = _locked_with_merged(company, guest)
    kept = people[0]
    if not kept.is_open:
        raise Closed(kept)
    if kept.version != expected:
        raise ChangedMeanwhile(kept)
    traces = traces_of(company, people)
    _empty(company, people, traces, now=now)
    record(
        company=company,
        actor=actor,
        source=source,
        action="erase_guest",
        subject=kept,
        values={},
        now=now,
    )
    erasure = Erasure(company=company, guest=kept, actor=actor, traces=traces.to_json())
    erasure.save()
    enqueue(erasure, now=now, total=len(list(dependents.all_cleaners())))
    return erasure


def _empty(company: Company, people: Sequence[Guest], traces: Traces, *, now: datetime) -> None:
    """Empty the rows of these guests and what hangs on them; keep the wish by their telephones."""
    for person in people:
        for part in dependents.all_dependents():
            part.erase(person, now=now)
    for phone in traces.phones:
        digest = erasure_digest(company.pk, phone)
        ErasedPhone.objects.get_or_create(company=company, digest=digest)
    rows = Guest.objects.for_company(company).filter(pk__any=[person.pk for person in people])
    rows.update(**ERASED, version=F("version") + 1)


@transaction.atomic
def try_again(*, company: Company, erasure: Erasure, now: datetime) -> None:
    """Have the cleaning go on that was given up after its last attempt."""
    locked = Erasure.objects.for_company(company).select_for_update().get(pk=erasure.pk)
    if locked.state == Job.State.FAILED:
        enqueue(locked, now=now)


def traces_of(company: Company, people: Sequence[Guest]) -> Traces:
    """Return what to look for of these guests, of whom the first is the kept one.

    Telephones and e-mails that they had before count, too. What another guest has by now, as an
    e-mail of a family, is theirs, and stays.
    """
    ids = [person.pk for person in people]
    phones = {person.phone for person in people if person.phone} | _earlier(people, "phone")
    emails = {person.email for person in people if person.email} | _earlier(people, "email")
    others = Guest.objects.for_company(company).exclude(pk__in=ids)
    phones -= set(others.filter(phone__any=phones).values_list("phone", flat=True))
    # What is looked for is found in any case: so what others have is asked for in any case, too.
    theirs = {other.email.casefold() for other in others.with_emails(emails)}
    emails = {email for email in emails if email.casefold() not in theirs}
    cards = Card.objects.for_company(company).filter(guest__any=ids)
    external_ids = ExternalId.objects.for_company(company).filter(guest__any=ids)
    keys = {part for pair in cards.values_list("track", "number") for part in pair if part}
    keys |= set(external_ids.values_list("value", flat=True))
    keys |= {person.member_number for person in people if person.member_number}
    return Traces(
        guests=ids,
        phones=sorted(phones),
        emails=sorted(emails),
        names=sorted({name for person in people for name in _full_names(person)}),
        keys=sorted(keys),
    )


def _earlier(people: Sequence[Guest], name: str) -> set[str]:
    """Return the values of a field that any part remembers, its old ones among them."""
    found: set[str] = set()
    for person in people:
        for part in dependents.all_dependents():
            found.update(_values_of(part.everything(person, only=None), name))
    return found


def _values_of(told: Any, name: str) -> Iterator[str]:
    """Yield what stands under `name` in a part's word, at whatever depth, alone or as a pair."""
    if isinstance(told, list | tuple):
        for each in told:
            yield from _values_of(each, name)
    elif isinstance(told, dict):
        for key, value in told.items():
            if key == name:
                pair = value if isinstance(value, list) else [value]
                yield from (each for each in pair if isinstance(each, str) and each)
            else:
                yield from _values_of(value, name)


def _full_names(guest: Guest) -> Iterator[str]:
    first, middle, last = guest.first_name, guest.middle_name, guest.last_name
    for parts in ((first, last), (last, first), (first, middle, last), (last, first, middle)):
        yield " ".join(filter(None, parts))


def _locked_with_merged(company: Company, guest: Guest) -> list[Guest]:
    """Return the guest and all who were merged into them, locked in the order of their ids."""
    merged = Guest.objects.for_company(company).merged_into(guest)
    ids = {guest.pk, *(person.pk for person in merged)}
    people = list(Guest.objects.for_company(company).locked(ids))
    for person in people:
        person.company = company
    # Where somebody parted two of them in between, those are not erased with the first.
    return sorted(people, key=lambda person: (person.pk != guest.pk, person.pk))


# -- What a worker does -------------------------------------------------------------------------


def perform(job: Erasure, attempt: Attempt[Erasure]) -> None:
    """Clean part by part what is kept beside the record, and forget at last what to look for."""
    _overwrite_what_is_deleted()
    cleaning = dependents.Cleaning(
        company=job.company,
        traces=Traces.from_json(job.traces),
        since=job.created_at,
        beat=attempt.beat,
    )
    for key, clean in dependents.all_cleaners():
        if not job.traces or key <= job.part:
            continue
        try:
            found = clean(cleaning)
        except dependents.NotYet as reason:
            _wait(attempt, reason)
            return
        with attempt.chunk() as locked:
            counts = {**locked.counts, **{name: n for name, n in found.items() if n}}
            attempt.advance(locked, part=key, counts=counts, done=locked.done + 1)
    with attempt.chunk() as locked:
        attempt.advance(locked, traces={})
    try:
        _tidy(attempt)
    except dependents.NotYet as reason:
        _wait(attempt, reason)
        return
    with attempt.chunk() as locked:
        attempt.end(locked, Job.State.DONE, traces={}, total=locked.done)


def _wait(attempt: Attempt[Erasure], reason: dependents.NotYet) -> None:
    """Let the sweep bring the job up again before long."""
    with attempt.chunk() as locked:
        attempt.advance(locked, state=Job.State.QUEUED, error=str(reason))


def _overwrite_what_is_deleted() -> None:
    """Have SQLite write zeros over what it deletes, for as long as this connection lasts."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _tidy(attempt: Attempt[Erasure]) -> None:
    """Write SQLite's file anew: pages that were free before still hold what once stood in them.

    PostgreSQL's own vacuum does the like; a dump of it never shows what is dead. Raises NotYet
    while somebody reads what was there before: the file and its log keep it for them.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    attempt.beat()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        for _try in range(TIDY_TRIES):
            if _is_written_anew(cursor):
                return
            time.sleep(TIDY_PAUSE)
            attempt.beat()
    raise dependents.NotYet(_("The database is being read. It is written anew when that is over."))


def _is_written_anew(cursor: Any) -> bool:
    """Bring SQLite's log into its file and empty it, and say whether that was possible. Whoever
    writes would wait while it does: so it does not wait for whoever reads."""
    cursor.execute("PRAGMA busy_timeout")
    (usual,) = cursor.fetchone()
    cursor.execute("PRAGMA busy_timeout = 0")
    try:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (is_busy, _pages, _moved) = cursor.fetchone()
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {usual}")
    return not is_busy
