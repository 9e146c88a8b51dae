"""What has to be agreed to by two is done by no one alone, whatever way they take."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from core.models import Change
from guests.models import Guest
from imports.models import ImportJob
from loyalty.models import Account, Program, Terms
from tests.imports.web import page, worked

pytestmark = pytest.mark.django_db

ANNA, BORIS = "+442079460958", "+442079460959"


@pytest.fixture(autouse=True)
def limit(bella):
    now = timezone.now()
    for phone in (ANNA, BORIS):
        Guest.objects.create(company=bella, phone=phone, registered_at=now)
    Program.objects.create(
        company=bella, name="Points", code="points", currency="GBP", is_default=True
    )
    Terms.objects.update_or_create(company=bella, defaults={"adjustment_limit": Decimal(100)})


def test_nobody_gives_alone_by_mending_what_two_would_have_to(sign_in, manager, owner):
    client = sign_in(manager)
    # The second amount is none, so its row is left to be mended.
    rows = f"phone,amount,currency\n{ANNA},5,GBP\n{BORIS},?,GBP\n"
    file = SimpleUploadedFile("balances.csv", rows.encode())
    client.post("/c/bella/imports/balances/new/", {"file": file})
    job = ImportJob.objects.latest("pk")
    columns = {f"column_{n}": key for n, key in enumerate(job.mapping, start=1)}
    client.post(page(job, "columns"), {**columns, "action": "check"})
    worked(job)
    rules = {"mode": "topup", "results_to": "", "partial": "on"}
    client.post(page(job, "check"), {**rules, "action": "import"})
    job = worked(job)
    assert job.state == "done_with_errors", job.error
    client.post(page(job, "mend"), {"cell-3-0": BORIS, "cell-3-1": "1000000", "cell-3-2": "GBP"})
    mended = worked(ImportJob.objects.latest("pk"))
    assert mended.pk != job.pk
    assert not Account.objects.filter(guest__phone=BORIS, balance__gt=0).exists()
    # It waits as any other that moves much, and goes its way when a second person agrees.
    assert mended.state == "draft"
    client.post(page(mended, "check"), {**rules, "action": "ask"})
    sign_in(owner).post(page(mended, "check"), {**rules, "action": "import"})
    assert worked(mended).state == "done"
    # That it was given back is no import: it stands in the activity once, with who let it go.
    told = Change.objects.filter(action="import", subject_id=mended.pk)
    assert [(each.actor, each.source) for each in told] == [(owner, "web")]
    assert Account.objects.get(guest__phone=BORIS).balance == 1_000_000


def test_whom_a_limit_holds_cannot_lift_it(bella, sign_in, manager, owner):
    points = Program.objects.get()
    program = {
        "name": "Yen", "code": "yen", "kind": "points", "currency": "JPY", "expiry": "never",
        "audience": "account", "adjustment_limit": "1000000",
    }  # fmt: skip
    own = program | {"name": points.name, "code": points.code, "currency": points.currency}
    change = f"/c/bella/programs/{points.pk}/change/"

    def limits(client):
        rules = {"grace_days": "7", "adjustment_limit": ""}
        client.post("/c/bella/settings/balances/", rules)
        client.post("/c/bella/programs/new/", program)
        client.post(change, own)
        terms = Terms.objects.get(company=bella)
        of_programs = Program.objects.order_by("pk").values_list("adjustment_limit", flat=True)
        return terms.grace_days, terms.adjustment_limit, list(of_programs)

    client = sign_in(manager)
    assert limits(client) == (7, Decimal(100), [None, None])
    assert "Only those who may approve change it." in client.get(change).content.decode()
    Program.objects.get(code="yen").delete()
    assert limits(sign_in(owner)) == (7, None, [Decimal(1_000_000)] * 2)
