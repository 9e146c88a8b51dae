"""The themes differ in colours alone, and only styles ask how wide a window is: so a page is opened
once, and looked at in both themes and in both windows."""

import re

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.pure

#: What would let anything but a colour depend on the theme; `light-dark()` takes only colours.
ANYTHING = ("prefers-color-scheme", "[data-theme")
#: What would let a page depend on the window in which it is opened, or on what points at it.
WINDOW = re.compile(
    r"matchMedia|(inner|outer|client|offset)(Width|Height)|screen\.|visualViewport|ResizeObserver|"
    r"IntersectionObserver|getBoundingClientRect|[\"']resize|ontouch|touchstart|maxTouchPoints|"
    r"pointerType|srcset|\bmedia=|\bloading=|revealed|intersect"
)


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


@pytest.mark.parametrize("folder", ["static/js", "templates"])
def test_nothing_but_styles_asks_for_the_window(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*.*") if "mail" not in path.parts]
    assert files
    asking = {path.name: found[0] for path in files if (found := WINDOW.search(path.read_text()))}
    assert asking == {}
