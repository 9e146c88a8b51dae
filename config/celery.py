"""The Celery application: Redis in production, files under `var/queue` by default."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready, worker_shutting_down
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
TRANSPORT_ALIASES["embedded"] = "core.queue:Transport"
TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "core.redis_queue:Transport"

app = Celery("regulars")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def _start_clock(**kwargs: Any) -> None:
    from core import clock

    clock.start()


@worker_shutting_down.connect
def _stop_work(**kwargs: Any) -> None:
    from core import clock
    from core.services import jobs

    clock.stop()
    jobs.end_soon()
