"""`make bench-list`: how fast the list of guests is, beside Django's admin over the same table.

In a database of its own (the one of DATABASE_URL, with `test_` before its name) a company gets
GUESTS guests with orders, cards and categories; with KEEP=1 the database is left for the next run
with as many. ONLY=sort,record asks for the figures whose names have one of these words, ADMIN=0
leaves the admin out. Then the first page, a deep page, each filter, each sort, each kind of search,
the bar's search, the number, the record and the overview are asked for RUNS times each inside the
process, rendering included, and so is the admin's change list where it has the like. The median
counts. The last line printed is one JSON object with every figure, in milliseconds.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

GUESTS = int(os.environ.get("GUESTS", "100000"))
RUNS = int(os.environ.get("RUNS", "9"))
#: Words of which a figure's name has one, parted by commas; and whether the admin is asked too, who
#: takes seconds a page at ten million.
ONLY = os.environ.get("ONLY", "").split(",")
ADMIN = os.environ.get("ADMIN", "1") not in ("", "0")
KEEP = os.environ.get("KEEP", "") not in ("", "0")
OVERVIEW = "/c/bench-0/"
LIST = f"{OVERVIEW}guests/"
ADMINS_LIST = "/admin/guests/guest/"
#: How the names of what nobody waits for begin: a page asks for it once it is there.
LATER = ("number", "later")


def main() -> None:
    with company_of_guests() as company:
        figures = _measure(company)
    print(json.dumps(figures))


@contextmanager
def company_of_guests() -> Iterator[Any]:
    """Make a company with GUESTS guests, or find it; it is in the database until the end."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.list_settings"
    django.setup()
    from tests.bench.guest_base import fill, filled

    with _database():
        started = time.perf_counter()
        company = filled(GUESTS)
        if company is None:
            company = fill(GUESTS)
            _say(f"filled with {GUESTS} guests in {time.perf_counter() - started:.0f} s")
        yield company


def pages_of(company: Any) -> dict[str, Callable[[], Any]]:
    """Return what asks for each of our pages, by the names of the figures."""
    return _ours(company, _pages(company))


@contextmanager
def _database() -> Iterator[None]:
    """Make a database for the figures; with KEEP the one that is left of the last run will do."""
    from django.conf import settings
    from django.db import connection

    old = str(settings.DATABASES["default"]["NAME"])
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder:
        kept_in = Path(settings.VAR_DIR) if KEEP else Path(folder)
        connection.settings_dict["TEST"]["NAME"] = (
            str(kept_in / f"bench-{GUESTS}.sqlite3")
            if connection.vendor == "sqlite"
            else f"test_{old}_{GUESTS}"
        )
        ways = {"verbosity": 0, "autoclobber": True, "serialize": False}
        connection.creation.create_test_db(keepdb=KEEP, **ways)
        if KEEP and _is_half_filled():
            connection.creation.destroy_test_db(old, verbosity=0)
            connection.creation.create_test_db(**ways)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(old, verbosity=0, keepdb=KEEP)


def _is_half_filled() -> bool:
    from core.models import Company
    from tests.bench.guest_base import filled

    return filled(GUESTS) is None and Company.objects.exists()


def _measure(company: Any) -> dict[str, Any]:
    from django.db import connection

    likes = _asked_for(_admins(company, _pages(company))) if ADMIN else {}
    ours, admin = {}, {}
    for name, ask in _asked_for(pages_of(company)).items():
        ours[name] = _time(ask)
        if name in likes:
            # At once: a machine that is slower for a while is so for both.
            admin[name] = _time(likes[name])
    ratios = {name: round(admin[name] / ours[name], 1) for name in admin}
    for name, figure in ours.items():
        beside = f"   admin {admin[name]:8.1f}   {ratios[name]:6.1f} x" if name in admin else ""
        _say(f"{name:32} {figure:8.1f} ms{beside}")
    pages = {name: figure for name, figure in ours.items() if not name.startswith(LATER)}
    return {
        "database": connection.vendor, "guests": GUESTS, "runs": RUNS, "ours": ours, "admin": admin,
        "ratios": ratios, "slowest": max(pages, key=lambda name: pages[name]),
        "slowest_ms": max(pages.values()), "smallest_ratio": min(ratios.values(), default=None),
    }  # fmt: skip


def _asked_for(asks: dict[str, Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
    """Leave those whose name has one of the words of ONLY; all of them without any."""
    return {name: ask for name, ask in asks.items() if any(word in name for word in ONLY)}


def _time(ask: Callable[[], Any]) -> float:
    """Return the median of RUNS, in milliseconds; the first call only warms up."""
    ask()
    found = []
    for _run in range(RUNS):
        started = time.perf_counter()
        ask()
        found.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(found), 1)


def _pages(company: Any) -> Callable[..., Callable[[], Any]]:
    """Return what makes an address, ours or the admin's, a whole request of one who signed in."""
    from django.test import Client

    from core.models import Membership, Role, User

    values = {"name": "Bench", "is_staff": True}
    user, _new = User.objects.update_or_create(email="bench@bench.example", defaults=values)
    Membership.objects.get_or_create(company=company, user=user, role=Role.OWNER)
    client = Client()
    client.force_login(user, backend="core.auth.CompanyBackend")

    def page(query: str, under: str = LIST, **headers: str) -> Callable[[], Any]:
        def ask() -> Any:
            answer = client.get(f"{under}{query}", headers=headers)
            assert answer.status_code == 200, (query, answer.status_code)
            return answer

        return ask

    return page


def _ours(company: Any, page: Callable[..., Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
    from guests.models import Guest

    guest = Guest.objects.for_company(company).order_by("pk")[GUESTS // 2]
    queries = {
        **{f"sort {sort}": f"?sort={sort}" for sort in _sorts()},
        **_filters(company),
        **_searches(guest),
        "number of all": "?sort=name&count=1",
        "record": f"{guest.pk}/",
    }
    asked = {name: page(query) for name, query in queries.items()}
    asked["overview"] = page("", OVERVIEW)
    for name in ("guests", "takings", "birthdays"):
        asked[f"later {name}"] = page(f"?panel={name}", OVERVIEW, **{"HX-Request": "true"})
    first = page("?sort=-last_visit")
    return {"first page": first, "deep page": page(_deep(company)), **asked}


def _sorts() -> list[str]:
    from guests.paging import SORTS

    return [f"{sign}{sort}" for sort in SORTS if sort != "balance" for sign in ("", "-")]


def _filters(company: Any) -> dict[str, str]:
    from guests.models import Category, MemberTier

    categories = Category.objects.for_company(company).in_bulk(field_name="id").values()
    tiers = MemberTier.objects.for_company(company)
    plain = """
        category=none tier=none birthday=today birthday=week birthday_from=28.12&birthday_to=3.1
        age_from=80 age_from=30&age_to=31 sex=other has_email=true has_email=false has_card=true
        has_card=false registered_from=2026-11-01 registered_to=2021-07-01
        last_visit_from=2026-11-15 last_visit_to=2024-06-01 not_visited_days=90
        not_visited_days=900 visited=false orders_from=40 orders_to=0 total_from=3000 total_to=1
        average_from=90 average_to=6 subscribed=false consent=revoked employee_id=E5000
        from_import=1 inactive=on
    """.split()
    found = {f"filter {query}": f"?sort=-last_visit&{query}" for query in plain}
    for kind, rows in (("category", categories), ("tier", tiers)):
        for row in rows:
            found[f"filter {kind} {row.name}"] = f"?sort=-last_visit&{kind}={row.pk}"
    for row in company.restaurants.all():
        found[f"filter restaurant {row.name}"] = f"?sort=-last_visit&restaurant={row.pk}"
    return found


def _searches(guest: Any) -> dict[str, str]:
    texts = {
        "phone": guest.phone.lstrip("+"), "last four digits": guest.phone[-4:],
        "part of a phone": guest.phone[4:9], "rare name": guest.last_name, "common name": "emma",
        "two names": f"{guest.first_name} {guest.last_name}", "part of a name": "ington",
        "cyrillic": "петр", "two letters": "zo", "e-mail": "emma.smith", "domain": "gmail.com",
        "nobody": "qqqxyz", "card": "770",
    }  # fmt: skip
    in_list = {f"search {name}": f"?sort=-last_visit&q={text}" for name, text in texts.items()}
    in_bar = {f"bar {name}": f"search/?q={text}" for name, text in texts.items()
              if name in ("last four digits", "common name", "two letters")}  # fmt: skip
    return in_list | in_bar


def _deep(company: Any) -> str:
    """Return the address of a page in the middle of the list."""
    from guests.models import Guest
    from guests.paging import cursors
    from guests.paging.cursors import Cursor, Place
    from guests.paging.orders import order_of

    order = order_of("-last_visit", company)
    guests = Guest.objects.for_company(company).listed().filter(last_visit_at__isnull=False)
    middle = guests.order_by("-last_visit_at", "-pk")[GUESTS // 4]
    place = Place(0, middle.last_visit_at, middle.pk)
    return f"?sort=-last_visit&page={cursors.write(Cursor(place, backwards=False), order)}"


def _admins(company: Any, page: Callable[..., Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
    """Return the like of it in the admin, by the names of ours."""
    from guests.models import Guest
    from tests.bench.list_urls import GuestAdmin

    GuestAdmin.company = company

    def like(query: str) -> Callable[[], Any]:
        return page(query, ADMINS_LIST)

    columns = {"phone": 1, "birthday": 4, "email": 5, "registered": 6, "orders": 7, "total": 8,
               "average_bill": 9, "last_visit": 10}  # fmt: skip
    guest = Guest.objects.for_company(company).order_by("pk")[GUESTS // 2]
    texts = {name: query.partition("q=")[2] for name, query in _searches(guest).items()}
    return {
        "first page": like(""),
        "deep page": like(f"?p={GUESTS // 200}"),
        **{f"sort {name}": like(f"?o={number}") for name, number in columns.items()},
        **{name: like(f"?q={text}") for name, text in texts.items() if name.startswith("search")},
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
