"""`make bench-growth`: how much slower the list of guests is with more of them.

Two processes, one with SMALL guests (default 10,000) and one with LARGE (1,000,000), each in a
database of its own that is left for the next run, are asked for the same pages of `make bench-list`
by turns, RUNS times each. The medians count: what slows the machine down slows both down. With few
thousand guests the bar's search finds one alone and leads to the record instead of answering. The
last line printed is one JSON object with every pair, in milliseconds, and how many times slower
each is.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

SMALL = os.environ.get("SMALL", "10000")
LARGE = os.environ.get("LARGE", "1000000")
RUNS = int(os.environ.get("RUNS", "25"))


def main() -> None:
    with ExitStack() as stack:
        small, large = (stack.enter_context(_asked(guests)) for guests in (SMALL, LARGE))
        figures = {}
        for name in small.names:
            # The first pair only warms up.
            pairs = [(small(name), large(name)) for _run in range(RUNS + 1)][1:]
            figures[name] = [round(statistics.median(each), 1) for each in zip(*pairs, strict=True)]
            few, many = figures[name]
            print(f"{name:46} {few:7.1f} {many:7.1f} ms {many / few:6.2f} x", file=sys.stderr)
    growth = {name: round(many / few, 2) for name, (few, many) in figures.items()}
    steepest = max(growth, key=lambda name: growth[name])
    told = {"small": int(SMALL), "large": int(LARGE), "runs": RUNS, "milliseconds": figures}
    print(json.dumps({**told, "growth": growth, "steepest": steepest, "most": growth[steepest]}))


class _Asked:
    """A process that asks for a page and says how many milliseconds it took."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.names: list[str] = json.loads(self._answer())

    def __call__(self, name: str) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            sys.exit("bench-growth: a process ended before it had answered")
        return line


@contextmanager
def _asked(guests: str) -> Iterator[_Asked]:
    command = [sys.executable, "-m", "tests.bench.bench_growth", "answer"]
    surroundings = {**os.environ, "GUESTS": guests, "KEEP": "1"}
    with subprocess.Popen(
        command, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield _Asked(process)


def answer() -> None:
    """Print the names of the pages, then for each name that is read how long the page took."""
    from tests.bench import bench_list

    with bench_list.company_of_guests() as company:
        asks = bench_list.pages_of(company)
        at_once = [name for name in asks if not name.startswith(bench_list.LATER)]
        print(json.dumps(at_once), flush=True)
        for line in sys.stdin:
            print(_milliseconds(asks[line.strip()]), flush=True)


def _milliseconds(ask: Callable[[], Any]) -> float:
    started = time.perf_counter()
    ask()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    answer() if sys.argv[1:] == ["answer"] else main()
