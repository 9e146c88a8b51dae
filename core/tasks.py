"""The Celery tasks of every app's jobs and mail: ids in, one service call."""

import logging
from typing import Any

from celery import Task, shared_task

from core import jobs

logger = logging.getLogger(__name__)


class Hint(Task):
    """A task whose message may get lost: the sweep covers it (core.services.jobs)."""

    def hint(self, *args: Any) -> bool:
        """Publish without waiting for a queue that is away; return whether it was there."""
        try:
            self.apply_async(args=args, retry=False)
        except Exception:  # noqa: BLE001 - each transport has errors of its own for being away
            logger.warning("The queue is away; the sweep will bring %s %s", self.name, args)
            return False
        return True


@shared_task(base=Hint)
def run_job(label: str, pk: int) -> None:
    """Do the job `pk` of the model `label`, if it waits to be done."""
    from core.services.jobs import run

    run(jobs.model_of(label), pk)


@shared_task(base=Hint)
def send_mail(pk: int) -> None:
    """Send the mail `pk`, if it is due."""
    from core.services.mail import send

    send(pk)
