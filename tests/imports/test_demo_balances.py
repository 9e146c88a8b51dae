"""The demo's programs and balances: once, when its visits are there, and the books agree."""

from django.utils import timezone

from core.services import jobs
from imports.models import ImportJob
from imports.services import demo
from imports.services.demo_balances import give_demo_balances
from imports.services.demo_orders import import_demo_orders
from loyalty.models import Account, Program
from loyalty.services.checking import disagreeing


def test_the_demo_s_guests_get_points_for_their_visits_once(inline):
    now = timezone.now()
    company = demo.make_demo(now=now)
    assert give_demo_balances(now=now) == 0
    jobs.run(ImportJob, ImportJob.objects.get().pk)
    while ImportJob.objects.get().is_active:
        jobs.run(ImportJob, ImportJob.objects.get().pk)
    orders = import_demo_orders(now=now)
    assert give_demo_balances(now=now) == 0, "the orders are still coming in"
    while orders.is_active:
        jobs.run(ImportJob, orders.pk)
        orders.refresh_from_db()
    assert give_demo_balances(now=now) > 500
    assert set(Program.objects.values_list("code", flat=True)) == {"points", "deposit"}
    assert Account.objects.filter(balance__gt=0).count() > 300
    assert list(disagreeing(company)) == []
    assert give_demo_balances(now=now) == 0
