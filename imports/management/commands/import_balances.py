"""`manage.py import_balances`: a file of credits and debits, or of balances."""

from argparse import ArgumentParser
from typing import Any

from core.models import Company
from imports.columns import BALANCES
from imports.management.import_command import ImportCommand


class Command(ImportCommand):
    help = (
        "Top balances up from a .csv or .xlsx file, or set them. Exit code 0: done, nothing "
        "failed; 1: done in part; 2: refused, nothing written."
    )
    kind = BALANCES

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--mode",
            choices=["topup", "set"],
            default="topup",
            help="topup: amounts are credited, negative ones debited; set: they are the balances",
        )

    def own_options(self, company: Company, options: dict[str, Any]) -> dict[str, Any]:
        return {"mode": options["mode"]}
