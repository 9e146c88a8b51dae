"""What happened, as a page tells it: entries, newest first, gathered by day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from django.utils import timezone

from core.models import Change, Company, User
from core.web import actions, subjects
from core.web.subjects import Subject
from core.web.values import Row, in_words


@dataclass(frozen=True)
class Entry:
    """One thing that happened: `actor` `words` `subject`, and its values old and new.

    `actor` is "" for what nobody did by hand; `where` says from where it came then, too. `receipt`
    is the address of a page that tells all of it, and where it may be taken back.
    """

    at: datetime
    actor: str
    where: str
    words: str
    subject: Subject | None = None
    rows: Sequence[Row] = field(default_factory=list)
    note: str = ""
    receipt: str = ""


@dataclass(frozen=True)
class Day:
    """The entries of one day in the active time zone."""

    day: date
    entries: list[Entry]


def of_changes(
    company: Company, user: User, changes: Sequence[Change], *, about: str = ""
) -> list[Entry]:
    """Return the entries of `changes`, as `user` may see them; `actor` must have been selected.

    A page about one thing names it in its head: the subjects of that model (`about`) are left out.
    """
    keys = {(c.subject, c.subject_id) for c in changes if c.subject != about}
    found = subjects.find(company, user, keys)
    words = in_words(company, [(c.subject, c.values) for c in changes])
    return [
        _entry(change, found.get((change.subject, change.subject_id)), rows)
        for change, rows in zip(changes, words, strict=True)
    ]


def _entry(change: Change, subject: Subject | None, rows: list[Row]) -> Entry:
    action = actions.of(change.action)
    return Entry(
        at=change.at,
        actor=str(change.actor) if change.actor else "",
        where=change.get_source_display(),
        words=str(action.words),
        subject=None if action.alone else subject,
        rows=[] if subject and subject.is_closed else rows,
        note=subject.note if subject else "",
    )


def by_day(entries: Iterable[Entry]) -> list[Day]:
    """Return the entries, which are newest first, in their days."""
    days = groupby(entries, lambda entry: timezone.localtime(entry.at).date())
    return [Day(day, list(those)) for day, those in days]
