"""What the tests of the import's pages share: files, and an import in each of its states."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from core.models import Company, User
from core.services.jobs import run
from imports.models import ImportJob
from imports.options import Options
from imports.services import runs, uploads

GOOD = (
    "phone,name,last_name,email\n"
    "+442079460958,John,Smith,john@example.com\n"
    "+442079460959,Anna,Petrova,anna@example.com\n"
)
#: Line 3 has no phone, and in line 4 the e-mail is wrong.
MIXED = GOOD.splitlines()[0] + (
    "\n+442079460958,John,Smith,john@example.com\n"
    ",Nobody,At all,nobody@example.com\n"
    "+442079460960,Max,Mueller,max-example.com\n"
)


def upload(
    client: Client, company: Company, content: str | bytes, name: str = "guests.csv", **data
):
    """Post a file to the first step, and return the answer."""
    content = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(name, content)
    return client.post(f"/c/{company.slug}/imports/new/", {"file": file, **data})


def draft(
    company: Company,
    actor: User | None,
    content: str = GOOD,
    *,
    partial: bool = False,
    corrects: ImportJob | None = None,
    **options,
) -> ImportJob:
    """Return an import whose file has come in, with its columns as they were found."""
    job = uploads.receive_upload(
        company=company,
        actor=actor,
        chunks=[content.encode()],
        filename="guests.csv",
        corrects=corrects,
    )
    job.options = {**job.options, "partial": partial, **options}
    job.save(update_fields=["options"])
    return job


def checked(company: Company, actor: User | None, content: str = GOOD, **kwargs) -> ImportJob:
    """Return an import whose check is through."""
    job = draft(company, actor, content, **kwargs)
    options = Options.from_json(job.options)
    runs.request_check(job=job, options=options, results_to=job.results_to, now=timezone.now())
    return worked(job)


def imported(company: Company, actor: User | None, content: str = GOOD, **kwargs) -> ImportJob:
    """Return an import that is done."""
    job = checked(company, actor, content, **kwargs)
    runs.start_import(job=job, actor=actor, source="web", now=timezone.now())
    return worked(job)


def undone(company: Company, actor: User | None, content: str = GOOD, **kwargs) -> ImportJob:
    """Return an import that was taken back."""
    job = imported(company, actor, content, **kwargs)
    runs.request_undo(job=job, actor=actor, now=timezone.now())
    return worked(job)


def worked(job: ImportJob) -> ImportJob:
    """Do in this process what a worker would, until nothing is left to do, and return the job."""
    while (job := ImportJob.objects.get(pk=job.pk)).state == "queued":
        with one_thread():
            run(ImportJob, job.pk)
    return job


class _Here:
    """Makes the items in this thread."""

    def __init__(self, items, **_options):
        self._items, self.close = items, items.close

    def __iter__(self):
        return self._items

    def go_on(self):
        pass


@contextmanager
def one_thread() -> Iterator[None]:
    """Match in this thread, whose connection alone sees what the test's transaction holds."""
    with (
        patch("imports.pipeline.Ahead", _Here),
        patch("imports.pipeline.connection"),
    ):
        yield


def under_way(job: ImportJob, **fields) -> ImportJob:
    """Make the job look as it does while a worker has it."""
    values = {
        "state": "running",
        "step": "import",
        "started_at": timezone.now() - timedelta(seconds=10),
        "done": 5_000,
        "total": 20_000,
        **fields,
    }
    for name, value in values.items():
        setattr(job, name, value)
    job.save(update_fields=list(values))
    return job


def page(job: ImportJob, name: str = "") -> str:
    """Return the address of a page of the import."""
    base = f"/c/{job.company.slug}/imports/{job.number}/"
    return f"{base}{name}/" if name else base
