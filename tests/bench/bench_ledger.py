"""`make bench-ledger`: one credit or debit by click, with many entries in the table.

In a database of its own (that of DATABASE_URL, with `test_` before its name). ENTRIES says how
many there are before (ten million), CLICKS how many are measured. A click is the whole request as
the server sees it: session, permission, form, ledger, commit, redirect. The last line printed is
one JSON object with every figure.
"""

import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import django

ENTRIES = int(os.environ.get("ENTRIES", "10000000"))
CLICKS = int(os.environ.get("CLICKS", "500"))
#: So many entries of the guests before have an account in common.
EACH = 20
#: How a browser sends a form without files.
_AS_A_BROWSER = "application/x-www-form-urlencoded"
_PHONE = "+447000000000"
_TABLES = ("guests_guest", "loyalty_account", "loyalty_ledgerentry", "loyalty_creditlot")
#: What fills the ledger's tables, with what each is told.
_STATEMENTS: Sequence[tuple[str, Callable[[int], list[int]]]] = (
    (
        """INSERT INTO loyalty_account (company_id, guest_id, program_id, balance, held)
        SELECT company_id, id, %s, %s, 0 FROM guests_guest""",
        lambda program: [program, EACH * 10_000],
    ),
    (
        """INSERT INTO loyalty_ledgerentry (company_id, account_id, program_id, at, kind, amount,
        balance_after, source, source_ref, reason)
        SELECT a.company_id, a.id, a.program_id, now(), 'credit', 10000, n * 10000, 'import',
        a.id || ':' || n, ''
        FROM generate_series(1, %s) n CROSS JOIN loyalty_account a""",
        lambda _program: [EACH],
    ),
    (
        """INSERT INTO loyalty_creditlot (entry_id, company_id, account_id, amount, "left")
        SELECT id, company_id, account_id, amount, amount FROM loyalty_ledgerentry""",
        lambda _program: [],
    ),
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection

    if connection.vendor != "postgresql":
        raise SystemExit("make bench-ledger needs PostgreSQL: set DATABASE_URL.")
    settings.ALLOWED_HOSTS = ["testserver"]
    old = settings.DATABASES["default"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"test_ledger_bench_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        print(json.dumps(measure()))
    finally:
        connection.creation.destroy_test_db(old, verbosity=0)


def measure() -> dict[str, Any]:
    """Fill the tables, click, and return medians and 95th percentiles in milliseconds."""
    from django.db import connection

    client, guest, program, restaurant = _cast()
    began = time.monotonic()
    guests = _fill(guest, program)
    filled = time.monotonic() - began
    figures: dict[str, Any] = {"entries": ENTRIES, "filled_seconds": round(filled, 1)}
    for name in ("credit", "debit"):
        click = _click(client, name, program, restaurant)
        spread = [_timed(click, guests[(n * 7919) % len(guests)]) for n in range(CLICKS)]
        spread = sorted(spread[CLICKS // 10 :])
        figures[f"{name}_median_ms"] = round(statistics.median(spread), 2)
        figures[f"{name}_p95_ms"] = round(spread[int(len(spread) * 0.95)], 2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM loyalty_ledgerentry")
        figures["entries_after"] = cursor.fetchone()[0]
    return figures


def _cast() -> tuple[Any, int, int, int]:
    from django.test import Client
    from django.utils import timezone

    from core.models import Change, Membership, Role, User
    from core.services.companies import create_company
    from guests.models import Guest
    from loyalty.models import Program

    now = timezone.now()
    company = create_company(
        slug="bench", name="Bench", actor=None, source=Change.Source.COMMAND, now=now
    )
    restaurant = company.restaurants.create(name="Bench")
    user = User.objects.create(email="bench@bench.example", name="Bench")
    Membership.objects.create(company=company, user=user, role=Role.OWNER)
    program = Program.objects.create(company=company, name="P", code="p", currency="GBP")
    guest = Guest.objects.create(company=company, phone=_PHONE, registered_at=now, search_text="")
    client = Client()
    client.force_login(user, backend="core.auth.CompanyBackend")
    return client, guest.pk, program.pk, restaurant.pk


def _fill(guest: int, program: int) -> list[int]:
    """Give the guest's company as many copies of them as it takes, each an account of EACH credits.

    In the database, without indexes, keys and guards: they come back over the full tables. Returns
    the ids of all guests.
    """
    from django.db import connection

    from core import guards
    from guests.models import Guest
    from tests.bench.bare_tables import bare

    fields = (field.column for field in Guest._meta.concrete_fields if not field.generated)
    same = [f'"{name}"' for name in fields if name not in ("id", "phone")]
    with guards.lifted(), bare(_TABLES), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO guests_guest (phone, {', '.join(same)}) "
            f"SELECT '+447' || lpad(n::text, 9, '0'), {', '.join(same)} "
            "FROM guests_guest CROSS JOIN generate_series(1, %s) n WHERE id = %s",
            [ENTRIES // EACH - 1, guest],
        )
        for statement, params in _STATEMENTS:
            cursor.execute(statement, params(program))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    return list(Guest.objects.order_by("pk").values_list("pk", flat=True))


def _click(client: Any, name: str, program: int, restaurant: int) -> Callable[[int], None]:
    def click(guest: int) -> None:
        form = {
            "program": program,
            "amount": "1",
            "restaurant": restaurant,
            "reason": "apology",
            "comment": "",
            "ref": str(uuid4()),
            "confirm": "1",
        }
        response = client.post(f"/c/bench/guests/{guest}/{name}/", urlencode(form), _AS_A_BROWSER)
        assert response.status_code == 302, response.content

    return click


def _timed(click: Callable[[int], None], guest: int) -> float:
    began = time.perf_counter()
    click(guest)
    return (time.perf_counter() - began) * 1_000


if __name__ == "__main__":
    main()
