"""Credits under faults: workers killed, and two who upload the same in the same second."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db.models import Count, Sum
from django.utils import timezone

from core.models import Company
from guests.services.bulk import create_guests
from imports.columns import BALANCES
from imports.models import ImportJob, ImportRow
from imports.options import Options
from imports.services import runs, uploads
from loyalty.models import Account, LedgerEntry, Program
from loyalty.services.checking import disagreeing
from tests.imports.web import worked
from tests.processes import Worker
from tests.torture.progress import ended

pytestmark = [pytest.mark.torture, pytest.mark.slow]


def phone(i: int) -> str:
    return f"+4479{i:08}"


def credits_for(company: Company, count: int) -> str:
    """Make `count` guests and a program; return a file that gives each something."""
    Program.objects.create(
        company=company, name="Points", code="points", currency="GBP", is_default=True
    )
    now = timezone.now()
    drafts = [{"phone": phone(i), "registered_at": now} for i in range(count)]
    create_guests(company.pk, drafts)
    lines = (f"{phone(i)},{i % 90 + 1}.50,GBP\n" for i in range(count))
    return "phone,amount,currency\n" + "".join(lines)


def received(company: Company, content: str) -> ImportJob:
    return uploads.receive_upload(
        company=company, actor=None, chunks=[content.encode()], filename="b.csv", kind=BALANCES
    )


def checked(job: ImportJob) -> ImportJob:
    options, now = Options.from_json(job.options), timezone.now()
    return worked(runs.request_check(job=job, options=options, results_to="", now=now))


def start(job: ImportJob) -> None:
    runs.start_import(job=job, actor=None, source="web", now=timezone.now())


def wrong(company: Company, count: int) -> list[str]:
    """Return what was paid twice, not at all, or does not add up."""
    expected = {phone(i): Decimal(i % 90 + 1) + Decimal("0.5") for i in range(count)}
    accounts = Account.objects.for_company(company)
    found = dict(accounts.values_list("guest__phone", "balance"))
    entries = LedgerEntry.objects.for_company(company)
    twice = entries.values("account").annotate(n=Count("id")).filter(n__gt=1).count()
    units = entries.aggregate(total=Sum("amount"))["total"]
    problems = [f"balance of {key}" for key in expected if found.get(key) != expected[key]]
    problems += [f"{twice} accounts were paid twice"] if twice else []
    problems += [f"paid {units}"] if units != sum(expected.values()) else []
    return problems + [str(each) for each in disagreeing(company)]


def test_every_credit_is_paid_once_however_often_the_worker_dies(
    bella: Company,
    transactional_db: None,
    ended_despite_kills: Callable[..., ImportJob],
    rounds: int,
) -> None:
    count = 1_000 * (rounds + 1)
    job = checked(received(bella, credits_for(bella, count)))
    start(job)
    job = ended_despite_kills(job, {"import": rounds}, last=count + 1)
    assert (job.state, job.counts) == ("done", {"updated": count})
    assert ImportRow.objects.filter(job_id=job.pk).count() == count
    assert wrong(bella, count) == []


def test_two_who_upload_the_same_credits_in_the_same_second_pay_them_once(
    bella: Company, transactional_db: None, quick_worker: Callable[..., Worker]
) -> None:
    count = 1_000
    content = credits_for(bella, count)
    # Both were told by their checks that nobody gave these credits before.
    both = [checked(received(bella, content + "\n" * n)) for n in range(2)]
    for _ in range(2):
        quick_worker(JOB_LEASE_SECONDS="30")
    for job in both:
        start(job)
    states = sorted(ended(job).state for job in both)
    assert states == ["done", "refused"]
    assert wrong(bella, count) == []
