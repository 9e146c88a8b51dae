"""What README.md and .env.example say is what there is."""

import re

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.pure


def variables_read() -> set[str]:
    """Return the names of the environment variables that the settings read."""
    return set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config/settings.py").read_text()))


def test_every_variable_is_in_the_example() -> None:
    named = set(re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named == variables_read()


def test_every_variable_is_in_the_readme() -> None:
    table = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("|")]
    named = {name for line in table for name in re.findall(r"`([A-Z_]{4,})`", line.split("|")[1])}
    assert named == variables_read()


def test_every_command_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^    make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert named
    assert named <= targets


def test_what_is_locked_is_what_is_declared() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    declared = re.findall(r'^    "([A-Za-z0-9-]+)(?:\[[\w,-]+\])?>=', project, re.MULTILINE)
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert declared

    def plain(names: list[str]) -> set[str]:
        return {re.sub(r"[-_.]+", "-", name).lower() for name in names}

    assert plain(declared) <= plain(locked)
