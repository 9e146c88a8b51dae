"""The accounts of a piece of work: locked in one order, read, and written back in bulk.

Called inside a transaction. Whoever opens books holds their accounts until it ends; what is due
has expired and what has run out is released before anything is asked of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any

from core import bulk
from core.batches import Column, Same, batch_of
from core.models import Company, User
from loyalty.expiry import local_day
from loyalty.models import Account, CreditLot, EntryComment, Hold, LedgerEntry, LotUse, Terms
from loyalty.services.accounts import ZERO, Entry, Lot, OpenAccount, RunOutHold
from loyalty.services.postings import Posting

Kind, Source = LedgerEntry.Kind, LedgerEntry.Source

#: What the ledger does by itself has no cause but the entry itself.
_ITSELF = Posting(source=Source.LEDGER, source_ref="")

#: Up to so many rows are quicker written one by one than by a table beside them.
_FEW = 3

#: Something made ready for the database: called, it is sent.
Write = Callable[[], object]


def _insertion(model: Any, count: int, **columns: Column) -> Write:
    """Make rows ready, given by their columns."""
    return batch_of(model, columns, count).write


def _change(model: Any, fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Write:
    """Make changes ready, each a key and the values of `fields`."""
    if len(rows) > _FEW:
        return bulk.changes_of(model, fields, rows, version=False).write
    return partial(_change_each, model, fields, rows)


def _change_each(model: Any, fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    for pk, *values in rows:
        model.objects.filter(pk=pk).update(**dict(zip(fields, values, strict=True)))


#: What is read of an account.
_ACCOUNT = ("pk", "guest_id", "program_id", "balance", "held")


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
        self._take_up(rows.values_list(*_ACCOUNT))

    def open_of(self, guest_id: int, program_id: int) -> None:
        """Lock and read the guest's account, if there is one: a single one needs no order."""
        rows = Account.objects.for_company(self.company).select_for_update()
        self._take_up(rows.filter(guest=guest_id, program=program_id).values_list(*_ACCOUNT))

    def look_at(self, ids: Collection[int]) -> dict[int, str]:
        """Read the accounts of these ids without locking them, to see what would become of them.

        Return the version of each (AccountQuerySet.with_versions). For whoever writes nothing, or
        not before the versions were looked at again under the locks.
        """
        if not ids:
            return {}
        rows: Any = Account.objects.for_company(self.company).filter(pk__any=list(ids))
        found = list(rows.with_versions().values_list("row_version", *_ACCOUNT))
        self._take_up(account for _version, *account in found)
        return {pk: version for version, pk, *_rest in found}

    def _take_up(self, rows: Iterable[Sequence[Any]]) -> None:
        self.accounts = {row[0]: OpenAccount(*row) for row in rows}
        self._owned = {(a.guest_id, a.program_id): a for a in self.accounts.values()}
        self._read_lots()
        self._release_run_out()
        for account in self.accounts.values():
            self.expire(account)

    def account_of(self, guest_id: int, program_id: int) -> OpenAccount:
        """Return the guest's account; a new one, which is only written once it is credited."""
        owner = (guest_id, program_id)
        account = self._owned.get(owner)
        if account is None:
            account = self._owned[owner] = OpenAccount(0, guest_id, program_id, ZERO, ZERO)
        return account

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
        if not self.accounts:
            return
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
        for write in self.writes(actor=actor):
            write()

    def writes(self, *, actor: User | None) -> Iterator[Write]:
        """Yield what writes all that was done, in the order in which it has to be called.

        Each is made when its turn comes and knows nothing of the books any more.
        """
        changed = [account for account in self.accounts.values() if account.is_changed]
        yield from self._new_accounts()
        yield from self._entries(actor)
        yield from self._lots()
        yield from self._uses()
        rows = [(each.id, each.balance, each.held) for each in changed]
        yield _change(Account, ("balance", "held"), rows)
        if self.run_out:
            lapsed = Hold.objects.filter(pk__any=self.run_out)
            yield partial(lapsed.update, state=Hold.State.LAPSED, ended_at=self.now)

    def _new_accounts(self) -> Iterator[Write]:
        new = [account for account in self._owned.values() if not account.id and account.is_changed]
        # In one order, so that two who open the same accounts never wait in a ring: that of the
        # guests, whom the accounts' keys lock.
        new.sort(key=attrgetter("guest_id", "program_id"))
        for account, pk in zip(new, bulk.reserve_ids(Account, len(new)), strict=True):
            account.id = pk
            self.accounts[pk] = account
        if new:
            yield _insertion(
                Account,
                len(new),
                id=[account.id for account in new],
                company_id=Same(self.company.pk),
                guest_id=[account.guest_id for account in new],
                program_id=[account.program_id for account in new],
                balance=[account.balance for account in new],
                held=[account.held for account in new],
            )

    def _entries(self, actor: User | None) -> Iterator[Write]:
        if not self.entries:
            return
        ids = bulk.reserve_ids(LedgerEntry, len(self.entries))
        for entry, pk in zip(self.entries, ids, strict=True):
            entry.id = pk
            if entry.lot:
                entry.lot.id = pk
        accounts = [entry.account for entry in self.entries]
        causes = [entry.posting for entry in self.entries]
        company = Same(self.company.pk)
        yield _insertion(
            LedgerEntry,
            len(ids),
            id=ids,
            company_id=company,
            account_id=[account.id for account in accounts],
            program_id=[account.program_id for account in accounts],
            at=Same(self.now),
            kind=[entry.kind for entry in self.entries],
            amount=[entry.amount for entry in self.entries],
            balance_after=[entry.balance for entry in self.entries],
            source=[cause.source for cause in causes],
            source_ref=[cause.source_ref or str(pk) for cause, pk in zip(causes, ids, strict=True)],
            reverses_id=[entry.reverses for entry in self.entries],
            reason=[cause.reason for cause in causes],
            restaurant_id=[cause.restaurant_id for cause in causes],
            actor_id=Same(actor and actor.pk),
        )
        if said := [
            (entry.id, entry.posting.comment) for entry in self.entries if entry.posting.comment
        ]:
            entries, texts = zip(*said, strict=True)
            yield _insertion(
                EntryComment, len(said), entry_id=entries, company_id=company, text=texts
            )

    def _lots(self) -> Iterator[Write]:
        new = [(entry, lot) for entry in self.entries if (lot := entry.lot)]
        if new:
            yield _insertion(
                CreditLot,
                len(new),
                entry_id=[entry.id for entry, _lot in new],
                company_id=Same(self.company.pk),
                account_id=[entry.account.id for entry, _lot in new],
                amount=[lot.amount for _entry, lot in new],
                left=[lot.left for _entry, lot in new],
                expires_on=[lot.expires_on for _entry, lot in new],
            )
        changed = [lot for lot in self.lots.values() if lot.is_changed]
        rows = [(lot.id, lot.left, lot.expires_on) for lot in changed]
        yield _change(CreditLot, ("left", "expires_on"), rows)

    def _uses(self) -> Iterator[Write]:
        uses = [(e.id, lot.id, part) for e in self.entries for lot, part in e.uses]
        if uses:
            entries, lots, parts = zip(*uses, strict=True)
            company = Same(self.company.pk)
            yield _insertion(
                LotUse, len(uses), company_id=company, entry_id=entries, lot_id=lots, amount=parts
            )
