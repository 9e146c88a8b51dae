"""`manage.py check_ledger`: whether every balance is explained by its entries and its lots."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext

from core.models import Company
from loyalty.models import LedgerCheck
from loyalty.services.checking import check_ledger


class Command(BaseCommand):
    help = (
        "Compare balances, entries, lots and holds. Exit code 0: they agree; 1: they do not, and "
        "a list of those; 2: there is no such company."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--company", metavar="SLUG", help="its address: /c/SLUG/; all if not given"
        )

    def handle(self, **options: Any) -> None:
        companies = Company.objects.order_by("slug")
        if options["company"]:
            companies = companies.filter(slug=options["company"])
            if not companies:
                sentence = _("There is no company “%(slug)s”.") % {"slug": options["company"]}
                raise CommandError(sentence, returncode=2)
        wrong = 0
        for company in companies:
            check = check_ledger(company, now=timezone.now())
            wrong += check.wrong
            self.stdout.write(_counted(company, check))
            for finding in check.findings:
                self.stdout.write("  " + ", ".join(f"{k} {v}" for k, v in finding.items()))
        if wrong:
            raise SystemExit(1)


def _counted(company: Company, check: LedgerCheck) -> str:
    """Return how many accounts there are, and how many of them do not agree."""
    accounts = ngettext("%(count)s account", "%(count)s accounts", check.accounts)
    text = ngettext(
        "%(slug)s: %(accounts)s, %(wrong)s does not agree.",
        "%(slug)s: %(accounts)s, %(wrong)s do not agree.",
        check.wrong,
    )
    return text % {
        "slug": company.slug,
        "accounts": accounts % {"count": check.accounts},
        "wrong": check.wrong,
    }
