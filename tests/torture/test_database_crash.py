"""The database's server crashes in the middle of an import, and forgets what it had not yet put
on the disk: chunks that were committed, and seen by others."""

import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep

import psutil
import psycopg
import pytest

from tests.processes import ROOT, Worker, environment, eventually, free_port, manage
from tests.torture.kills import LEASE

pytestmark = [pytest.mark.torture, pytest.mark.slow, pytest.mark.postgres]


class Server:
    """A PostgreSQL of this test alone, which writes down nothing but what a commit waits for."""

    def __init__(self, folder: Path) -> None:
        self._bin = max(Path("/usr/lib/postgresql").glob("*/bin/postgres")).parent
        self._folder, self._port = folder, free_port()
        self._as: tuple[str, ...] = ()
        self.url = f"postgres://postgres@127.0.0.1:{self._port}/postgres"

    def make(self) -> None:
        self._folder.mkdir()
        if Path.home().owner() == "root":
            # It refuses to run as root.
            shutil.chown(self._folder, "postgres")
            self._as = ("runuser", "-u", "postgres", "--")
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self._run("initdb", "-D", f"{self._folder}/data", *options)

    def start(self) -> None:
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c fsync=off"
        options += f" -c unix_socket_directories={self._folder}"
        self._control("-l", f"{self._folder}/log", "-w", "-o", options, "start")
        # It would write the log to the disk that others do not wait for.
        eventually(self._writer).suspend()

    def crash(self) -> None:
        server, writer = self._process(), self._writer()
        assert writer is not None
        server.send_signal(signal.SIGQUIT)
        writer.send_signal(signal.SIGQUIT)
        writer.resume()
        server.wait(timeout=60)

    def _process(self) -> psutil.Process:
        pid = Path(f"{self._folder}/data/postmaster.pid").read_text().split()[0]
        return psutil.Process(int(pid))

    def _writer(self) -> psutil.Process | None:
        for each in self._process().children():
            if "walwriter" in " ".join(each.cmdline()):
                return each
        return None

    def ask(self, sql: str) -> tuple[int, ...]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(sql).fetchone()
        assert found is not None
        return found

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", f"{self._folder}/data", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        # To a file of its own: the server would keep a pipe open.
        command = [*self._as, str(self._bin / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


@pytest.fixture
def server() -> Iterator[Server]:
    with TemporaryDirectory(prefix="regulars-server-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = Server(folder / "cluster")
        server.make()
        server.start()
        yield server
        server.crash()


def checkpoint(server: Server) -> int:
    return server.ask("SELECT coalesce(max(checkpoint), 0) FROM imports_importjob")[0]


def reach(line: int, server: Server) -> int:
    """Wait until the import has committed this line; return up to which it has."""
    return eventually(lambda: (at := checkpoint(server)) >= line and at, every=0.01)


def write_guests(path: Path, count: int) -> None:
    lines = [f"+4479{n:08};Guest {n}" for n in range(count)]
    path.write_text("\n".join(["phone;name", *lines]))


def start_import(path: Path, server: Server, here: dict[str, str]) -> None:
    """Hand the file to whatever worker comes: the command that waits for the result is killed."""
    command = ("manage.py", "import_guests", str(path), "--company", "bella", "--partial")
    waiting = subprocess.Popen(
        [sys.executable, *command, "--queue"], cwd=ROOT, env=environment(**here)
    )
    queued = "SELECT count(queued_at) FROM imports_importjob"
    eventually(lambda: server.ask(queued)[0])
    waiting.kill()
    waiting.wait()


def test_what_the_server_forgot_is_imported_again_and_nothing_twice(
    server: Server,
    start_worker: Callable[..., Worker],
    tmp_path: Path,
    rounds: int,
    rng: random.Random,
) -> None:
    everyone = 1_000 * (rounds + 1)
    write_guests(tmp_path / "guests.csv", everyone)
    here = {"DATABASE_URL": server.url, "REDIS_URL": "", "VAR_DIR": str(tmp_path / "var")}
    assert manage("migrate", "-v0", **here).returncode == 0
    assert manage("create_company", "bella", "--name", "Bella", **here).returncode == 0
    start_import(tmp_path / "guests.csv", server, here)
    # Whatever the worker did by the clock would have the disk take up all that was committed.
    quick = {"IMPORT_CHUNK_ROWS": "20", "JOB_LEASE_SECONDS": str(LEASE)}
    quick["CLOCK_TICK_SECONDS"] = "600"
    forgotten = 0
    for line in sorted(rng.sample(range(40, everyone * 3 // 4), rounds)):
        worker = start_worker(**here, **quick)
        seen = reach(max(line, checkpoint(server) + 20), server)
        server.crash()
        worker.kill()
        assert worker.process is not None
        assert worker.process.returncode == -signal.SIGKILL
        server.start()
        forgotten += checkpoint(server) < seen
        # The next worker looks once, as it starts, for jobs whose lease has run out.
        sleep(LEASE)
    assert forgotten, "nothing that was seen was forgotten"
    start_worker(**here, **quick)
    eventually(lambda: server.ask("SELECT count(finished_at) FROM imports_importjob")[0])
    # An end is told of: with it all that came before is on the disk.
    server.crash()
    server.start()
    rows = "count(*), count(DISTINCT line), max(line), count(DISTINCT guest_id)"
    found = server.ask(f"SELECT {rows} FROM imports_importrow")
    assert found == (everyone, everyone, everyone + 1, everyone)
    found = server.ask("SELECT count(*), count(DISTINCT phone) FROM guests_guest")
    assert found == (everyone, everyone)
    counts = "SELECT (counts->>'created')::int, done FROM imports_importjob"
    assert server.ask(counts) == (everyone, everyone)
