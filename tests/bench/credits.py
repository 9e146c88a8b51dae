"""Credits by the file, beside their own replay limit: part of `make bench-import`."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: What an import of balances fills, parents first; of its rows only those of the import itself.
TABLES = ("loyalty_account", "loyalty_ledgerentry", "loyalty_creditlot", "imports_importrow")


def write_balances(path: Path, company: Any) -> Path:
    """Write a credit for each guest of the company, in no order; one in ten has a last day."""
    from guests.models import Guest

    rng = random.Random(2)
    phones = list(Guest.objects.for_company(company).values_list("phone", flat=True))
    rng.shuffle(phones)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("phone", "amount", "currency", "expires"))
        for phone in phones:
            amount = f"{rng.randint(1, 500)}.{rng.choice(('00', '50', '25'))}"
            writer.writerow((phone, amount, "GBP", "2099-12-31" if rng.random() < 0.1 else ""))
    return path


def make_program(company: Any) -> None:
    from loyalty.models import Program

    Program.objects.create(
        company=company, name="Points", code="points", currency="GBP", is_default=True
    )


def replay(
    execute: Callable[[str], None],
    columns: Callable[[str], str],
    timed: Callable[[str, Callable[[], None]], dict[str, Any]],
    settle: Callable[[], None],
) -> dict[str, Any]:
    """Time what the import of balances wrote, put back with all indexes, keys and guards."""
    from django.db import transaction

    from core import guards
    from imports.models import ImportJob

    job = ImportJob.objects.filter(kind="balances").latest("pk").pk
    where = {"imports_importrow": f" WHERE job_id = {job}"}
    for table in TABLES:
        execute(f"CREATE TABLE replay_{table} AS SELECT * FROM {table}{where.get(table, '')}")
    with guards.lifted():
        # Entries are never removed but here, and for the tests' own clean-up.
        for table in ("loyalty_lotuse", *reversed(TABLES)):
            execute(f"DELETE FROM {table}{where.get(table, '')}")
    settle()

    def put_back() -> None:
        with transaction.atomic():
            for table in TABLES:
                names = columns(table)
                execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM replay_{table}")

    figures = timed("limit of credits", put_back)
    for table in TABLES:
        execute(f"DROP TABLE replay_{table}")
    return figures
