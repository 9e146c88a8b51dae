"""Imports that wait for a second person, for the page of approvals."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Company, User
from core.texts import isolated
from imports.models import ImportJob
from imports.querysets import APPROVAL_LASTS, ImportJobQuerySet
from imports.reports.money import sums_of_check
from loyalty.web.waiting import Waiting


def rows(company: Company) -> ImportJobQuerySet:
    """Return the imports for which somebody's approval was asked."""
    return ImportJob.objects.for_company(company).waiting_for_approval(now=timezone.now())


def told(company: Company, user: User) -> Iterator[Waiting]:
    """Yield those of them for which others than `user` asked it."""
    jobs = rows(company).exclude(approval_asked_by=user)
    for job in jobs.select_related("approval_asked_by"):
        job.company = company
        assert job.approval_asked_by is not None
        assert job.approval_asked_at is not None
        sums = (f"{isolated(each['name'])}: {each['moved']}" for each in sums_of_check(job))
        title = _("Import %(number)s, %(file)s") % {
            "number": job.number,
            "file": isolated(job.filename),
        }
        url = reverse("imports:check", args=[company.slug, job.number])
        asked_at = job.approval_asked_at
        lapses_at = asked_at + APPROVAL_LASTS
        yield Waiting(title, url, job.approval_asked_by, asked_at, lapses_at, tuple(sums))
