"""Every process of a run finds the same tests: none has its name from the clock or from chance.

Two processes import the modules at different moments. Where a parametrized value has the minute in
its name, they find different tests at the minute's turn, and the run ends before it began.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.pure

CLOCK = {
    "localdate", "localtime", "monotonic", "monotonic_ns", "now", "perf_counter",
    "perf_counter_ns", "time", "time_ns", "today", "utcnow",
}  # fmt: skip
CHANCE = {
    "choice", "choices", "get_random_string", "getrandbits", "randbelow", "randbytes", "randint",
    "random", "randrange", "sample", "shuffle", "token_bytes", "token_hex", "token_urlsafe",
    "uniform", "urandom", "uuid1", "uuid4",
}  # fmt: skip


class AtImport(ast.NodeVisitor):
    """Collects the calls of clock and chance that importing a module makes, with their lines.

    So what stands inside of functions is left out, but not their decorators and defaults.
    """

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []

    def visit_Call(self, call: ast.Call) -> None:
        name = ast.unparse(call.func)
        # With arguments it is a time of day.
        of_day = name.endswith("time") and (call.args or call.keywords)
        if name.rpartition(".")[2] in CLOCK | CHANCE and not of_day:
            self.found.append((call.lineno, name))
        self.generic_visit(call)

    def visit_FunctionDef(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in function.decorator_list:
            self.visit(decorator)
        self.visit(function.args)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - ast's name

    def visit_Lambda(self, function: ast.Lambda) -> None:
        self.visit(function.args)


def at_import(source: str) -> list[tuple[int, str]]:
    visitor = AtImport()
    visitor.visit(ast.parse(source))
    return visitor.found


def modules() -> Iterator[tuple[str, str]]:
    """Yield path and text of all that is imported before the first test runs."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        yield str(path.relative_to(ROOT)), path.read_text()


@pytest.mark.parametrize(
    "source",
    [
        "NOON = timezone.now().replace(hour=12)",
        "TOMORROW = date.today() + timedelta(days=1)",
        "SECONDS = [time.time() for _each in range(2)]",
        "class Cast:\n    key = uuid4()",
        "@pytest.mark.parametrize('moment', [timezone.now() - HOUR])\ndef test(moment): ...",
        "@pytest.fixture(params=[secrets.token_hex(4)])\nasync def key(request): ...",
        "def guest(born=timezone.localdate()): ...",
        "GUESTS = sorted(range(9), key=lambda n, by=random.random(): by)",
    ],
)
def test_what_asks_clock_or_chance_at_import_is_found(source: str) -> None:
    assert len(at_import(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "def test():\n    now = timezone.now()",
        "later = lambda: timezone.now()",
        "OPENS = [time(12, 30), datetime.time(hour=9)]",
        "made = field(default_factory=timezone.now)",
        "MOMENTS = [datetime(2026, 3, 10, 12, tzinfo=UTC)]",
        "rng = random.Random(7)",
    ],
)
def test_what_asks_them_later_or_never_is_left_alone(source: str) -> None:
    assert at_import(source) == []


def test_no_test_asks_clock_or_chance_while_it_is_imported() -> None:
    found = [
        f"{path}:{line}: {name}()" for path, source in modules() for line, name in at_import(source)
    ]
    assert found == [], (
        "Processes of one run import this at different moments and would find different tests: "
        "give a fixed date, or ask in a fixture or in the test."
    )
