"""What two guests own, made one's by entries of the ledger, and parted again.

The history of each account stays where it was: what moves is what is left of each credit, with its
last day, and what holds have set aside.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from core.fields import LARGEST
from core.models import Company
from core.texts import isolated
from guests.dependents import Refused as CannotMove
from guests.models import Guest
from loyalty.models import Account, Adjustment, Hold, LedgerEntry, Program
from loyalty.services.accounts import Entry, Lot, OpenAccount
from loyalty.services.books import Books
from loyalty.services.postings import Posting

Kind, Source = LedgerEntry.Kind, LedgerEntry.Source


def move_balances(company: Company, *, source: Guest, target: Guest, now: datetime) -> Any:
    """Give the target all that the source owns; return the receipt, as JSON.

    The guests are locked by the caller, before the accounts are here.
    """
    rows = Account.objects.for_company(company).filter(guest__in=[source.pk, target.pk])
    books = Books(company, now=now)
    books.open(list(rows.values_list("pk", flat=True)))
    own = [account for account in books.accounts.values() if account.guest_id == source.pk]
    holds: dict[int, OpenAccount] = {}
    moved: list[tuple[Entry, list[Entry]]] = []
    for account in sorted(own, key=lambda each: each.id):
        other = books.account_of(target.pk, account.program_id)
        held, account.held = account.held, Decimal(0)
        if account.balance:
            out, into = _move(books, account, other, f"{uuid4().hex}")
            moved.append((out, into))
        if other.balance > LARGEST:
            raise CannotMove(_("Together they would have more than any balance kept here."))
        if held:
            other.hold(held)
            holds[account.id] = other
    books.write(actor=None)
    adjustments = Adjustment.objects.for_company(company).filter(guest=source)
    waiting = list(adjustments.filter(state="waiting").order_by("pk").values_list("pk", flat=True))
    adjustments.filter(pk__in=waiting).update(guest=target)
    return {
        "moved": [{"out": out.id, "in": [entry.id for entry in into]} for out, into in moved],
        "holds": [_move_holds(account, other) for account, other in holds.items()],
        "adjustments": waiting,
    }


def _move(books: Books, account: OpenAccount, other: OpenAccount, ref: str) -> Any:
    """Debit all of an account, and credit it piece by piece to the other."""
    lots = [(lot, lot.left) for lot in account.lots if lot.left]
    total = account.balance
    uses = []
    for lot, left in lots:
        uses += account.take_from(lot, left)
    out = books.enter(account, Kind.DEBIT, -total, _cause(f"{ref}:out"))
    out.uses = uses
    into = []
    for place, (lot, left) in enumerate(lots):
        new = other.credit(left, lot.expires_on)
        entry = books.enter(other, Kind.CREDIT, left, _cause(f"{ref}:{place}"))
        entry.lot = new
        into.append(entry)
    return out, into


def _move_holds(account_id: int, other: OpenAccount) -> dict[str, Any]:
    standing = Hold.objects.standing().filter(account=account_id)
    ids = list(standing.order_by("pk").values_list("pk", flat=True))
    if ids:
        Hold.objects.filter(pk__in=ids).update(account=other.id)
    return {"ids": ids, "from": account_id, "to": other.id}


def part_balances(
    company: Company, receipt: Any, *, source: Guest, target: Guest, now: datetime
) -> None:
    """Undo `move_balances`. Raises guests.dependents.Refused when some of it is gone by now."""
    rows = Account.objects.for_company(company).filter(guest__in=[source.pk, target.pk])
    books = Books(company, now=now)
    books.open(list(rows.values_list("pk", flat=True)))
    for hold in receipt["holds"]:
        amount = _standing(hold, books)
        if amount:
            books.accounts[hold["to"]].hold(-amount)
            books.accounts[hold["from"]].hold(amount)
    taken = books.read_used_lots([piece["out"] for piece in receipt["moved"]])
    for piece in receipt["moved"]:
        _part(books, piece, taken[piece["out"]])
    books.write(actor=None)
    for hold in receipt["holds"]:
        Hold.objects.standing().filter(pk__in=hold["ids"]).update(account=hold["from"])
    adjustments = Adjustment.objects.for_company(company).filter(pk__in=receipt["adjustments"])
    adjustments.filter(guest=target, state="waiting").update(guest=source)


def _part(books: Books, piece: Any, taken: list[tuple[Lot, Decimal]]) -> None:
    """Take every piece out of the one account, and refill the lots of the other."""
    total = Decimal(0)
    rows: Any = LedgerEntry.objects.filter(pk__in=[*piece["in"], piece["out"]]).order_by("pk")
    for pk, account_id, amount in rows.values_list("pk", "account_id", "amount"):
        if amount < 0:
            out = books.accounts[account_id]
            continue
        account, lot = books.accounts[account_id], books.lots.get(pk)
        # What holds have set aside since stands on it, too.
        left = min(lot.left, account.available) if lot else Decimal(0)
        if lot is None or left < amount:
            raise CannotMove(_gone(account.program_id, amount - left))
        uses = account.take_from(lot, amount)
        _reversal(books, account, -amount, pk).uses = uses
        total += amount
    for lot, part in taken:
        # As it was: also one that stands under a hold though its day is over.
        out.refill(lot, part, today=date.min, grace_until=date.min)
    _reversal(books, out, total, piece["out"]).uses = [(lot, -part) for lot, part in taken]


def _gone(program_id: int, missing: Decimal) -> str:
    """Return why what a merge moved in a program cannot go back, and what helps."""
    name = Program.objects.values_list("name", flat=True).get(pk=program_id)
    told = _(
        "Of what the merge moved in %(program)s, %(missing)s is spent, held or expired by now. "
        "Reverse what was spent of it in the ledger first."
    )
    return told % {"program": isolated(name), "missing": f"{missing.normalize():f}"}


def _reversal(books: Books, account: OpenAccount, amount: Decimal, reverses: int) -> Entry:
    return books.enter(account, Kind.REVERSAL, amount, _cause(f"undo:{reverses}"), reverses)


def _cause(ref: str) -> Posting:
    return Posting(source=Source.MERGE, source_ref=ref)


def _standing(hold: Any, books: Books) -> Decimal:
    """Return what those of the holds set aside that still stand."""
    rows: Any = Hold.objects.standing().filter(pk__in=hold["ids"]).exclude(pk__in=books.run_out)
    return sum(rows.values_list("amount", flat=True), Decimal(0))
