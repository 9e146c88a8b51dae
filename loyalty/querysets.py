"""Every reusable read of what guests own."""

from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.db.models import F, QuerySet

from core.querysets import CompanyOwnedQuerySet

if TYPE_CHECKING:
    from core.models import Company
    from loyalty.models import Terms


class ProgramQuerySet(CompanyOwnedQuerySet):
    def with_ledger(self) -> Self:
        return self.exclude(kind="discount")


class AccountQuerySet(CompanyOwnedQuerySet):
    def locked(self, ids: Collection[int]) -> Self:
        """Accounts of these ids, locked in one order, so that two who lock never wait in a ring."""
        return self.filter(pk__any=list(ids)).select_for_update().order_by("pk")


class LedgerEntryQuerySet(CompanyOwnedQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-id")


class CreditLotQuerySet(CompanyOwnedQuerySet):
    def open(self) -> Self:
        """Lots of which something is left."""
        return self.filter(left__gt=0)

    def in_order_of_use(self) -> Self:
        """The lot that expires first comes first, then the older one."""
        return self.order_by("account_id", F("expires_on").asc(nulls_last=True), "entry_id")

    def due(self, *, today: date) -> Self:
        """Lots whose last day is over."""
        return self.open().filter(expires_on__lt=today)


class HoldQuerySet(CompanyOwnedQuerySet):
    def standing(self) -> Self:
        return self.filter(state="held")

    def run_out(self, *, now: datetime) -> Self:
        """Holds whose time is over and that nobody has ended."""
        return self.standing().filter(expires_at__lte=now)


class TermsQuerySet(QuerySet["Terms"]):
    def of(self, company: "Company") -> "Terms":
        """The company's terms, or the usual ones while nobody has chosen."""
        return self.filter(company=company).first() or self.model(company=company)
