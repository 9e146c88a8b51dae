"""Nobody does by a file what they may not do by hand."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from guests.models import Guest
from imports.models import ImportJob
from tests.imports.web import imported, page, worked

pytestmark = pytest.mark.django_db

ANNA, BORIS = "+442079460958", "+442079460959"
#: Line 3 has no date of birth that can be: all else is right.
DELETIONS = f"phone,deleted,birthday\n{ANNA},no,\n{BORIS},no,nonsense\n"
RULES = {"policy": "update", "results_to": "", "partial": "on"}


@pytest.fixture(autouse=True)
def guests(bella):
    now = timezone.now()
    for phone, name in ((ANNA, "Anna"), (BORIS, "Boris")):
        Guest.objects.create(company=bella, phone=phone, first_name=name, registered_at=now)


def upload(client, content):
    file = SimpleUploadedFile("guests.csv", content.encode())
    assert client.post("/c/bella/imports/new/", {"file": file}).status_code == 302
    return ImportJob.objects.latest("pk")


def is_active(phone):
    return Guest.objects.get(phone=phone).is_active


def test_an_operator_deletes_nobody_by_going_past_the_choice_of_columns(sign_in, operator):
    client = sign_in(operator)
    job = upload(client, f"phone,deleted\n{ANNA},yes\n")
    assert "deleted" in job.mapping
    client.post(page(job, "check"), {**RULES, "action": "check"})
    worked(job)
    client.post(page(job, "check"), {**RULES, "action": "import"})
    worked(job)
    assert is_active(ANNA)
    # The columns are where the operator is told.
    answer = client.get(page(job, "check"))
    assert answer.status_code == 302
    assert answer.headers["Location"] == page(job, "columns")


def test_an_operator_deletes_nobody_by_mending_a_managers_rows(bella, sign_in, manager, operator):
    job = imported(bella, manager, DELETIONS, partial=True)
    cells = {"cell-3-0": BORIS, "cell-3-1": "yes", "cell-3-2": ""}
    client = sign_in(operator)
    assert client.post(page(job, "mend"), cells).status_code == 403
    for each in ImportJob.objects.all():
        worked(each)
    assert is_active(BORIS)
    # Whoever may delete may mend.
    assert sign_in(manager).post(page(job, "mend"), cells).status_code == 302
    worked(ImportJob.objects.latest("pk"))
    assert not is_active(BORIS)
