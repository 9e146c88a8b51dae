"""The one way into the ledger.

A click, a call of the API and ten thousand lines of a file go through `post_entries`.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core import bulk
from core.models import Company, User
from loyalty.models import Account, CreditLot, Hold, LedgerEntry, Program
from loyalty.services import known
from loyalty.services.accounts import Entry
from loyalty.services.books import Books
from loyalty.services.deciding import Decider, outcome_of
from loyalty.services.foreseeing import Foreseen, carry_out
from loyalty.services.postings import Outcome, Posting
from loyalty.services.retrying import Moved, whole

#: Why a posting was refused, in words. The parameters are the outcome's.
REFUSALS = {
    "no_program": _("There is no such program."),
    "no_ledger": _("A discount has no balance."),
    "closed": _("The guest was merged with another one, or erased."),
    "deleted": _("The guest was deleted before this was carried out."),
    "not_active": _("The program gives no credits on this day."),
    "not_an_amount": _("%(amount)s is not an amount of %(currency)s."),
    "zero": _("The amount is zero."),
    "too_large": _("The balance would be too large."),
    "expired": _("The last day of this credit is over already."),
    "insufficient": _("Only %(available)s can be debited."),
    "other_amount": _("The same was posted before with another amount, %(amount)s."),
    "no_hold": _("There is no such hold."),
    "hold_ended": _("This hold was ended before."),
    "beyond_hold": _("The hold is of %(held)s only."),
    "no_entry": _("There is no such entry."),
    "is_reversal": _("A reversal cannot be reversed."),
    "of_merge": _("A merge moved this: undo the merge itself."),
    "reversed": _("This entry was reversed before."),
    "moved": _("A merge gave %(moved)s of this credit to the guest who was kept: debit it there."),
    "spent": _("Left of this credit: %(left)s. Spent, expired or held: %(shortfall)s."),
}


def post_entries(
    *,
    company: Company,
    postings: Sequence[Posting],
    actor: User | None,
    now: datetime,
    programs: Sequence[Program] = (),
    foreseen: Foreseen | None = None,
) -> list[Outcome]:
    """Post each of `postings` or refuse it, in their order; return what became of each.

    The accounts are locked in one order and what is due has expired before; a posting that is
    refused leaves no trace, and the others stand. Posted again, a cause does nothing; with
    another amount it is refused. Amounts are in the program's currency, with no more decimals
    than it has: rounding is for whoever reads a file or a form (loyalty.money).
    `programs` are those that the caller has at hand: they are not read again.
    `foreseen` is what `foresee` made of this very list: it is written if nothing got in between.
    Locks guests whose account is new, then accounts: whoever locks guests too does it before this.
    Raises IntegrityError when a guest is not the company's, and Moved, with nothing written, when
    it is not as `foreseen`: then they are to be posted without it.
    """
    if foreseen is not None:
        if foreseen.postings is not postings:
            raise ValueError("foreseen of other postings")
        return carry_out(foreseen, now=now)
    return whole(lambda: _post(company, postings, actor=actor, now=now, at_hand=programs))


def _post(
    company: Company,
    postings: Sequence[Posting],
    *,
    actor: User | None,
    now: datetime,
    at_hand: Sequence[Program],
) -> list[Outcome]:
    books = Books(company, now=now)
    entries, holds = known.find_entries(company, postings), known.find_holds(company, postings)
    owners = known.owners_of(postings)
    named: list[known.KnownEntry | known.KnownHold] = [*entries.values(), *holds.values()]
    new, closed = _open(books, owners, {each.account_id for each in named})
    asked = {program for _guest, program in owners} | {each.program_id for each in named}
    programs = {each.pk: each for each in at_hand if each.company_id == company.pk}
    if missing := asked - programs.keys():
        programs |= Program.objects.for_company(company).in_bulk(missing)
    # Read under the locks: what others did before them counts.
    holds = known.find_holds(company, postings)
    if not {hold.account_id for hold in holds.values()} <= books.accounts.keys():
        raise Moved
    # Of a reversal it counts as well: what is given back must not lie where nobody can spend it.
    others = {books.accounts[each.account_id].guest_id for each in entries.values()}
    closed |= known.find_closed(company, {guest for guest, _program in owners} - new | others)
    decider = Decider(
        books,
        programs,
        closed=closed,
        causes=known.find_causes(company, postings, asked),
        holds=holds,
        entries=entries,
        uses=books.read_used_lots(entries),
        reversed_ids=known.find_reversed(entries),
        moved=known.find_moved(entries),
    )
    decisions = [decider.decide(posting) for posting in postings]
    books.write(actor=actor)
    _end_captured(decider.captured, now)
    return [outcome_of(decision) for decision in decisions]


def _open(books: Books, owners: set[known.Owner], others: set[int]) -> tuple[set[int], set[int]]:
    """Open the accounts of the owners and those others.

    Whoever has no account yet is held, so that nobody merges them while theirs is opened: return
    these guests, and those of them who are closed.
    """
    company = books.company
    if len(owners) == 1 and not others:
        (owner,) = owners
        books.open_of(*owner)
        new = set() if books.accounts else {owner[0]}
        return new, known.keep_guests(company, new)
    there = known.find_accounts(company, owners)
    new = {guest for guest, _program in owners - there.keys()}
    closed = known.keep_guests(company, new)
    books.open({*there.values(), *others})
    return new, closed


def _end_captured(captured: dict[int, Entry], now: datetime) -> None:
    if captured:
        rows = ((hold, Hold.State.CAPTURED, now, entry.id) for hold, entry in captured.items())
        bulk.update(Hold, ["state", "ended_at", "entry_id"], rows, version=False)


def refresh_statistics() -> None:
    """Tell the database's planner that the tables have grown. Call it outside a transaction."""
    bulk.analyze(Account, LedgerEntry, CreditLot)
