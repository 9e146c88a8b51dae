"""`manage.py export_guests`: a company's guests as a file that `import_guests` takes back."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from guests.models import Guest
from imports.guest_export import WRITERS, TooManyGuests, export_rows
from imports.management.answers import REFUSED
from imports.management.setting_up import company_of
from imports.management.whole_files import cannot_be_written, require_writable, whole_file


class Command(BaseCommand):
    help = (
        "Export the guests of a company, deleted ones too, in columns that import_guests reads. "
        "Exit code 0: done; 2: nothing written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--company", required=True, metavar="SLUG", help="its address: /c/SLUG/"
        )
        parser.add_argument(
            "--format",
            choices=list(WRITERS),
            help="that of --output if not given, else csv; of these import_guests reads csv and "
            "xlsx",
        )
        parser.add_argument(
            "--output",
            type=Path,
            metavar="PATH",
            help="a file, there as a whole or not at all; standard output if not given",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        company, output = company_of(options["company"]), options["output"]
        write = WRITERS[options["format"] or _format_of(output)]
        if output is not None:
            require_writable(output)
        rows = export_rows(company, Guest.objects.for_company(company))
        try:
            with _target(output) as target:
                write(rows, target)
        except TooManyGuests as error:
            raise CommandError(str(error), returncode=REFUSED) from error
        except BrokenPipeError:
            # Whoever read has enough: `| head`. Nothing may be written there at the end either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(1) from None
        except OSError as error:
            sentence = cannot_be_written(output or _("Standard output"), error)
            raise CommandError(sentence, returncode=REFUSED) from error


def _format_of(output: Path | None) -> str:
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return suffix if suffix in WRITERS else "csv"


@contextmanager
def _target(output: Path | None) -> Iterator[IO[bytes]]:
    """Give what to write to: a file that is there as a whole or not at all, or standard output."""
    if output is not None:
        with whole_file(output) as file:
            yield file
        return
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()
