"""Uploads and raw cells go after their time; what happened stays known."""

from datetime import timedelta

import pytest
from django.utils import timezone

from imports.models import ImportJob, ImportRow
from imports.services.retention import forget_old_uploads
from imports.services.uploads import receive_upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(bella):
    job = receive_upload(
        company=bella, actor=None, chunks=[b"phone\n+447900123456\nabc\n"], filename="guests.csv"
    )
    ImportRow.objects.create(
        job=job, line=3, company=bella, outcome=ImportRow.Outcome.FAILED, cells=["abc"],
        reasons=[["phone_letters", "phone", "abc", {}]],
    )  # fmt: skip
    ImportJob.objects.filter(pk=job.pk).update(state=ImportJob.State.DONE_WITH_ERRORS)
    return job


def test_an_old_upload_goes_and_its_outcome_stays(job):
    path = job.file.path
    now = timezone.now() + timedelta(days=91)

    assert forget_old_uploads(now=now) == 1

    job.refresh_from_db()
    row = job.rows.get(line=3)
    assert not job.file
    assert not job.file.storage.exists(path)
    assert row.cells is None
    assert row.reasons is None
    assert row.outcome == ImportRow.Outcome.FAILED
    assert forget_old_uploads(now=now) == 0


def test_a_draft_goes_altogether(job):
    ImportJob.objects.filter(pk=job.pk).update(state=ImportJob.State.DRAFT)
    forget_old_uploads(now=timezone.now() + timedelta(days=91))
    assert not ImportJob.objects.exists()
    assert not ImportRow.objects.exists()
    assert not job.file.storage.exists(job.file.name)


def test_an_upload_is_kept_for_its_time(job):
    assert forget_old_uploads(now=timezone.now() + timedelta(days=89)) == 0
    assert job.file.storage.exists(job.file.name)


def test_an_import_under_way_is_left_alone(job):
    ImportJob.objects.filter(pk=job.pk).update(state=ImportJob.State.QUEUED)
    assert forget_old_uploads(now=timezone.now() + timedelta(days=91)) == 0
