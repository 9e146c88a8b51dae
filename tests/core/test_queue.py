"""The queue without a server: whole messages, each to one consumer, whatever lies in the folder."""

import json
import subprocess
import sys
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection
from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport.filesystem import Transport

from tests.processes import ROOT

pytestmark = pytest.mark.pure

PROCESS = """
import sys
from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES
TRANSPORT_ALIASES["embedded"] = "core.queue:Transport"
does, folder, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
options = {"data_folder_in": folder, "data_folder_out": folder}
with Connection("embedded://localhost", transport_options=options) as connection:
    queue = connection.SimpleQueue("things")
    if does == "put":
        for number in range(first, first + count):
            queue.put({"number": number, "filling": "x" * 5000})
    else:
        while True:
            message = queue.get()
            message.ack()
            if message.payload == "the end":
                break
            assert len(message.payload["filling"]) == 5000
            print(message.payload["number"], flush=True)
"""


def process(does: str, folder: Path, first: int = 0, count: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, does, str(folder), str(first), str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def connect(folder: Path, transport: str = "embedded") -> Connection:
    TRANSPORT_ALIASES["embedded"] = "core.queue:Transport"
    # What another test has bound in this process is not bound in this folder.
    Transport.global_state.clear()
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
    if transport == "filesystem":
        options["control_folder"] = str(folder / "control")
    return Connection(f"{transport}://localhost", transport_options=options)


def test_each_message_reaches_exactly_one_of_many_consumers(tmp_path: Path) -> None:
    consumers = [process("take", tmp_path) for _ in range(3)]
    publishers = [process("put", tmp_path, first, 100) for first in (0, 100, 200)]
    assert [each.wait() for each in publishers] == [0] * 3
    with connect(tmp_path) as connection:
        # Messages come in their order, and who has taken the end takes nothing more.
        for _consumer in consumers:
            connection.SimpleQueue("things").put("the end")
    taken = [int(line) for each in consumers for line in each.communicate(timeout=180)[0].split()]
    assert [each.wait() for each in consumers] == [0] * 3
    assert sorted(taken) == list(range(300))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("transport", ["filesystem", "embedded"])
def test_a_half_written_message_harms_nobody(tmp_path: Path, transport: str) -> None:
    with connect(tmp_path, transport) as connection:
        queue = connection.SimpleQueue("things")
        queue.put({"number": 1})
        [written] = tmp_path.glob("*.msg")
        half = written.with_name(f"0{written.name}")
        half.write_text(written.read_text()[:40])
        if transport == "filesystem":
            # The fault: kombu's own transport hands the half to its consumer, which dies of it.
            with pytest.raises((ValueError, ChannelError)):
                queue.get(timeout=60)
        else:
            assert queue.get(timeout=60).payload == {"number": 1}
            assert not half.exists()


def test_what_is_being_written_is_no_message_yet(tmp_path: Path) -> None:
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("things")
        queue.put({"number": 1})
        [written] = tmp_path.glob("*.msg")
        aside = written.rename(f"{written}.part")
        with pytest.raises(Empty):
            queue.get(timeout=0.3)
        assert queue.qsize() == 0
        assert aside.exists()


def test_messages_come_in_the_order_in_which_they_were_put(tmp_path: Path) -> None:
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("things")
        for number in range(20):
            queue.put(number)
        assert [queue.get(timeout=60).payload for _ in range(20)] == list(range(20))


def test_one_queue_does_not_take_from_another(tmp_path: Path) -> None:
    with connect(tmp_path) as connection:
        connection.SimpleQueue("things").put(1)
        other = connection.SimpleQueue("other")
        other.put(2)
        assert other.get(timeout=60).payload == 2
        with pytest.raises(Empty):
            other.get(timeout=0.3)


def test_the_file_holds_what_kombu_made_of_the_message(tmp_path: Path) -> None:
    with connect(tmp_path) as connection:
        connection.SimpleQueue("things").put({"a": "ё"})
    [written] = tmp_path.glob("*.msg")
    assert {"body", "headers", "properties"} <= set(json.loads(written.read_text()))
