"""What README.md and .env.example say is what there is."""

import ast
import re

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.pure

APPS = ("config", "core", "guests", "imports", "loyalty", "visits")


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


def numbers() -> dict[str, int]:
    """Return the defaults of the settings that are numbers, as they are with PostgreSQL."""
    found = {}
    for node in ast.walk(ast.parse((ROOT / "config/settings.py").read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "env.int":
            name, default = ast.literal_eval(node.args[0]), node.keywords[0].value
            code = compile(ast.Expression(default), "settings", "eval")
            found[name] = eval(code, {"ON_SQLITE": False, "HTTPS": True})  # noqa: S307 - our own
    return found


def test_the_numbers_of_the_readme_are_the_defaults() -> None:
    units = {"MB": 1024**2, "GB": 1024**3}
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (\d+)(?: (MB|GB))?(?:,[^|]*)? \|",
        (ROOT / "README.md").read_text(),
        re.MULTILINE,
    )
    said = {name: int(number) * units.get(unit, 1) for name, number, unit in rows}
    assert said.keys() >= {name for name in numbers() if name.startswith("IMPORT_")}
    assert said == {name: numbers()[name] for name in said}


def test_the_limits_of_the_example_are_the_defaults() -> None:
    _before, _title, limits = (ROOT / ".env.example").read_text().partition("# -- Limits\n")
    said = dict(re.findall(r"^# ([A-Z_]+)=(\d+)$", limits.partition("# --")[0], re.MULTILINE))
    assert {name: int(value) for name, value in said.items()} == {
        name: numbers()[name] for name in said
    }
    assert said.keys() >= {name for name in numbers() if name.startswith("IMPORT_")}


def test_no_setting_is_asked_for_that_is_not_there() -> None:
    """What is asked for with a default of its own could not be set by anybody."""
    code = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    assert len(code) > 100
    assert [path for path in code if "getattr(settings," in path.read_text()] == []


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
