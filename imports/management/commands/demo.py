"""The demo company, for a first look and for development."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from imports.services import demo


class Command(BaseCommand):
    help = "Make the demo company unless it is there, and say how to sign in."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            company = demo.make_demo(now=timezone.now())
        except demo.NotTheDemo as error:
            raise CommandError(str(error)) from None
        passwords = demo.passwords(company)
        address = f"{settings.BASE_URL}/c/{company.slug}/"
        text = _("The demo company is %(address)s") % {"address": address}
        self.stdout.write(f"\n{text}")
        for role, password in passwords.items():
            self.stdout.write(f"  {role.label:<9} {demo.address(role):<24} {password}")
