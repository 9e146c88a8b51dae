"""`manage.py flush` in a database with guards."""

from typing import Any

from django.core.management.commands import flush

from core import guards


class Command(flush.Command):
    help = flush.Command.help

    def handle(self, **options: Any) -> None:
        """Empty all tables. Django empties them in no order, which SQLite's guards would stop."""
        with guards.lifted(options["database"]):
            super().handle(**options)
