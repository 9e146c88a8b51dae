"""Every reusable read of imports."""

from typing import TYPE_CHECKING, Self

from django.db import models

from core.querysets import CompanyOwnedQuerySet, JobQuerySet

if TYPE_CHECKING:
    from imports.models import ImportJob


class ImportJobQuerySet(JobQuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-id")

    def of_same_file(self, job: "ImportJob") -> Self:
        """Other imports of the company that began with the very same bytes."""
        return self.filter(company_id=job.company_id, file_hash=job.file_hash).exclude(pk=job.pk)


class ImportRowQuerySet(CompanyOwnedQuerySet):
    def to_mend(self) -> Self:
        """Lines that failed, or whose notes say that something was left out: the error file's lines."""
        return self.filter(models.Q(reasons__isnull=False) | models.Q(notes__isnull=False))

    def failed(self) -> Self:
        return self.filter(outcome=5)

    def in_file_order(self) -> Self:
        return self.order_by("job_id", "line")
