"""Credits by the file, beside their own replay limit: part of `make bench-import`."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

#: What an import of balances fills, parents first.
TABLES = ("loyalty_account", "loyalty_ledgerentry", "loyalty_creditlot", "imports_importrow")


def write_balances(path: Path, company: Any, rows: int) -> Path:
    """Write `rows` credits for the company's guests, in no order; one in ten has a last day.

    Where there are fewer guests they come again, with a reference that tells the lines apart.
    """
    from guests.models import Guest

    rng = random.Random(2)
    phones = list(Guest.objects.for_company(company).values_list("phone", flat=True))
    rng.shuffle(phones)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("phone", "amount", "currency", "expires", "reference"))
        for n, phone in enumerate(islice(cycle(phones), rows)):
            amount = f"{rng.randint(1, 500)}.{rng.choice(('00', '50', '25'))}"
            last_day = "2099-12-31" if rng.random() < 0.1 else ""
            reference = str(n // len(phones)) if n >= len(phones) else ""
            writer.writerow((phone, amount, "GBP", last_day, reference))
    return path


def make_program(company: Any) -> None:
    from loyalty.models import Program

    Program.objects.create(
        company=company, name="Points", code="points", currency="GBP", is_default=True
    )


def forget(execute: Callable[[str], None], empty: Callable[[tuple[str, ...]], None]) -> None:
    """Forget an import of balances before, so that the next gives all of them and asks nothing."""
    empty(TABLES)
    execute("DELETE FROM imports_importjob WHERE kind = 'balances'")


def replay(
    execute: Callable[[str], None],
    columns: Callable[[str], str],
    timed: Callable[[Callable[[], None]], dict[str, Any]],
    empty: Callable[[tuple[str, ...]], None],
    settle: Callable[[], None],
) -> dict[str, Any]:
    """Time what the import of balances wrote, put back with all indexes, keys and guards."""
    from django.db import transaction

    for table in TABLES:
        execute(f"CREATE TABLE replay_{table} AS SELECT * FROM {table}")
    empty(TABLES)
    settle()

    def put_back() -> None:
        with transaction.atomic():
            for table in TABLES:
                names = columns(table)
                execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM replay_{table}")

    figures = timed(put_back)
    empty(TABLES)
    for table in TABLES:
        execute(f"DROP TABLE replay_{table}")
    return figures
