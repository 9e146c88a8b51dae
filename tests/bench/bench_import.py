"""`make bench-import`: how fast the import is, beside its limit, its peer and its yardstick.

In a database of its own (the one of DATABASE_URL, with `test_` before its name), in one run:

- the import of a new file, of the same file again, and of the file with half its rows changed;
- (a) the replay limit: the rows which the first import produced in every table, put back by
  INSERT ... SELECT into the emptied tables with all their indexes, keys and guards;
- (b) django-import-export's `use_bulk` import of the guest columns alone into the guest table;
- (c) the yardstick: guests and cards put by INSERT ... SELECT into two plain tables;
- the floor: the rows of (a) put into bare tables that have their own keys and nothing else, so that
  one sees how near to (c) any schema with these rows could come;
- the import of balances for those guests, and the rows that it produced put back like (a), by turns
  CREDIT_PAIRS times: the pair in the middle counts, for what is put back takes 53 s one time and 82
  the next.

ROWS sets the number of rows, CREDIT_ROWS that of the balances; the peer gets at most PEER_ROWS,
being so much slower.
The last line printed is one JSON object with every figure.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import django
import psutil

ROWS = int(os.environ.get("ROWS", "100000"))
CREDIT_ROWS = int(os.environ.get("CREDIT_ROWS", str(ROWS)))
CREDIT_PAIRS = int(os.environ.get("CREDIT_PAIRS", "3"))
PEER_ROWS = int(os.environ.get("PEER_ROWS", "20000"))
XLSX_ROWS = int(os.environ.get("XLSX_ROWS", "100000"))
#: Every table that an import fills, parents first.
TABLES = ("guests_guest", "guests_card", "guests_guestcategory", "imports_importrow")
SLUG = "bench"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection

    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as name:
        folder = Path(name)
        connection.settings_dict["TEST"]["NAME"] = (
            str(folder / "bench.sqlite3") if connection.vendor == "sqlite" else None
        )
        old = settings.DATABASES["default"]["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            figures = _measure(folder)
        finally:
            connection.creation.destroy_test_db(str(old), verbosity=0)
    print(json.dumps(figures))


def _measure(folder: Path) -> dict[str, Any]:
    from django.db import connection

    from core.models import Company
    from guests.models import Category
    from tests.bench import plain_tables
    from tests.bench.guest_file import write_csv, write_xlsx

    company = Company.objects.create(slug=SLUG, name="Bench")
    for category in ("Regulars", "Newsletter"):
        Category.objects.create(company=company, name=category)
    first = write_csv(folder / "guests.csv", ROWS)
    changed = write_csv(folder / "changed.csv", ROWS, changed=True)
    figures: dict[str, Any] = {"database": connection.vendor, "rows": ROWS}

    _settle()
    figures["import"] = _import(first)
    figures["limit"] = _replay()
    for plain in (plain_tables.yardstick, plain_tables.floor):
        figures[plain.__name__] = plain(_execute, _timed, _settle)
    for table in TABLES:
        _execute(f"DROP TABLE replay_{table}")
    _settle()
    figures["unchanged"] = _import(first)
    figures["changed"] = _import(changed)
    figures |= _credits(company, folder)
    _empty()
    figures["peer"] = _peer(company, first)
    _empty()
    count = min(ROWS, XLSX_ROWS)
    figures["csv_beside_xlsx"] = _import(write_csv(folder / "beside.csv", count))
    _empty()
    figures["xlsx"] = _import(write_xlsx(folder / "guests.xlsx", count))
    figures["ratios"] = _ratios(figures)
    return figures


def _ratios(figures: dict[str, Any]) -> dict[str, float]:
    speed = figures["import"]["rows_per_second"]
    return {
        "of_limit": round(speed / figures["limit"]["rows_per_second"], 2),
        "of_peer": round(speed / figures["peer"]["rows_per_second"], 2),
        "time_of_yardstick": round(
            figures["import"]["seconds"] / figures["yardstick"]["seconds"], 2
        ),
        "floor_of_yardstick": round(
            figures["floor"]["seconds"] / figures["yardstick"]["seconds"], 2
        ),
        "unchanged_of_first": round(figures["unchanged"]["rows_per_second"] / speed, 2),
        "changed_of_first": round(figures["changed"]["rows_per_second"] / speed, 2),
        "credits_of_limit": statistics.median_low(figures["credits_of_limit"]),
        "xlsx_of_csv": round(
            figures["xlsx"]["rows_per_second"] / figures["csv_beside_xlsx"]["rows_per_second"], 2
        ),
    }


def _credits(company: Any, folder: Path) -> dict[str, Any]:
    """Import balances for the guests that are there, and put back what that produced, by turns."""
    from tests.bench import credits

    credits.make_program(company)
    path = credits.write_balances(folder / "balances.csv", company, CREDIT_ROWS)

    def timed(act: Callable[[], None]) -> dict[str, Any]:
        return _timed("limit of credits", act, rows=CREDIT_ROWS)

    pairs = {}
    ratios = []
    for _turn in range(CREDIT_PAIRS):
        credits.forget(_execute, _empty)
        _settle()
        imported = _import(path, command="import_balances", options=())
        limit = credits.replay(_execute, _columns, timed, _empty, _settle)
        ratios.append(round(imported["rows_per_second"] / limit["rows_per_second"], 3))
        pairs[ratios[-1]] = imported, limit
    imported, limit = pairs[statistics.median_low(ratios)]
    return {"credits": imported, "credits_limit": limit, "credits_of_limit": ratios}


def _import(
    path: Path,
    *,
    command: str = "import_guests",
    options: Sequence[str] = ("--categories", "Regulars,Newsletter"),
) -> dict[str, Any]:
    """Import a file by the command in a process of its own; return speed, counts, peak memory."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", command, str(path), "--company", SLUG, "--partial",
         *options, "--json"],
        stdout=subprocess.PIPE, env=_environment(), text=True,
    )  # fmt: skip
    peak = _Peak(process.pid)
    output, _nothing = process.communicate()
    seconds = time.perf_counter() - started
    answer = json.loads(output.strip().splitlines()[-1])
    names = ("state", "created", "updated", "unchanged", "failed", "rows")
    figures = {name: answer[name] for name in names}
    figures |= {
        "seconds": round(seconds, 2),
        "rows_per_second": round(answer["rows"] / seconds),
        "peak_mb": round(peak.end() / 1e6),
    }
    _say(f"{path.name}: {figures}")
    return figures


class _Peak:
    """Watches the memory of a process and all its children, summed, until it ends."""

    def __init__(self, pid: int) -> None:
        self._process, self._peak, self._ended = psutil.Process(pid), 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            try:
                family = [self._process, *self._process.children(recursive=True)]
                self._peak = max(self._peak, sum(p.memory_info().rss for p in family))
            except psutil.Error:
                continue

    def end(self) -> int:
        self._ended.set()
        self._thread.join()
        return self._peak


def _replay() -> dict[str, Any]:
    """Time the limit, and leave the tables as they were."""
    for table in TABLES:
        _execute(f"CREATE TABLE replay_{table} AS SELECT * FROM {table}")
    _empty()
    _settle()

    def put_back() -> None:
        from django.db import transaction

        with transaction.atomic():
            for table in TABLES:
                _execute(f"INSERT INTO {table} ({_columns(table)}) SELECT {_columns(table)} "
                         f"FROM replay_{table}")  # fmt: skip

    return _timed("limit", put_back)


def _peer(company: Any, path: Path) -> dict[str, Any]:
    """Time django-import-export's own bulk import of the guest columns."""
    import csv

    import tablib
    from import_export import fields, resources

    from guests.models import Guest

    class PeerResource(resources.ModelResource):
        phone = fields.Field(attribute="phone", column_name="phone")

        class Meta:
            model = Guest
            fields = ("phone", "first_name", "last_name", "email", "birthday", "sex", "comment",
                      "registered_at", "company")  # fmt: skip
            import_id_fields = ("phone",)
            use_bulk = True
            batch_size = 1000
            skip_diff = True
            force_init_instance = True
            use_transactions = True

    with path.open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file, delimiter=";") if r["phone"][0] == "+"][:PEER_ROWS]
    table = tablib.Dataset(
        *[
            (r["phone"], r["name"], r["last_name"], r["email"], r["birthday"], r["sex"],
             r["comment"], "2026-01-01 00:00:00", company.pk)
            for r in rows
        ],
        headers=PeerResource.Meta.fields,
    )  # fmt: skip
    started = time.perf_counter()
    result = PeerResource().import_data(table, raise_errors=True)
    seconds = time.perf_counter() - started
    assert result.totals["new"] == len(rows), result.totals
    figures = {
        "seconds": round(seconds, 2),
        "rows": len(rows),
        "rows_per_second": round(len(rows) / seconds),
    }
    _say(f"peer: {figures}")
    return figures


def _timed(name: str, act: Callable[[], None], *, rows: int = ROWS) -> dict[str, Any]:
    started = time.perf_counter()
    act()
    seconds = time.perf_counter() - started
    figures = {"seconds": round(seconds, 2), "rows_per_second": round(rows / seconds)}
    _say(f"{name}: {figures}")
    return figures


def _empty(tables: Sequence[str] = TABLES) -> None:
    """Empty the tables that imports fill."""
    from django.db import connection

    from core import guards

    if connection.vendor == "postgresql":
        # What leads to guests is empty, but the ledger among it refuses to be emptied all the same.
        with guards.lifted():
            _execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        return
    with guards.lifted():
        for table in reversed(tables):
            _execute(f"DELETE FROM {table}")


def _settle() -> None:
    """Let the database finish what it put off, so that the next figure does not pay for it."""
    from django.db import connection

    if connection.vendor == "postgresql":
        _execute("VACUUM ANALYZE")
        _execute("CHECKPOINT")
    else:
        _execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _columns(table: str) -> str:
    """Return the columns that are written: not those the database makes itself."""
    from django.apps import apps

    (model,) = (model for model in apps.get_models() if model._meta.db_table == table)
    written = (field for field in model._meta.concrete_fields if not field.generated)
    return ", ".join(f'"{field.column}"' for field in written if field.column)


def _execute(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)


def _environment() -> dict[str, str]:
    """Return the environment of a process that works on the bench's database."""
    from django.db import connection

    parts = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{parts['NAME']}"
    else:
        server = f"{parts['HOST']}:{parts['PORT'] or 5432}"
        url = f"postgres://{parts['USER']}:{parts['PASSWORD']}@{server}/{parts['NAME']}"
    return {**os.environ, "DATABASE_URL": url}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
