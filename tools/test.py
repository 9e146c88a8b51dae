"""Run the suite on all that can be reached, and say what was left out and how to have it.

First on SQLite and the embedded queue, which need nothing; then what depends on a database or a
queue once more, on PostgreSQL and Redis, when they answer: at DATABASE_URL and REDIS_URL, or at
their usual local addresses. With REQUIRE_ALL=1 it fails rather than leave anything out.

Tests in a browser wait for a machine that may be busy with all the others: when nothing else
failed, those are run once more, alone. What passes then is named as unsteady, for it wants mending,
and does not stop the change.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = ["postgres://postgres@127.0.0.1:5432/postgres", "postgres:///postgres"]
REDIS = "redis://127.0.0.1:6379/0"
AXE = ROOT / "var/axe/node_modules/axe-core/axe.min.js"
BROWSERS = ("chromium", "chromium-browser")
#: What pytest answers when tests failed, and when there were none.
FAILED, NOTHING_COLLECTED = 1, 5


@dataclass(frozen=True)
class Servers:
    """Where they answer; empty for those that do not."""

    postgres: str
    redis: str
    browser: str
    axe: str

    def missing(self) -> list[str]:
        """Return a line for each that is not there: what was left out, and how to have it."""
        lines = {
            "PostgreSQL: start one, or say where: DATABASE_URL=postgres://user@host/name": (
                self.postgres
            ),
            "Redis: start one, or say where: REDIS_URL=redis://host:6379/0": self.redis,
            "the browser's tests: install Chromium (on Debian: apt install chromium)": self.browser,
            "axe-core's look at the pages: npm install --prefix var/axe axe-core@4": self.axe,
        }
        return [line for line, found in lines.items() if not found]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torture", action="store_true", help="only torture, and all of it")
    options, rest = parser.parse_known_args()
    servers = Servers(find_postgres(), find_redis(), find_browser(), find_axe())
    require_all = os.environ.get("REQUIRE_ALL") == "1"
    if require_all and servers.missing():
        print("Not there, though nothing may be left out:", *servers.missing(), sep="\n  ")
        return 1
    counts: Counter[str] = Counter()
    codes = [
        run("SQLite and the embedded queue", first(servers, options.torture), rest, {}, counts)
    ]
    if servers.postgres or servers.redis:
        names = {"PostgreSQL": servers.postgres, "Redis": servers.redis}
        title = " and ".join(name for name, found in names.items() if found)
        where = {"DATABASE_URL": servers.postgres, "REDIS_URL": servers.redis}
        codes.append(run(title, second(servers, options.torture), rest, where, counts))
    tell(servers, counts)
    unclean = not counts["passed"] or (require_all and counts["skipped"] > 0)
    return max(codes) or int(unclean)


def first(servers: Servers, torture: bool) -> str:
    """Return the marker expression of the run that needs no server."""
    wanted = ["not postgres", "not redis"]
    return " and ".join([*wanted, *common(servers, torture)])


def second(servers: Servers, torture: bool) -> str:
    """Return that of the run on servers: what meets neither, and the browser, had its turn."""
    wanted = ["not pure", "not browser"]
    wanted.append("not sqlite" if servers.postgres else "not postgres")
    if not servers.redis:
        wanted.append("not redis")
    return " and ".join([*wanted, *common(servers, torture)])


def common(servers: Servers, torture: bool) -> list[str]:
    wanted = [] if servers.browser else ["not browser"]
    return [*wanted, *([] if servers.axe else ["not axe"]), *(["torture"] if torture else [])]


def run(
    title: str, markers: str, rest: list[str], where: dict[str, str], counts: Counter[str]
) -> int:
    """Run pytest once, add to `counts`, and return its exit code; no test at all is no failure."""
    print(f"\n== On {title}", flush=True)
    # Dozens of processes are started: what they import is compiled once, whatever the shell says.
    own = {"DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE"}
    clean = {key: value for key, value in os.environ.items() if key not in own}
    if "torture" in markers:
        clean.setdefault("TORTURE", "20")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable, "-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal",
            "-m", markers, "--junitxml", str(report), *rest,
        ]  # fmt: skip
        env = clean | {key: value for key, value in where.items() if value}
        code = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
        found: Counter[str] = count(report) if report.exists() else Counter()
        if code == FAILED and (tests := failed_in_browser(report)) and passes_alone(tests, env):
            found["failed"], found["unsteady"], code = 0, len(tests), 0
    counts.update(found)
    return 0 if code == NOTHING_COLLECTED else code


def failed_in_browser(report: Path) -> list[str]:
    """Return the tests that failed if all of them use the browser, else none."""
    cases = ElementTree.parse(report).iter("testcase")  # noqa: S314 - pytest wrote it
    failed = [
        case for case in cases if case.find("failure") is not None or case.find("error") is not None
    ]
    files = [str(case.get("classname")).replace(".", "/") + ".py" for case in failed]
    if not all(file.startswith("tests/browser/") for file in files):
        return []
    return sorted({f"{file}::{case.get('name')}" for file, case in zip(files, failed, strict=True)})


def passes_alone(tests: list[str], env: dict[str, str]) -> bool:
    print("\n== Again, alone, because only these failed:", *tests, sep="\n  ", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *tests]
    passed = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode == 0
    if passed:
        print("\nUnsteady (passed when run alone, and want mending):", *tests, sep="\n  ")
    return passed


def count(report: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314 - pytest wrote it
        numbers = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors")}
        skipped, failed = int(suite.get("skipped", 0)), numbers["failures"] + numbers["errors"]
        counts["failed"] += failed
        counts["skipped"] += skipped
        counts["passed"] += numbers["tests"] - failed - skipped
    return counts


def tell(servers: Servers, counts: Counter[str]) -> None:
    if servers.missing():
        print("\nLeft out, and how to have it:", *servers.missing(), sep="\n  ")
    others = [f", {counts[name]} {name}" for name in ("skipped", "unsteady") if counts[name]]
    print(f"\nTests: {counts['passed']} passed, {counts['failed']} failed{''.join(others)}")


def find_postgres() -> str:
    """Return the address of a PostgreSQL that answers and lets us make databases."""
    given = os.environ.get("DATABASE_URL", "")
    for url in [given] if given.startswith("postgres") else POSTGRES:
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                row = connection.execute(
                    "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.Error:
            continue
        if row and row[0]:
            return url
    return ""


def find_redis() -> str:
    url = os.environ.get("REDIS_URL") or REDIS
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as server:
            server.ping()
    except (redis.RedisError, OSError):
        return ""
    return url


def find_browser() -> str:
    return next((found for name in BROWSERS if (found := shutil.which(name))), "")


def find_axe() -> str:
    return str(AXE) if AXE.exists() else ""


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
