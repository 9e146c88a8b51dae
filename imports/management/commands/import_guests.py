"""`manage.py import_guests`: a file of guests."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from core.models import Company
from guests.models import Category
from guests.normalize import fold
from imports.columns import GUESTS
from imports.management.answers import REFUSED
from imports.management.import_command import ImportCommand


class Command(ImportCommand):
    help = (
        "Import guests from a .csv or .xlsx file. Exit code 0: done, nothing failed; "
        "1: done in part; 2: refused, nothing written."
    )
    kind = GUESTS

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--policy",
            choices=["update", "protect"],
            help="what may be overwritten: all, or no personal data; the company's if not given",
        )
        parser.add_argument(
            "--categories",
            metavar="A,B",
            help="categories for the guests; the default ones if not given",
        )

    def own_options(self, company: Company, options: dict[str, Any]) -> dict[str, Any]:
        own: dict[str, Any] = {}
        if options["policy"]:
            own["preset"] = options["policy"]
        if options["categories"] is not None:
            own["categories"] = list(_category_ids(company, options["categories"]))
        return own


def _category_ids(company: Company, names: str) -> Iterator[int]:
    known = {
        fold(name): pk
        for name, pk in Category.objects.for_company(company).values_list("name", "pk")
    }
    for name in filter(None, (part.strip() for part in names.split(","))):
        if fold(name) not in known:
            sentence = _("There is no category “%(name)s”.") % {"name": name}
            raise CommandError(sentence, returncode=REFUSED)
        yield known[fold(name)]
