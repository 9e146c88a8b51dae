"""What the commands share that bring a file in, from a script or cron, by the web's services."""

import json
import sys
import time
from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.busy import SENTENCE, is_busy
from core.models import Change, Company
from imports import error_file
from imports.columns import FileKind
from imports.management import answers
from imports.management.finishing import finish
from imports.management.setting_up import DELIMITERS, draft_of
from imports.management.whole_files import cannot_be_written, whole_file
from imports.models import ImportJob
from imports.options import Options
from imports.pipeline.read import FileRefused
from imports.services import drafts, runs
from imports.services.money import answer_repeat, repeat_of
from imports.services.uploads import MappingRefused

#: How many errors are printed; the JSON answer holds more.
ERRORS_SHOWN = 10


class ImportCommand(BaseCommand):
    """A file in: exit code 0 is done with nothing failed, 1 done in part, 2 refused, nothing
    written. A subclass says what kind of file it is and adds the options of its own."""

    kind: FileKind
    #: Whether its files can hold credits.
    credits = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_reading(parser)
        add_doing(parser)
        if self.credits:
            add_crediting(parser)
        else:
            parser.set_defaults(again=None, message=False)

    def own_options(self, company: Company, options: dict[str, Any]) -> dict[str, Any]:
        """Return the imports.options.Options that a subclass's own arguments say."""
        return {}

    def run_from_argv(self, argv: list[str]) -> None:
        """Take what follows --columns for its value, also when its first column is left out.

        argparse takes “-,phone” for an option otherwise.
        """
        if "--columns" in argv[:-1]:
            place = argv.index("--columns")
            argv = [*argv[:place], f"--columns={argv[place + 1]}", *argv[place + 2 :]]
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        job = self._set_up(options, started=started)
        try:
            job = self._carry_out(job, options)
        except OperationalError as error:
            if not is_busy(error):
                raise
            # Before it began: once it has, it waits for its turn (finishing).
            number = None if drafts.leave_nothing(job=job) else job.number
            self._refuse(str(SENTENCE), options, number=number, started=started)
        except KeyboardInterrupt:
            job = ImportJob.objects.select_related("company").get(pk=job.pk)
            if answers.is_checked_only(job):
                sentence = _("Broken off while the file was checked: nothing was written.")
                self._refuse(sentence, options, number=job.number, started=started)
        if job.is_active:
            self._say_what_goes_on(job, by_worker=options["queue"])
        elif options["error_file"]:
            self._write_error_file(job, options["error_file"])
        self._report(job, options, started=started)
        sys.exit(answers.exit_code(job))

    def _set_up(self, options: dict[str, Any], *, started: float) -> ImportJob:
        """Return a draft import, or say why the file was not even kept and exit."""
        try:
            return draft_of(options, kind=self.kind, own_options=self.own_options, say=self._say)
        except MappingRefused as refused:
            hint = "" if options["columns"] else _("Say what the columns are by --columns.")
            self._refuse(f"{refused} {hint}".strip(), options, number=None, started=started)
        except (FileRefused, CommandError) as refused:
            self._refuse(str(refused), options, number=None, started=started)
        except KeyboardInterrupt:
            sentence = _("Broken off before anything was imported.")
            self._refuse(sentence, options, number=None, started=started)
        except OperationalError as error:
            if not is_busy(error):
                raise
            self._refuse(str(SENTENCE), options, number=None, started=started)

    def _refuse(
        self, sentence: str, options: dict[str, Any], *, number: int | None, started: float
    ) -> NoReturn:
        if not options["json"]:
            raise CommandError(sentence, returncode=answers.REFUSED)
        answer = answers.refusal(sentence, kind=self.kind.key, number=number)
        self._write_json(answer, started=started)
        sys.exit(answers.REFUSED)

    def _carry_out(self, job: ImportJob, options: dict[str, Any]) -> ImportJob:
        """Check or import the file, and return the job when it has ended."""
        by_worker, now = options["queue"], timezone.now()
        if options["again"] == "same":
            self._check(job)
            job = _same_again(finish(job, by_worker=by_worker, say=self._say))
        if options["check"]:
            self._check(job)
        else:
            runs.start_import(job=job, actor=None, source=Change.Source.COMMAND, now=now)
        return finish(job, by_worker=by_worker, say=self._say)

    def _check(self, job: ImportJob) -> None:
        options, now = Options.from_json(job.options), timezone.now()
        runs.request_check(job=job, options=options, results_to=job.results_to, now=now)

    def _say(self, sentence: str) -> None:
        """Tell whoever watches: standard output is for the result alone."""
        self.stderr.write(sentence, self.style.NOTICE)
        self.stderr.flush()

    def _say_what_goes_on(self, job: ImportJob, *, by_worker: bool) -> None:
        params = {"number": job.number, "page": _page(job)}
        if by_worker:
            text = _("Import %(number)s goes on without this command: %(page)s")
        elif job.state == ImportJob.State.QUEUED:
            text = _("Import %(number)s has not begun. The next worker ends it: %(page)s")
        else:
            text = _(
                "Import %(number)s was broken off. What was written by then stays in, and a worker "
                "takes it up again to stop it in order: %(page)s"
            )
        self._say(text % params)

    def _write_error_file(self, job: ImportJob, path: Path) -> None:
        """What was imported is imported: an error file that fails changes nothing of that."""
        _name, _type, content = error_file.download(job)
        try:
            with whole_file(path) as target:
                target.writelines(content)
        except OSError as error:
            text = _(
                "%(why)s The import is not touched by that. Its errors are here, too: %(page)s"
            )
            self._say(text % {"why": cannot_be_written(path, error), "page": _page(job)})

    def _report(self, job: ImportJob, options: dict[str, Any], *, started: float) -> None:
        answer = answers.answer(job)
        if options["json"]:
            self._write_json(answer, started=started)
            return
        of_file = [error for error in answer["errors"] if error["line"] is None]
        of_lines = [error for error in answer["errors"] if error["line"] is not None]
        for error in of_file:
            self.stdout.write(error["reason"])
        if hint := _hint(job):
            self.stdout.write(hint)
        self.stdout.write(_headline(job) % {**answer, "state": job.get_state_display()})
        for sentence in answers.besides_in_words(job):
            self.stdout.write("  " + sentence)
        for error in of_lines[:ERRORS_SHOWN]:
            self.stdout.write("  " + _("line %(line)s: %(reason)s") % error)
        if len(of_lines) > ERRORS_SHOWN and not options["error_file"]:
            self.stdout.write("  … " + _("--error-file PATH writes them all."))
        if of_lines and not of_file and not options["partial"]:
            self.stdout.write(_("--partial leaves out lines with errors and imports the others."))

    def _write_json(self, answer: dict[str, Any], *, started: float) -> None:
        answer["seconds"] = round(time.monotonic() - started, 3)
        self.stdout.write(json.dumps(answer, ensure_ascii=False))


def add_reading(parser: ArgumentParser) -> None:
    """Add the arguments that say which file it is and how it is read."""
    parser.add_argument("file", type=Path, help="a .csv or .xlsx file")
    parser.add_argument("--company", required=True, metavar="SLUG", help="its address: /c/SLUG/")
    parser.add_argument(
        "--delimiter", choices=list(DELIMITERS), help="of a text file; found if not given"
    )
    parser.add_argument(
        "--encoding", choices=["utf-8", "windows-1251"], help="of a text file; found if not given"
    )
    parser.add_argument(
        "--header",
        action=BooleanOptionalAction,
        default=None,
        help="whether the first row names the columns; found if not given",
    )
    parser.add_argument("--sheet", metavar="NAME", help="of a workbook; the first if not given")
    parser.add_argument(
        "--columns",
        metavar="A,B,…",
        help="fields in the file's order; - leaves a column out; found if not given",
    )
    parser.add_argument(
        "--mapping",
        metavar="NAME",
        help="a saved column mapping instead, with the way it says the file is read; columns go "
        "by their names, or without a header by their places",
    )
    parser.add_argument(
        "--dates",
        choices=["dmy", "mdy"],
        default="",
        help="whether day or month comes first, where the file cannot tell",
    )
    parser.add_argument(
        "--decimal",
        choices=[".", ","],
        default="",
        help="what stands before decimals, where amounts as 1.234 cannot tell",
    )


def add_doing(parser: ArgumentParser) -> None:
    """Add the arguments that say what is done with the file, and what is told of it."""
    parser.add_argument("--partial", action="store_true", help="leave out lines with errors")
    parser.add_argument("--check", action="store_true", help="check only, write nothing")
    parser.add_argument(
        "--corrects",
        type=int,
        metavar="IMPORT",
        help="number of the import whose corrected error file this is",
    )
    parser.add_argument("--email", default="", metavar="ADDRESS", help="where the result is mailed")
    parser.add_argument("--queue", action="store_true", help="let a worker do it, and wait for it")
    parser.add_argument(
        "--error-file",
        type=Path,
        metavar="PATH",
        help="write the failed lines there, each with what is wrong, in the format of FILE",
    )
    parser.add_argument(
        "--json", action="store_true", help="end standard output with one line of JSON"
    )


def add_crediting(parser: ArgumentParser) -> None:
    """Add the arguments that are about credits."""
    parser.add_argument(
        "--again",
        choices=["new", "same"],
        help="what credits are that another import gave already: new ones, or the same again",
    )
    parser.add_argument(
        "--message", action="store_true", help="tell guests of their credits by e-mail"
    )


def _headline(job: ImportJob) -> str:
    """Return the sentence that counts what became of the lines."""
    if answers.is_checked_only(job):
        return _(
            "Import %(id)s: checked, nothing was written. It would be %(created)s created, "
            "%(updated)s updated, %(unchanged)s unchanged, %(skipped)s skipped, %(failed)s failed."
        )
    return _(
        "Import %(id)s: %(state)s. %(created)s created, %(updated)s updated, %(unchanged)s "
        "unchanged, %(skipped)s skipped, %(failed)s failed, %(not_reached)s not reached."
    )


def _hint(job: ImportJob) -> str:
    """Return which option answers what the file as a whole leaves open."""
    code = job.findings.get("file", {}).get("code", "")
    options = {"dates": ("--dates dmy", "--dates mdy"), "amounts": ("--decimal .", "--decimal ,")}
    one, other = options.get(code.partition("_")[0], ("", ""))
    if not one and (job.error or answers.is_checked_only(job)) and repeat_of(job):
        one, other = "--again same", "--again new"
    text = _("Say it by “%(one)s” or by “%(other)s”.")
    return text % {"one": one, "other": other} if one else ""


def _page(job: ImportJob) -> str:
    return settings.BASE_URL + reverse("imports:detail", args=[job.company.slug, job.number])


def _same_again(job: ImportJob) -> ImportJob:
    """Put a checked import into the batch of the one that it repeats, if there is one."""
    if repeat_of(job):
        return answer_repeat(job=job, same=True)
    if answers.counts_of(job).get("failed") and not Options.from_json(job.options).partial:
        # An import is refused for its errors where it is checked on its way: have it checked anew.
        return drafts.have_checked_anew(job=job)
    return job
