"""`manage.py export_guests`: a company's guests as a file that `import_guests` takes back."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from core.models import Company
from guests.models import Guest
from imports.guest_export import WRITERS, TooManyGuests, export_rows


class Command(BaseCommand):
    help = "Export the guests of a company, deleted ones too, in columns that import_guests reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", required=True, metavar="SLUG")
        parser.add_argument(
            "--format", choices=list(WRITERS), help="By default that of --output, else csv."
        )
        parser.add_argument("--output", type=Path, metavar="PATH", help="Else standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        company = Company.objects.filter(slug=options["company"]).first()
        if company is None:
            raise CommandError(f"There is no company “{options['company']}”.", returncode=2)
        write = WRITERS[options["format"] or _format_of(options["output"])]
        rows = export_rows(company, Guest.objects.for_company(company))
        try:
            with _target(options["output"]) as target:
                write(rows, target)
        except (TooManyGuests, OSError) as error:
            raise CommandError(str(error)) from error


def _format_of(output: Path | None) -> str:
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return suffix if suffix in WRITERS else "csv"


@contextmanager
def _target(output: Path | None) -> Iterator[IO[bytes]]:
    """Give what to write to. A file appears under its name only when it is complete."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}-", delete=False) as file:
        unfinished = Path(file.name)
        try:
            yield file
            file.close()
            unfinished.replace(output)
        finally:
            unfinished.unlink(missing_ok=True)
