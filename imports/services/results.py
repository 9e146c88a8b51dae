"""Telling whoever waits for it how an import ended."""

from datetime import datetime

from core.mail import message_id
from core.services.mail import post
from imports.models import ImportJob

RESULT_MAIL = "import-result"


def announce(job: ImportJob, *, now: datetime) -> None:
    """Have the result mailed once the transaction commits; an import's result is mailed once."""
    if job.results_to:
        post(
            company=job.company,
            kind=RESULT_MAIL,
            subject_id=job.pk,
            to=job.results_to,
            message_id=message_id(RESULT_MAIL, job.pk),
            now=now,
        )
