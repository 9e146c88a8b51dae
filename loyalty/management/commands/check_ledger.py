"""`manage.py check_ledger`: whether every balance is explained by its entries and its lots."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core.models import Company
from loyalty.services.checking import check_ledger


class Command(BaseCommand):
    help = "Compare balances, entries, lots and holds. Exit 1 and a list when they do not agree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--company", help="The company's slug; all of them without it.")

    def handle(self, **options: Any) -> None:
        companies = Company.objects.order_by("slug")
        if options["company"]:
            companies = companies.filter(slug=options["company"])
            if not companies:
                raise CommandError(f"There is no company “{options['company']}”.", returncode=2)
        wrong = 0
        for company in companies:
            check = check_ledger(company, now=timezone.now())
            wrong += check.wrong
            self.stdout.write(
                f"{company.slug}: {check.accounts} accounts, {check.wrong} do not agree."
            )
            for finding in check.findings:
                self.stdout.write("  " + ", ".join(f"{k} {v}" for k, v in finding.items()))
        if wrong:
            raise SystemExit(1)
