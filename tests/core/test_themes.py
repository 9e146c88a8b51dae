"""The themes differ in colours alone: so a page is opened once, and looked at in both."""

import re

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.pure

#: What would let anything but a colour depend on the theme; `light-dark()` takes only colours.
ANYTHING = ("prefers-color-scheme", "[data-theme")


@pytest.mark.parametrize("folder", ["static/css", "static/js", "templates"])
def test_nothing_but_colours_asks_for_the_theme(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*.*") if "mail" not in path.parts]
    assert files
    asking = {path.name for path in files for said in ANYTHING if said in path.read_text()}
    assert asking <= {"tokens.css"}, "where they are chosen"


def test_the_theme_chooses_nothing_but_colours() -> None:
    css = (ROOT / "static/css/tokens.css").read_text()
    assert "prefers-color-scheme" not in css
    chosen = re.findall(r":root\[data-theme[^{]*\{([^}]*)\}", css)
    assert chosen
    for declarations in chosen:
        names = re.findall(r"^\s*([\w-]+):", declarations, re.MULTILINE)
        assert names == ["color-scheme"]
