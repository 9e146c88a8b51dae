"""`manage.py import_orders`: a till's closed orders from a file, for cron and for scripts."""

import json
import sys
import time
from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.models import Change, Company
from imports.pipeline.read import FileRefused
from imports.reasons import reason_text
from imports.services.orders import (
    OrdersRefused,
    Report,
    check_orders,
    import_orders,
    open_orders,
)

DELIMITERS = {",": ",", ";": ";", "tab": "\t"}
COUNTS = ("created", "updated", "unchanged", "skipped", "failed", "not_reached")
ERRORS_SHOWN = 10
REFUSED = 2


class Command(BaseCommand):
    help = (
        "Import closed orders from a .csv or .xlsx file: restaurant, order number, the guest's "
        "telephone, external id or card, total, and when it was closed. The same order again "
        "corrects it. Exit code 0: done, nothing failed; 1: done in part; 2: refused, nothing "
        "written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--company", required=True, metavar="SLUG")
        parser.add_argument("--delimiter", choices=list(DELIMITERS))
        parser.add_argument("--encoding", choices=["utf-8", "windows-1251"])
        parser.add_argument("--header", action=BooleanOptionalAction, default=None)
        parser.add_argument("--sheet", metavar="NAME")
        parser.add_argument("--columns", help="Fields in the file's order; - leaves a column out.")
        parser.add_argument("--partial", action="store_true", help="Leave out lines with errors.")
        parser.add_argument("--check", action="store_true", help="Check only, write nothing.")
        parser.add_argument("--dates", choices=["dmy", "mdy"], default="")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        started, now = time.monotonic(), timezone.now()
        try:
            report = self._import(options, now=now)
        except (FileRefused, OrdersRefused, CommandError) as refused:
            self._refuse(str(refused), as_json=options["json"], started=started)
            return
        self._report(report, as_json=options["json"], started=started)
        sys.exit(_exit_code(report, partial=options["partial"]))

    def _import(self, options: dict[str, Any], *, now: Any) -> Report:
        company = Company.objects.filter(slug=options["company"]).first()
        if company is None:
            raise CommandError(f"There is no company “{options['company']}”.")
        opened = open_orders(
            company=company,
            path=options["file"],
            overrides=_overrides(options),
            mapping=_mapping(options["columns"]),
            dates=options["dates"],
        )
        try:
            with opened as file:
                if options["check"]:
                    return check_orders(file, now=now)
                source = Change.Source.COMMAND
                return import_orders(file, partial_=options["partial"], source=source, now=now)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error

    def _report(self, report: Report, *, as_json: bool, started: float) -> None:
        if as_json:
            self.stdout.write(json.dumps(_answer(report, started), ensure_ascii=False))
            return
        counts = ", ".join(f"{report.counts[name]} {name.replace('_', ' ')}" for name in COUNTS)
        self.stdout.write(f"Orders: {report.state.replace('_', ' ')}. {counts}.")
        if report.new_guests:
            self.stdout.write(f"  {report.new_guests} new guests.")
        for line, reason in report.errors[:ERRORS_SHOWN]:
            self.stdout.write(f"  line {line}: {reason_text(reason)}")
        if report.counts["failed"] > ERRORS_SHOWN:
            self.stdout.write("  … --json holds the first hundred.")

    def _refuse(self, sentence: str, *, as_json: bool, started: float) -> None:
        """Say why nothing of the file could be looked at, and exit."""
        if not as_json:
            raise CommandError(sentence, returncode=REFUSED)
        answer = _answer(Report(state="refused"), started)
        answer["errors"] = [{"line": None, "column": "", "value": "", "reason": sentence}]
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
        sys.exit(REFUSED)


def _overrides(options: dict[str, Any]) -> dict[str, Any]:
    chosen = {
        "delimiter": DELIMITERS.get(options["delimiter"] or ""),
        "encoding": options["encoding"],
        "sheet": options["sheet"],
        "header_row": None if options["header"] is None else int(options["header"]),
    }
    return {name: value for name, value in chosen.items() if value is not None}


def _mapping(columns: str | None) -> list[str | None] | None:
    if not columns:
        return None
    keys = [key.strip() for key in columns.split(",")]
    return [None if key in ("-", "") else key for key in keys]


def _answer(report: Report, started: float) -> dict[str, Any]:
    """Return the outcome with the keys that import_guests has; an import of orders has no id."""
    answer: dict[str, Any] = {"id": None, "state": report.state}
    answer |= {name: report.counts[name] for name in COUNTS}
    answer["rows"] = sum(report.counts[name] for name in COUNTS)
    answer["new_guests"] = report.new_guests
    answer["errors"] = [
        {
            "line": line,
            "column": reason.column,
            "value": reason.value,
            "reason": reason_text(reason),
        }
        for line, reason in report.errors
    ]
    answer["seconds"] = round(time.monotonic() - started, 3)
    return answer


def _exit_code(report: Report, *, partial: bool) -> int:
    if not report.counts["failed"]:
        return 0
    if report.state == "refused":
        return REFUSED
    return 1 if partial or report.state == "done_with_errors" else REFUSED
