"""The web server and a worker, in one command: `manage.py start`."""

import os
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils.translation import gettext as _

from core.assets import collect_if_changed
from core.supervisor import supervise


class Command(BaseCommand):
    help = "Serve Regulars: the web server and a worker beside it, until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo",
            action="store_true",
            help="first bring the database up to date, and make the demo company",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        _claim_port(settings.HOST, settings.PORT)
        if options["demo"]:
            self.stdout.write(_("Bringing the database up to date ..."))
            call_command("migrate", interactive=False, verbosity=0)
        self._collect()
        if options["demo"]:
            call_command("demo", stdout=self.stdout)
            # The worker brings in what can only follow the guests.
            os.environ["DEMO"] = "1"
        connections.close_all()
        self.announced = False
        supervise({"web server": web_server(), "worker": worker()}, look=self.announce)
        self.stdout.write(_("Regulars has stopped."))

    def _collect(self) -> None:
        """Bring the static files up to date: an update must not be served in the old styles.

        Where they may only be read, somebody else collects them, and there is nothing to be done.
        """
        try:
            collect_if_changed()
        except OSError as error:
            text = _("The static files are not brought up to date: %(reason)s.")
            self.stderr.write(text % {"reason": error.strerror or error})

    def announce(self) -> None:
        """Say where to look, once the web server answers."""
        if self.announced:
            return
        try:
            socket.create_connection((_reachable(settings.HOST), settings.PORT), timeout=1).close()
        except OSError:
            return
        self.announced = True
        self.stdout.write(f"\nRegulars is at {settings.BASE_URL} - Ctrl-C stops it.\n")
        self.stdout.flush()


def web_server() -> list[str]:
    """Return the command of the web server. One blocking thread per process was the fastest."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws",
        "--host", settings.HOST, "--port", str(settings.PORT),
        "--workers", str(settings.WEB_PROCESSES), "--blocking-threads", "1",
        "--respawn-failed-workers", "--log-level", "warning", "config.wsgi:application",
    ]  # fmt: skip


def worker() -> list[str]:
    """Return the command of the worker: on the embedded queue one thread, on Redis processes."""
    pool = ["--pool", "threads", "--concurrency", "1"]
    if settings.REDIS_URL:
        pool = ["--pool", "prefork", "--concurrency", str(settings.WORKER_PROCESSES)]
    # That root may run pickled code is no danger where messages are JSON alone.
    quiet = ["-W", "ignore:You're running the worker with superuser"]
    return [
        sys.executable, *quiet, "-m", "celery", "--quiet", "--app", "config", "worker",
        "--loglevel", "warning", "--without-gossip", "--without-mingle", *pool,
    ]  # fmt: skip


def _claim_port(host: str, port: int) -> None:
    """Raise CommandError, with what to do, when nobody can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the web server does: a port that a stopped server left a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise CommandError(
                _(
                    "Port %(port)s cannot be used (%(reason)s). Perhaps Regulars is running "
                    "already; or else choose another port: make run PORT=8001"
                )
                % {"port": port, "reason": reason}
            ) from None


def _reachable(host: str) -> str:
    """Return an address at which this machine reaches a server that listens at `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - nothing is bound
