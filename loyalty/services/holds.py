"""Setting an amount aside, and letting it go. To capture it is a posting of the ledger
(`postings.Capture`).

For a till or a reservation system that calls: no page, command or import of ours places a hold yet.
What one means is kept all the same wherever balances are: by debits, expiry, merges, the record's
balances and `check_ledger`.
"""

from datetime import datetime
from decimal import Decimal

from core.models import Company
from loyalty.models import Hold, Program
from loyalty.money import is_rounded
from loyalty.services.books import Books
from loyalty.services.retrying import Moved, whole


class HoldRefused(Exception):
    """The hold cannot be placed; `code` and `params` are those of REFUSALS in the ledger."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def place_hold(
    *,
    company: Company,
    guest_id: int,
    program_id: int,
    amount: Decimal,
    source: str,
    source_ref: str,
    expires_at: datetime,
    now: datetime,
) -> Hold:
    """Set `amount` of what the guest may spend aside until `expires_at`, when it lapses by itself.

    Placed again for the same cause, it is the hold that is there. Raises HoldRefused.
    """
    program = Program.objects.for_company(company).with_ledger().filter(pk=program_id).first()
    if program is None:
        raise HoldRefused("no_program")
    if not is_rounded(amount, program.currency) or amount <= 0:
        raise HoldRefused("not_an_amount", amount=amount, currency=program.currency)
    cause = {"program_id": program_id, "source": source, "source_ref": source_ref}
    return whole(lambda: _place(company, guest_id, amount, cause, expires_at=expires_at, now=now))


def _place(
    company: Company,
    guest_id: int,
    amount: Decimal,
    cause: dict,
    *,
    expires_at: datetime,
    now: datetime,
) -> Hold:
    owner = (guest_id, cause["program_id"])
    books = Books(company, now=now)
    books.open_of(*owner)
    if there := Hold.objects.for_company(company).filter(**cause).first():
        return _same(there, amount)
    account = books.account_of(*owner)
    if account.available < amount:
        raise HoldRefused("insufficient", available=account.available)
    account.hold(amount)
    books.write(actor=None)
    return Hold.objects.create(
        company=company,
        account_id=account.id,
        amount=amount,
        created_at=now,
        expires_at=expires_at,
        **cause,
    )


def release_hold(*, company: Company, hold_id: int, now: datetime) -> bool:
    """Let go what a hold has set aside. Return False when it was ended before."""
    return whole(lambda: _release(company, hold_id, now))


def _release(company: Company, hold_id: int, now: datetime) -> bool:
    holds = Hold.objects.for_company(company)
    hold = holds.get(pk=hold_id)
    books = Books(company, now=now)
    books.open([hold.account_id])
    standing = holds.standing().filter(pk=hold_id).exclude(pk__in=books.run_out)
    if standing.exclude(account=hold.account_id).exists():
        # A merge gave it to another account meanwhile.
        raise Moved
    released = bool(standing.update(state=Hold.State.RELEASED, ended_at=now))
    if released:
        account = books.accounts[hold.account_id]
        account.hold(-hold.amount)
        books.expire(account)
    books.write(actor=None)
    return released


def _same(hold: Hold, amount: Decimal) -> Hold:
    if hold.amount != amount:
        raise HoldRefused("other_amount", amount=hold.amount)
    return hold
