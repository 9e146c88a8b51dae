"""Every reusable read of imports."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db.models import Q

from core.querysets import CompanyOwnedQuerySet, JobQuerySet

if TYPE_CHECKING:
    from imports.models import ImportJob

#: As long as that of any adjustment (loyalty).
APPROVAL_LASTS = timedelta(days=7)


class ImportJobQuerySet(JobQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-id")

    def of_same_file(self, job: "ImportJob") -> Self:
        """Other imports of the company that began with the very same bytes."""
        return self.filter(company_id=job.company_id, file_hash=job.file_hash).exclude(pk=job.pk)

    def begun(self) -> Self:
        """Imports that went past the choice of columns and rules."""
        return self.exclude(state="draft")

    def writing(self) -> Self:
        """Imports that are changing guests: one at most in a company."""
        return self.running().exclude(step="check")

    def waiting_for_approval(self, *, now: datetime) -> Self:
        """Imports that a second person was asked to start, and not too long ago."""
        return self.filter(state="draft", approval_asked_at__gt=now - APPROVAL_LASTS)

    def for_list(self) -> Self:
        """With who made it, and without what only the import's own pages show."""
        unseen = ("findings", "header", "mapping", "options", "dialect")
        return self.select_related("actor").defer(*unseen)


class ImportRowQuerySet(CompanyOwnedQuerySet):
    def to_mend(self) -> Self:
        """The error file's lines: those that failed, or of which something was left out."""
        return self.filter(cells__isnull=False)

    def to_undo(self) -> Self:
        """Lines that changed something and whose undo has not been tried yet."""
        return self.filter(outcome__in=[1, 2], undo__isnull=True)

    def about_records(self) -> Self:
        """Lines that changed something of a guest's record: a visit alone is among the orders."""
        return self.filter(outcome__in=[1, 2]).filter(
            Q(replaced__order__isnull=True) | Q(outcome=2) | Q(replaced__makes_guest=True)
        )

    def that_brought(self, orders: Collection[int]) -> Self:
        """Lines of files that brought these orders, of those guests to whom they are narrowed."""
        return self.filter(outcome=1, replaced__order__id__in=list(orders))

    def that_gave(self, entries: Collection[int]) -> Self:
        """Lines of files that posted these entries of the ledger, of those guests to whom they are
        narrowed: a line posts one at most."""
        return self.filter(outcome__in=[1, 2], replaced__entries__0__in=list(entries))

    def not_undone(self) -> Self:
        """Lines whose undo was tried and left something as it is."""
        return self.filter(undo__in=[2, 3])

    def in_file_order(self) -> Self:
        return self.order_by("job_id", "line")
