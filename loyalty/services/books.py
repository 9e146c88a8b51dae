"""The accounts of a piece of work: locked in one order, read, and written back in bulk.

Called inside a transaction. Whoever opens books holds their accounts until it ends; what is due
has expired and what has run out is released before anything is asked of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core import bulk
from core.models import Company, User
from loyalty.expiry import local_day
from loyalty.models import Account, CreditLot, EntryComment, Hold, LedgerEntry, LotUse, Terms
from loyalty.services.accounts import Entry, Lot, OpenAccount, RunOutHold
from loyalty.services.postings import Posting

Kind, Source = LedgerEntry.Kind, LedgerEntry.Source

#: What the ledger does by itself has no cause but the entry itself.
_ITSELF = Posting(source=Source.LEDGER, source_ref="")

#: Up to so many rows are quicker written one by one than by a table beside them.
_FEW = 3


def _update(model: Any, fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows, each a key and the values of `fields`."""
    if len(rows) > _FEW:
        bulk.update(model, fields, rows, version=False)
        return
    for pk, *values in rows:
        model.objects.filter(pk=pk).update(**dict(zip(fields, values, strict=True)))


class Books:
    """Open accounts by id, with the entries that were made of them so far."""

    def __init__(self, company: Company, *, now: datetime) -> None:
        self.company = company
        self.now = now
        self.today: date = local_day(company, now)
        self.accounts: dict[int, OpenAccount] = {}
        self._owned: dict[tuple[int, int], OpenAccount] = {}
        self.entries: list[Entry] = []
        self.lots: dict[int, Lot] = {}
        #: Holds that were standing, and whose time is over.
        self.run_out: set[int] = set()
        self._grace_days: int | None = None

    # -- Opening -----------------------------------------------------------------------------------

    def open(self, ids: Collection[int]) -> None:
        """Lock and read the accounts of these ids, and let go what is over by now."""
        rows = Account.objects.for_company(self.company).locked(ids)
        fields = ("pk", "guest_id", "program_id", "balance", "held")
        self.accounts = {row[0]: OpenAccount(*row) for row in rows.values_list(*fields)}
        self._owned = {(a.guest_id, a.program_id): a for a in self.accounts.values()}
        self._read_lots()
        self._release_run_out()
        for account in self.accounts.values():
            self.expire(account)

    def account_of(self, guest_id: int, program_id: int) -> OpenAccount:
        """Return the guest's account; a new one, which is only written once it is credited."""
        owner = (guest_id, program_id)
        if owner not in self._owned:
            self._owned[owner] = OpenAccount(0, *owner, balance=Decimal(0), held=Decimal(0))
        return self._owned[owner]

    def read_used_lots(self, entries: Collection[int]) -> dict[int, list[tuple[Lot, Decimal]]]:
        """Return by entry what it took from which lot, used-up lots too, as open ones."""
        if not entries:
            return {}
        rows: Any = LotUse.objects.filter(entry__any=list(entries)).order_by("entry_id", "lot_id")
        found: dict[int, list[tuple[Lot, Decimal]]] = {}
        for entry, amount, *lot in rows.values_list(
            "entry_id", "amount", "lot_id", "lot__amount", "lot__left", "lot__expires_on"
        ):
            found.setdefault(entry, []).append((self._lot(*lot), amount))
        return found

    def _read_lots(self) -> None:
        open_lots: Any = CreditLot.objects.open().filter(account__any=list(self.accounts))
        for account, *lot in open_lots.in_order_of_use().values_list(
            "account_id", "entry_id", "amount", "left", "expires_on"
        ):
            self.accounts[account].lots.append(self._lot(*lot))

    def _lot(self, pk: int, amount: Decimal, left: Decimal, expires_on: date | None) -> Lot:
        """Return the one object that stands for a lot in these books."""
        return self.lots.setdefault(pk, Lot(amount, left, expires_on, id=pk))

    # -- What is over ------------------------------------------------------------------------------

    def _release_run_out(self) -> None:
        holding = [account.id for account in self.accounts.values() if account.held]
        if not holding:
            return
        holds: Any = Hold.objects.run_out(now=self.now).filter(account__any=holding)
        for account, *hold in holds.values_list("account_id", "pk", "amount", "expires_at"):
            run_out = RunOutHold(*hold)
            self.accounts[account].hold(-run_out.amount)
            self.run_out.add(run_out.id)

    def expire(self, account: OpenAccount) -> None:
        """Let expire what is due and not held."""
        if uses := account.expire(self.today):
            taken = sum((part for _lot, part in uses), Decimal(0))
            self.enter(account, Kind.EXPIRY, -taken, _ITSELF).uses = uses

    # -- Writing -----------------------------------------------------------------------------------

    def enter(
        self,
        account: OpenAccount,
        kind: str,
        amount: Decimal,
        posting: Posting,
        reverses: int | None = None,
    ) -> Entry:
        """Put down an entry about what was just done to `account`."""
        entry = Entry(account, kind, amount, account.balance, posting, reverses)
        self.entries.append(entry)
        return entry

    def grace_until(self) -> date:
        """Return through which day a credit lasts that comes back after its own last day."""
        if self._grace_days is None:
            self._grace_days = Terms.objects.of(self.company).grace_days
        return self.today + timedelta(days=self._grace_days)

    def write(self, *, actor: User | None) -> None:
        """Write all that was done.

        Raises IntegrityError when a cause was posted or an account opened meanwhile, and when a
        guest is not the company's.
        """
        changed = [account for account in self.accounts.values() if account.is_changed]
        self._write_new_accounts()
        self._write_entries(actor)
        self._write_lots()
        self._write_uses()
        _update(Account, ("balance", "held"), [(a.id, a.balance, a.held) for a in changed])
        if self.run_out:
            lapsed = Hold.objects.filter(pk__any=self.run_out)
            lapsed.update(state=Hold.State.LAPSED, ended_at=self.now)

    def _write_new_accounts(self) -> None:
        new = [account for account in self._owned.values() if not account.id and account.is_changed]
        # In one order, so that two who open the same accounts never wait in a ring.
        new.sort(key=lambda account: (account.program_id, account.guest_id))
        for account, pk in zip(new, bulk.reserve_ids(Account, len(new)), strict=True):
            account.id = pk
            self.accounts[pk] = account
        if new:
            fields = ("id", "company_id", "guest_id", "program_id", "balance", "held")
            company = self.company.pk
            rows = ((a.id, company, a.guest_id, a.program_id, a.balance, a.held) for a in new)
            bulk.insert(Account, fields, rows)

    def _write_entries(self, actor: User | None) -> None:
        if not self.entries:
            return
        ids = bulk.reserve_ids(LedgerEntry, len(self.entries))
        for entry, pk in zip(self.entries, ids, strict=True):
            entry.id = pk
            if entry.lot:
                entry.lot.id = pk
        company, now, actor_id = self.company.pk, self.now, actor and actor.pk
        fields = (
            "id", "company_id", "account_id", "program_id", "at", "kind", "amount",
            "balance_after", "source", "source_ref", "reverses_id", "reason", "restaurant_id",
            "actor_id",
        )  # fmt: skip
        rows = (
            (
                e.id, company, e.account.id, e.account.program_id, now, e.kind, e.amount,
                e.balance, cause.source, cause.source_ref or str(e.id), e.reverses, cause.reason,
                cause.restaurant_id, actor_id,
            )
            for e in self.entries
            for cause in (e.posting,)
        )  # fmt: skip
        bulk.insert(LedgerEntry, fields, rows)
        comments = [(e.id, company, e.posting.comment) for e in self.entries if e.posting.comment]
        if comments:
            bulk.insert(EntryComment, ("entry_id", "company_id", "text"), comments)

    def _write_lots(self) -> None:
        company = self.company.pk
        new = [
            (e.id, company, e.account.id, lot.amount, lot.left, lot.expires_on)
            for e in self.entries
            if (lot := e.lot)
        ]
        if new:
            fields = ("entry_id", "company_id", "account_id", "amount", "left", "expires_on")
            bulk.insert(CreditLot, fields, new)
        changed = [lot for lot in self.lots.values() if lot.is_changed]
        rows = [(lot.id, lot.left, lot.expires_on) for lot in changed]
        _update(CreditLot, ("left", "expires_on"), rows)

    def _write_uses(self) -> None:
        uses = [(self.company.pk, e.id, lot.id, part) for e in self.entries for lot, part in e.uses]
        if uses:
            bulk.insert(LotUse, ("company_id", "entry_id", "lot_id", "amount"), uses)
