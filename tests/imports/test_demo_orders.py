"""Two years of visits for the demo: the same for the same day, and all of its own guests."""

from datetime import timedelta

from django.utils import timezone

from core.services import jobs
from guests.models import Guest
from imports.models import ImportJob
from imports.services import demo
from imports.services.demo_orders import import_demo_orders, orders_csv
from tests.visits.conftest import miscounted
from visits.models import Order


def test_the_demo_s_orders_come_in_once_its_guests_are_there(inline):
    now = timezone.now()
    company = demo.make_demo(now=now)
    assert import_demo_orders(now=now) is None
    jobs.run(ImportJob, ImportJob.objects.get().pk)
    while ImportJob.objects.get().is_active:
        jobs.run(ImportJob, ImportJob.objects.get().pk)
    assert Guest.objects.count() == 2000

    job = import_demo_orders(now=now)
    while job.is_active:
        jobs.run(ImportJob, job.pk)
        job.refresh_from_db()
    assert job.state == "done"
    assert 5_000 < job.counts["created"] < 20_000
    assert "new_guests" not in job.counts
    assert Guest.objects.count() == 2000
    assert miscounted(company) == []
    orders = Order.objects.newest_first()
    assert now - timedelta(days=4) < orders.first().closed_at < now
    assert orders.last().closed_at > now - timedelta(days=740)

    assert import_demo_orders(now=now + timedelta(days=1)) is None


def test_the_same_day_has_the_same_orders(bella):
    now = timezone.now()
    first = orders_csv(bella, now=now)
    assert first == orders_csv(bella, now=now)
    assert first.count("\n") > 5_000


def test_a_company_of_the_same_name_is_left_alone(bella):
    assert import_demo_orders(now=timezone.now()) is None
    assert not Order.objects.exists()
