"""Postings made ready before anything is locked, for whoever posts by the ten thousand.

What becomes of a posting follows from what is read of its account and its cause. So it can be
decided, and written out as the database takes it, while earlier postings are still being written;
under the locks it only has to be seen that what it was decided from still stands. Where that is
otherwise nothing is written, and the postings have to be posted the usual way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from core.durability import wait_for_no_disk
from core.models import Company, User
from loyalty.models import Account, Program
from loyalty.services import known
from loyalty.services.accounts import Entry
from loyalty.services.books import Books, Write
from loyalty.services.deciding import Decider, Decision, outcome_of
from loyalty.services.postings import Move, Outcome, SetTo
from loyalty.services.retrying import Moved

#: What waited longer is out of date whatever stands: by then days may have ended, and what adds up
#: the ledger relies on entries being written soon after they were numbered.
_LASTS = timedelta(minutes=1)


@dataclass(frozen=True)
class Foreseen:
    """What postings come to if nothing gets in between, and what that was foreseen from."""

    postings: Sequence[Move | SetTo]
    outcomes: list[Outcome]
    company: Company
    at: datetime
    #: Guests whose account is to be opened, and those who have theirs.
    new: frozenset[int]
    old: frozenset[int]
    #: The versions of the accounts' rows, by id.
    versions: Mapping[int, str]
    #: Every value of the programs.
    programs: Mapping[int, tuple[Any, ...]]
    writes: Sequence[Write]


def foresee(
    *,
    company: Company,
    postings: Sequence[Move | SetTo],
    actor: User | None,
    now: datetime,
    new_causes: bool = False,
) -> Foreseen:
    """Decide `postings` by what is there, lock nothing, and make ready what is to be written.

    With `new_causes` nobody has posted them before, as far as the caller knows, and what comes to
    an entry is not looked up: should it have been posted, nothing is written (Moved), for a cause
    is unique.

    PostgreSQL only: the entries' ids are reserved before the transaction that writes them. An
    account keeps its entries in their order all the same, for between the reading and the writing
    there must be no other. Call it outside a transaction, and before `post_entries`.
    """
    with _one_moment():
        return _foresee(company, postings, actor=actor, now=now, new_causes=new_causes)


def _foresee(
    company: Company,
    postings: Sequence[Move | SetTo],
    *,
    actor: User | None,
    now: datetime,
    new_causes: bool,
) -> Foreseen:
    books = Books(company, now=now)
    owners = known.owners_of(postings)
    there = known.find_accounts(company, owners)
    versions = books.look_at(there.values())
    old = frozenset(guest for guest, _program in there)
    new = frozenset(guest for guest, _program in owners - there.keys())
    asked = {program for _guest, program in owners}
    programs = Program.objects.for_company(company).in_bulk(asked)
    causes = {} if new_causes else known.find_causes(company, postings, asked)
    # That nobody is closed is seen under the locks.
    decider = Decider(books, programs, causes=causes)
    decisions = [decider.decide(posting) for posting in postings]
    if new_causes and known.find_causes(company, _not_entered(postings, decisions), asked):
        return _foresee(company, postings, actor=actor, now=now, new_causes=False)
    # First, for with them come the ids.
    writes = list(books.writes(actor=actor))
    return Foreseen(
        postings=postings,
        outcomes=[outcome_of(decision) for decision in decisions],
        company=company,
        at=now,
        new=new,
        old=old,
        versions=versions,
        programs=_values(programs.values()),
        writes=writes,
    )


def _not_entered(
    postings: Sequence[Move | SetTo], decisions: Sequence[Decision]
) -> list[Move | SetTo]:
    """Return the postings that come to no entry, whose causes no key would find out."""
    decided = zip(postings, decisions, strict=True)
    return [posting for posting, decision in decided if not isinstance(decision, Entry)]


@contextmanager
def _one_moment() -> Iterator[None]:
    """Have all that is read within be of one moment: an account would not go with its lots else.

    Inside another transaction it is of that one's moments.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            # Ids are reserved, no more, and of use with their rows only.
            wait_for_no_disk()
        yield


def carry_out(foreseen: Foreseen, *, now: datetime) -> list[Outcome]:
    """Lock what the postings lock, see that all stands, and write; return what became of each.

    Raises Moved, with nothing written, where it is otherwise.
    """
    if now - foreseen.at > _LASTS:
        raise Moved
    try:
        with transaction.atomic():
            _see_that_it_stands(foreseen)
            for write in foreseen.writes:
                write()
            # Now that all guests are kept: by their accounts, or by the keys of new ones.
            if known.find_closed(foreseen.company, foreseen.new | foreseen.old):
                raise Moved
    except IntegrityError as error:
        # What was not there when it was foreseen, an account or a cause, cannot be locked.
        raise Moved from error
    return foreseen.outcomes


def _see_that_it_stands(foreseen: Foreseen) -> None:
    """Lock guests, then accounts, as `post_entries` does. Raises Moved.

    Where there are no accounts yet to be locked, the keys of the new ones keep the guests, in the
    same order, and are enough. A merge that opens one of these accounts, too, can so wait for this
    and this for the merge: whichever PostgreSQL breaks off is begun anew.
    """
    company = foreseen.company
    if foreseen.versions:
        known.keep_guests(company, foreseen.new)
        accounts = Account.objects.for_company(company)
        rows: Any = accounts.locked(foreseen.versions).with_versions()
        if dict(rows.values_list("pk", "row_version")) != foreseen.versions:
            raise Moved
    programs = Program.objects.for_company(company).filter(pk__in=foreseen.programs)
    if _values(programs) != foreseen.programs:
        raise Moved


def _values(programs: Iterable[Program]) -> dict[int, tuple[Any, ...]]:
    """Return every value of the programs, to be compared."""
    names = [field.attname for field in Program._meta.concrete_fields]
    return {each.pk: tuple(getattr(each, name) for name in names) for each in programs}
