"""For whoever lost phone and recovery codes: `turn_off_second_factor anna@bella.example`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Change, User
from core.services import second_factor


class Command(BaseCommand):
    help = "Take somebody's second factor away, and sign them out everywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the address they sign in with")

    def handle(self, *args: Any, **options: Any) -> None:
        email = User.objects.normalize_email(options["email"])
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(_("Nobody signs in as %(email)s.") % {"email": email})
        if not second_factor.is_on(user):
            raise CommandError(_("%(email)s has no second factor.") % {"email": email})
        second_factor.reset(user=user, source=Change.Source.COMMAND, now=timezone.now())
        text = _("%(email)s signs in with the password alone, and is signed out elsewhere.")
        self.stdout.write(text % {"email": email})
