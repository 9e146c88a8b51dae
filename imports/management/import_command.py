"""What the commands share that bring a file in, from a script or cron, by the web's services."""

import json
import sys
import time
from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils import timezone

from core.models import Change, Company, Job
from core.services import jobs
from imports import error_file
from imports.columns import FileKind
from imports.models import ColumnMapping, ImportJob, ImportRow
from imports.options import Options
from imports.pipeline.read import FileRefused
from imports.pipeline.rows import Reason
from imports.reasons import reason_text
from imports.reports.check import why_nothing
from imports.services import runs, uploads
from imports.services.money import answer_repeat, repeat_of

DELIMITERS = {",": ",", ";": ";", "tab": "\t"}
#: How many errors the JSON answer holds, and how many are printed.
ERRORS_IN_JSON, ERRORS_SHOWN = 100, 10
PIECE = 1024 * 1024
REFUSED = 2
#: States in which nothing is left of what was written.
NOTHING_LEFT = frozenset({Job.State.REFUSED, Job.State.UNDONE})


class ImportCommand(BaseCommand):
    """A file in: exit code 0 is done with nothing failed, 1 done in part, 2 refused, nothing
    written. A subclass says what kind of file it is and adds the options of its own."""

    kind: FileKind

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--company", required=True, metavar="SLUG")
        parser.add_argument("--delimiter", choices=list(DELIMITERS))
        parser.add_argument("--encoding", choices=["utf-8", "windows-1251"])
        parser.add_argument("--header", action=BooleanOptionalAction, default=None)
        parser.add_argument("--sheet", metavar="NAME")
        parser.add_argument("--columns", help="Fields in the file's order; - leaves a column out.")
        parser.add_argument("--mapping", metavar="NAME", help="A saved column mapping.")
        parser.add_argument("--partial", action="store_true", help="Leave out lines with errors.")
        parser.add_argument("--check", action="store_true", help="Check only, write nothing.")
        parser.add_argument("--email", default="", metavar="ADDRESS", help="Where results go.")
        parser.add_argument("--dates", choices=["dmy", "mdy"], default="")
        parser.add_argument("--corrects", type=int, metavar="IMPORT")
        parser.add_argument("--queue", action="store_true", help="Let a worker do it, and wait.")
        parser.add_argument("--error-file", type=Path, metavar="PATH")
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--again",
            choices=["new", "same"],
            help="What credits are that another import gave already: new ones, or the same again.",
        )
        parser.add_argument(
            "--message", action="store_true", help="Tell guests of their credits by e-mail."
        )

    def own_options(self, company: Company, options: dict[str, Any]) -> dict[str, Any]:
        """Return the imports.options.Options that a subclass's own arguments say."""
        return {}

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            job = self._set_up(options)
        except (FileRefused, uploads.MappingRefused, CommandError) as refused:
            self._refuse(str(refused), as_json=options["json"], started=started)
        else:
            if options["again"] == "same" and not options["check"]:
                job = _same_again(job, by_worker=options["queue"])
            self._start(job, check=options["check"])
            job = _finish(job, by_worker=options["queue"])
            if options["error_file"]:
                _write_error_file(job, options["error_file"])
            self._report(job, as_json=options["json"], started=started)
            sys.exit(_exit_code(job))

    def _set_up(self, options: dict[str, Any]) -> ImportJob:
        """Return a draft import of the file with everything chosen."""
        company = Company.objects.filter(slug=options["company"]).first()
        if company is None:
            raise CommandError(f"There is no company “{options['company']}”.", returncode=REFUSED)
        _check_address(options["email"])
        job = uploads.receive_upload(
            company=company,
            actor=None,
            chunks=_pieces(options["file"]),
            filename=options["file"].name,
            corrects=_corrected(company, options["corrects"]),
            kind=self.kind,
            overrides=_overrides(options),
        )
        try:
            mapping = _mapping(job, options)
            uploads.choose_columns(job=job, mapping=mapping, may=lambda permission: True)
            own = self.own_options(company, options)
            job.options = _options(job, options, own).to_json()
        except (CommandError, uploads.MappingRefused):
            # Nothing is left behind of an import that was never set up.
            job.file.delete(save=False)
            job.delete()
            raise
        job.mapping, job.results_to = list(mapping), options["email"]
        job.save(update_fields=["options", "results_to"])
        return job

    def _start(self, job: ImportJob, *, check: bool) -> None:
        now = timezone.now()
        if check:
            options = Options.from_json(job.options)
            runs.request_check(job=job, options=options, results_to=job.results_to, now=now)
        else:
            runs.start_import(job=job, actor=None, source=Change.Source.COMMAND, now=now)

    def _report(self, job: ImportJob, *, as_json: bool, started: float) -> None:
        answer = _answer(job)
        answer["seconds"] = round(time.monotonic() - started, 3)
        if as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        of_file = [error for error in answer["errors"] if error["line"] is None]
        of_lines = [error for error in answer["errors"] if error["line"] is not None]
        for error in of_file:
            self.stdout.write(error["reason"])
        names = ("created", "updated", "unchanged", "skipped", "failed", "not_reached")
        counts = ", ".join(f"{answer[name]} {name.replace('_', ' ')}" for name in names)
        self.stdout.write(f"Import {job.number}: {job.get_state_display()}. {counts}.")
        for error in of_lines[:ERRORS_SHOWN]:
            self.stdout.write(f"  line {error['line']}: {error['reason']}")
        if answer["failed"] > ERRORS_SHOWN:
            self.stdout.write("  … --error-file PATH writes them all.")

    def _refuse(self, sentence: str, *, as_json: bool, started: float) -> None:
        """Say why the file was not even kept, and exit."""
        if not as_json:
            raise CommandError(sentence, returncode=REFUSED)
        counts = dict.fromkeys(("created", "updated", "unchanged", "failed", "rows"), 0)
        error = {"line": None, "column": "", "value": "", "reason": sentence}
        seconds = round(time.monotonic() - started, 3)
        answer = {"id": None, "state": "refused", **counts, "errors": [error], "seconds": seconds}
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
        sys.exit(REFUSED)


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
    except OSError as error:
        raise CommandError(
            f"{path} cannot be read: {error.strerror}.", returncode=REFUSED
        ) from error


def _check_address(address: str) -> None:
    try:
        if address:
            validate_email(address)
    except ValidationError as error:
        raise CommandError(
            f"Results cannot go to “{address}”: it is no e-mail address.", returncode=REFUSED
        ) from error


def _corrected(company: Company, number: int | None) -> ImportJob | None:
    if number is None:
        return None
    job = ImportJob.objects.for_company(company).filter(number=number).first()
    if job is None:
        raise CommandError(f"There is no import {number} in this company.", returncode=REFUSED)
    return job


def _overrides(options: dict[str, Any]) -> dict[str, Any]:
    chosen = {
        "delimiter": DELIMITERS.get(options["delimiter"] or ""),
        "encoding": options["encoding"],
        "sheet": options["sheet"],
        "header_row": None if options["header"] is None else int(options["header"]),
    }
    if options["columns"] and options["header"] is None:
        # Whoever names the columns may have a file without names in it: only a known name decides.
        chosen.pop("header_row")
    return {name: value for name, value in chosen.items() if value is not None}


def _mapping(job: ImportJob, options: dict[str, Any]) -> list[str | None]:
    if options["columns"]:
        keys = [key.strip() for key in options["columns"].split(",")]
        return [None if key in ("-", "") else key for key in keys]
    if options["mapping"]:
        saved = ColumnMapping.objects.for_company(job.company).filter(
            name=options["mapping"], kind=job.kind
        )
        found = saved.first()
        if found is None:
            raise CommandError(
                f"There is no column mapping “{options['mapping']}”.", returncode=REFUSED
            )
        return list(found.mapping)
    return list(job.mapping)


def _options(job: ImportJob, options: dict[str, Any], own: dict[str, Any]) -> Options:
    chosen = {**job.options, **own, "partial": options["partial"], "message": options["message"]}
    chosen["again"] = options["again"] == "new"
    if options["dates"]:
        chosen["dates"] = options["dates"]
    return Options.from_json(chosen)


def _same_again(job: ImportJob, *, by_worker: bool) -> ImportJob:
    """Look for the import that this one repeats, and put it into that one's batch."""
    options, now = Options.from_json(job.options), timezone.now()
    runs.request_check(job=job, options=options, results_to=job.results_to, now=now)
    job = _finish(job, by_worker=by_worker)
    return answer_repeat(job=job, same=True) if repeat_of(job) else job


def _finish(job: ImportJob, *, by_worker: bool) -> ImportJob:
    """Work until the job has ended, or wait for the worker that does."""
    while True:
        before = job.attempt
        if not by_worker:
            jobs.run(ImportJob, job.pk)
        job = ImportJob.objects.select_related("company").get(pk=job.pk)
        if not job.is_active:
            return job
        # It broke and is tried again, a worker has it, or it waits for another of the company.
        if job.error or job.state == Job.State.RUNNING or job.attempt == before:
            time.sleep(0.5)


def _write_error_file(job: ImportJob, path: Path) -> None:
    _name, _type, content = error_file.download(job)
    with path.open("wb") as target:
        target.writelines(content)


def _answer(job: ImportJob) -> dict[str, Any]:
    """Return the outcome as the JSON answer has it. Columns are named as `--columns` names them."""
    checked = job.state == Job.State.DRAFT
    counts = job.findings.get("counts", {}) if checked else job.counts
    names = ("created", "updated", "unchanged", "skipped", "failed", "not_reached")
    answer: dict[str, Any] = {"id": job.number, "state": "checked" if checked else job.state}
    answer |= {name: counts.get(name, 0) for name in names}
    answer["rows"] = sum(answer[name] for name in names)
    answer["errors"] = list(islice(_errors(job), ERRORS_IN_JSON))
    return answer


def _errors(job: ImportJob) -> Iterator[dict[str, Any]]:
    if said := job.error or why_nothing(job):
        yield {"line": None, "column": "", "value": "", "reason": said}
    failed = ImportRow.objects.filter(job_id=job.pk, reasons__isnull=False).in_file_order()
    for row in failed[:ERRORS_IN_JSON]:
        for stored in row.reasons or ():
            reason = Reason(*stored)
            yield {
                "line": row.line,
                "column": reason.column,
                "value": reason.value,
                "reason": reason_text(reason),
            }


def _exit_code(job: ImportJob) -> int:
    written = any(job.counts.get(name) for name in ("created", "updated", "unchanged"))
    if job.state == Job.State.DRAFT:
        if job.error:
            return REFUSED
        failed = job.findings.get("counts", {}).get("failed", 0)
        return 0 if not failed else 1 if Options.from_json(job.options).partial else REFUSED
    if job.state == Job.State.DONE:
        return 0
    return 1 if written and job.state not in NOTHING_LEFT else REFUSED
