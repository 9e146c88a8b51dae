"""Balances, as merging, erasing and "everything about this guest" know them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils import timezone

from core.models import Restaurant
from core.texts import isolated
from guests.models import Guest
from loyalty.models import Account, Adjustment, CreditLot, EntryComment, LedgerEntry
from loyalty.services.approving import lapse_for
from loyalty.services.merging import move_balances, part_balances
from loyalty.words import shown


class Balances:
    """What guests own. Amounts are accounts that must be kept: only words are taken away."""

    key = "balances"

    def describe(self, guest: Guest) -> str:
        accounts = _accounts(guest).filter(balance__gt=0).select_related("program")
        # Points of several programs are not one another's.
        return ", ".join(
            f"{shown(account.balance, account.program)} · {isolated(account.program.name)}"
            for account in accounts.order_by("program__name", "pk")
        )

    def move(self, *, source: Guest, target: Guest) -> Any:
        # A merge is asked for by a person, now: its protocol has no clock of its own.
        now = timezone.now()
        return move_balances(source.company, source=source, target=target, now=now)

    def put_back(self, receipt: Any, *, source: Guest, target: Guest) -> None:
        now = timezone.now()
        part_balances(source.company, receipt, source=source, target=target, now=now)

    def erase(self, guest: Guest, *, now: datetime) -> None:
        """Take the comments; the amounts stay, of a guest who has no name any more."""
        entries = LedgerEntry.objects.filter(account__in=_accounts(guest))
        comments = EntryComment.objects.for_company(guest.company)
        comments.filter(entry__in=entries.values("pk")).delete()
        asked = Adjustment.objects.for_company(guest.company).filter(guest=guest)
        asked.update(comment="", note="")
        lapse_for(guest, now=now)

    def everything(self, guest: Guest, *, only: Collection[int] | None) -> Any:
        restaurants = dict(
            Restaurant.objects.filter(company=guest.company_id).values_list("pk", "name")
        )
        return [
            {
                "program": account.program.name,
                "currency": account.program.currency,
                "balance": f"{account.balance:f}",
                "held": f"{account.held:f}",
                "credits_left": _credits(account),
                "entries": _entries(account, restaurants),
            }
            for account in _accounts(guest).select_related("program").order_by("pk")
        ]


def _accounts(guest: Guest) -> Any:
    return Account.objects.for_company(guest.company).filter(guest=guest)


def _credits(account: Account) -> list[dict[str, Any]]:
    lots = CreditLot.objects.open().filter(account=account).in_order_of_use()
    return [
        {"left": f"{left:f}", "expires_after": last.isoformat() if last else None}
        for left, last in lots.values_list("left", "expires_on")
    ]


def _entries(account: Account, restaurants: dict[int, str]) -> list[dict[str, Any]]:
    rows = list(LedgerEntry.objects.filter(account=account).order_by("pk"))
    comments = EntryComment.objects.filter(entry__any=[row.pk for row in rows])
    texts = dict(comments.values_list("entry_id", "text"))
    return [
        {
            "at": row.at.isoformat(),
            "kind": row.kind,
            "amount": f"{row.amount:f}",
            "balance_after": f"{row.balance_after:f}",
            "from": row.source,
            "reason": row.reason,
            "comment": texts.get(row.pk, ""),
            "restaurant": restaurants.get(row.restaurant_id or 0, ""),
        }
        for row in rows
    ]
