"""The queue without a server: one file per message under `var/queue`.

kombu's filesystem transport with what it lacks for several processes: a message appears whole or
not at all, exactly one consumer gets it, and one that cannot be read harms nobody. Bindings stay
in the memory of each process, for everyone who publishes or consumes declares the queue first.
A message that a dying worker had taken is gone; the sweep (core.services.jobs) makes up for it.
"""

import json
import logging
import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem, virtual

logger = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """One folder in which every `<time>-<uuid>.<queue>.msg` is a message that waits."""

    # The parent keeps bindings in shared files, which a second process may read half-written.
    supports_fanout = False
    get_table = virtual.Channel.get_table  # type: ignore[assignment]
    _delete = virtual.Channel._delete

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Add `payload` to `queue`: written aside, then renamed, so that nobody sees half of it."""
        name = f"{time.time_ns()}-{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        aside = folder / f"{name}.part"
        aside.write_text(json.dumps(payload))
        aside.replace(folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        """Take the oldest message of `queue`. Raises Empty when there is none.

        Who succeeds in removing the file has the message: of several that read it, one does.
        """
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 - only names are needed
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            try:
                text = (folder / name).read_text()
                (folder / name).unlink()
            except FileNotFoundError:
                continue
            try:
                return json.loads(text)
            except ValueError:
                logger.error("Dropped a message that cannot be read: %s", name)
        raise Empty


class Transport(filesystem.Transport):
    """Known to kombu as `embedded://` (config.celery)."""

    Channel = Channel
    # Without fanout Celery leaves out remote control, which a single worker has no use for.
    implements = filesystem.Transport.implements.extend(exchange_type=frozenset(["direct"]))
    # Seconds between two looks into an empty queue.
    polling_interval = 0.2

    def drain_events(  # type: ignore[override]
        self, connection: Any, **kwargs: Any
    ) -> None:
        """Wait for messages, for half a second at most: then a worker looks whether to stop."""
        if kwargs.get("timeout"):
            kwargs["timeout"] = min(kwargs["timeout"], 0.5)
        super().drain_events(connection, **kwargs)
