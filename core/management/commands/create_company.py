"""How an installation gets its companies: `create_company bella --name Bella --owner a@b.c`."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Change, Company, Role
from core.services import companies


class Command(BaseCommand):
    help = (
        "Make a company, and invite its owner by e-mail. Exit code 0: made; 2: refused, nothing "
        "is made."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="its address: /c/SLUG/; letters, digits and hyphens")
        parser.add_argument("--name", required=True, help="its name, as people see it")
        parser.add_argument("--region", default="GB", help="country of its phones (%(default)s)")
        parser.add_argument("--currency", default="GBP", help="ISO 4217 (%(default)s)")
        parser.add_argument("--timezone", default="UTC", help="IANA name (%(default)s)")
        parser.add_argument("--owner", metavar="EMAIL", help="who gets the invitation")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            company = self._create(options)
        except ValidationError as error:
            raise CommandError("\n".join(_sentences(error)), returncode=2) from None
        made = {"company": company.name, "slug": company.slug}
        self.stdout.write(_("Made %(company)s: /c/%(slug)s/") % made)
        if options["owner"]:
            text = _("%(email)s is invited to be its owner; the worker mails the invitation.")
            self.stdout.write(text % {"email": options["owner"]})

    @transaction.atomic
    def _create(self, options: dict[str, Any]) -> Company:
        """Make company and owner, or neither."""
        now = timezone.now()
        company = companies.create_company(
            slug=options["slug"],
            name=options["name"],
            region=options["region"].upper(),
            currency=options["currency"].upper(),
            timezone=options["timezone"],
            actor=None,
            source=Change.Source.COMMAND,
            now=now,
        )
        if options["owner"]:
            companies.invite(
                company=company,
                email=options["owner"],
                role=Role.OWNER,
                actor=None,
                source=Change.Source.COMMAND,
                now=now,
            )
        return company


def _sentences(error: ValidationError) -> list[str]:
    """Return one line for each fault, which names the option; the address needs no name."""
    options = {"slug": "", "email": "--owner: "}
    return [
        f"{options.get(field, f'--{field}: ')}{message}"
        for field, messages in error.message_dict.items()
        for message in messages
    ]
