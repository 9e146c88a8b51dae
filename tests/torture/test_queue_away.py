"""Redis restarted in the middle of an import: its messages are gone, and nothing else."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from django.utils import timezone

from core.models import Company, Job
from imports.models import ImportJob
from imports.services import runs
from tests.processes import ROOT, Worker, environment, eventually
from tests.torture.conftest import Prepare
from tests.torture.guest_list import GuestList, problems, wrong_guests
from tests.torture.progress import ended, is_past, reach

pytestmark = [pytest.mark.torture, pytest.mark.slow, pytest.mark.redis]


class RedisServer:
    """A redis-server of the test's own, which keeps nothing: it comes back empty."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = {"--port": str(self.port), "--bind": "127.0.0.1", "--save": "", "--dir": "."}
        command = ["redis-server", *(part for option in options.items() for part in option)]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        eventually(self.answers)

    def answers(self) -> bool:
        with redis.Redis.from_url(self.url) as client, suppress(redis.ConnectionError):
            return bool(client.ping())
        return False

    def keys(self) -> int:
        with redis.Redis.from_url(self.url) as client:
            return int(client.dbsize())

    def mark(self) -> None:
        """Leave something in it that is gone when it comes back empty."""
        with redis.Redis.from_url(self.url) as client:
            client.set("mark", "1")

    def is_marked(self) -> bool:
        with redis.Redis.from_url(self.url) as client:
            return bool(client.exists("mark"))

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


def test_an_import_survives_a_restarted_redis(
    bella: Company,
    prepare: Prepare,
    start_import: Prepare,
    quick_worker: Callable[..., Worker],
    own_redis: RedisServer,
) -> None:
    guests = GuestList(1_500)
    first = start_import(bella, guests)
    second = prepare(bella, guests, known=False)
    worker = quick_worker(REDIS_URL=own_redis.url, JOB_LEASE_SECONDS="30")
    reach(first, "import", 100)
    second = runs.start_import(job=second, actor=None, source="web", now=timezone.now())
    own_redis.mark()
    own_redis.kill()
    assert not is_past(first, "import", 1_500), "it was away in the middle of the import"
    time.sleep(0.5)
    own_redis.start()
    assert not own_redis.is_marked(), "what was in it is gone"
    first, second = ended(first), ended(second)
    assert "onnection to broker lost" in worker.output()
    assert worker.is_running()
    assert (first.attempt, second.attempt) == (1, 1)
    assert problems(first, guests) == []
    assert second.state == Job.State.DONE_WITH_ERRORS
    assert wrong_guests(bella, guests) == []


def test_an_import_asked_for_while_redis_is_away_is_not_forgotten(
    bella: Company, quick_worker: Callable[..., Worker], tmp_path: Path
) -> None:
    own_redis = RedisServer(tmp_path)
    guests = GuestList(200, faultless=True)
    file = tmp_path / "guests.csv"
    file.write_text(guests.content())
    command = ["manage.py", "import_guests", str(file), "--company", "bella", "--queue"]
    said = tmp_path / "said.txt"
    with said.open("w") as log:
        asked = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment(REDIS_URL=own_redis.url),
            stderr=log,
        )
    try:
        eventually(lambda: "The queue is away" in said.read_text())
        job = ImportJob.objects.waiting().get()
        own_redis.start()
        assert own_redis.keys() == 0, "no message tells of it"
        quick_worker(REDIS_URL=own_redis.url)
        assert asked.wait(timeout=180) == 0, said.read_text()
    finally:
        asked.kill()
        own_redis.kill()
    assert ended(job).counts["created"] == 180
