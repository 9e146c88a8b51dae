"""Two years of visits for the demo's guests, up to today: the same ones for the same day.

They come in as a till's would, by the import of orders, once the guests are there.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from core import clock
from core.models import Change, Company
from imports.columns import ORDERS
from imports.models import ImportJob
from imports.services.demo import GUESTS, SLUG, is_demo
from imports.services.runs import start_import
from imports.services.uploads import receive_upload
from visits.models import Order

DAYS = 730
HEADER = ("Restaurant", "Order number", "Telephone", "Total", "Closed")
#: How full the house is from Monday to Sunday, of the fullest day.
_WEEK = (0.35, 0.4, 0.5, 0.65, 0.95, 1.0, 0.75)
#: ... and from January to December.
_YEAR = (0.6, 0.65, 0.75, 0.8, 0.85, 0.85, 0.8, 0.75, 0.8, 0.85, 0.9, 1.0)


class _Guest(NamedTuple):
    phone: str
    registered: datetime


def register() -> None:
    """Let the clock see to it where `start --demo` was asked for."""
    if settings.DEMO:
        clock.every(10, "bring in the orders of the demo")(import_demo_orders)


def import_demo_orders(*, now: datetime) -> ImportJob | None:
    """Have the demo's orders imported, once, when its guests are there. Called by the clock.

    None while they are not, when there are orders already, and where there is no demo.
    """
    company = Company.objects.filter(slug=SLUG).first()
    if company is None or not is_demo(company):
        return None
    jobs = ImportJob.objects.for_company(company)
    if not jobs.filter(state__in=["done", "done_with_errors"]).exists():
        return None
    if jobs.filter(kind=ImportJob.Kind.ORDERS).exists():
        return None
    if Order.objects.for_company(company).exists():
        return None
    with transaction.atomic():
        job = receive_upload(
            company=company,
            actor=None,
            chunks=[orders_csv(company, now=now).encode()],
            filename="orders.csv",
            kind=ORDERS,
        )
        return start_import(job=job, actor=None, source=Change.Source.WORKER, now=now)


def orders_csv(company: Company, *, now: datetime) -> str:
    """Return the file of a till, in UTC, oldest order first."""
    names = list(company.restaurants.order_by("pk").values_list("name", flat=True))
    rng = random.Random(20261101)  # noqa: S311 - a demo has no secrets
    orders = sorted(_orders(rng, _guests(), names, now=now), key=lambda order: order[0])
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for number, (closed_at, name, phone, total) in enumerate(orders, start=1):
        closed = closed_at.strftime("%Y-%m-%d %H:%MZ")
        writer.writerow((name, f"T{number:06}", phone, total, closed))
    return text.getvalue()


def _guests() -> Iterator[_Guest]:
    with GUESTS.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            registered = datetime.strptime(f"{row['Registered']}+0000", "%Y-%m-%d %H:%M%z")
            yield _Guest(row["Telephone"], registered)


def _orders(
    rng: random.Random, guests: Iterable[_Guest], names: list[str], *, now: datetime
) -> Iterator[tuple[datetime, str, str, str]]:
    """Yield (closed, restaurant, phone, total): many guests never come, and a few all the time."""
    first = now.astimezone(UTC) - timedelta(days=DAYS)
    for guest in guests:
        if rng.random() < 0.4:
            continue
        home = rng.randrange(len(names))
        spends = rng.lognormvariate(3.6, 0.5)
        for _visit in range(min(60, 1 + int(rng.lognormvariate(1.5, 1.0)))):
            closed_at = _moment(rng, first)
            if not guest.registered <= closed_at < now:
                continue
            place = home if rng.random() < 0.8 else rng.randrange(len(names))
            total = spends * rng.uniform(0.6, 1.8) * (-0.4 if rng.random() < 0.01 else 1)
            yield closed_at, names[place], guest.phone, f"{total:.2f}"


def _moment(rng: random.Random, first: datetime) -> datetime:
    """Return when somebody paid: at lunch or in the evening, rather on a Saturday in December."""
    while True:
        day = first + timedelta(days=rng.randrange(DAYS + 1))
        if rng.random() < _WEEK[day.weekday()] * _YEAR[day.month - 1]:
            break
    hour, span = (12, 180) if rng.random() < 0.35 else (18, 300)
    opened = day.replace(hour=hour, minute=30, second=0, microsecond=0)
    return opened + timedelta(minutes=rng.randrange(span))
