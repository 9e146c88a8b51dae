"""axe-core in a page: WCAG 2.2 AA and best practice. It lies under var/axe (see tools/test.py)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

AXE = Path(settings.BASE_DIR) / "var" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: In the order in which they are looked at: a page is left as browsers of the tests open it.
THEMES = ("dark", "light")
#: The windows of a desk and of a telephone.
DESK = {"width": 1440, "height": 900}
TELEPHONE = {"width": 360, "height": 900}

#: Of what is in order nothing is told, and no element is named by a selector: that is seven eighths
#: of the time on a page with a large table. A colour on its way to the other theme's is neither.
RUN = """
    ([tags, colours]) => {
        for (const each of document.getAnimations())
            if (each instanceof CSSTransition) each.finish();
        const ofColours = axe.getRules(tags).filter(rule => rule.tags.includes("cat.color"));
        const runOnly = colours
            ? {type: "rule", values: ofColours.map(rule => rule.ruleId)}
            : {type: "tag", values: tags};
        return axe
            .run(document, {runOnly, resultTypes: ["violations"], selectors: false})
            .then(found => found.violations);
    }
"""


def look(page: Any, subtests: Any, name: str) -> None:
    """See to it that axe finds nothing on a page in DESK, and that nothing sticks out of it.

    Both there and on a telephone, for which it is not opened anew: only styles ask how wide a
    window is (tests.core.test_themes).
    """
    # A click leads to a page that has only just begun.
    page.wait_for_load_state()
    with subtests.test(page=name, width="desk"):
        assert sideways(page) <= 0
    with telephone(page), subtests.test(page=name, width="telephone"):
        assert sideways(page) <= 0
        assert faults(page) == []
        assert sideways(page) <= 0, "with all that folds away open"
    with subtests.test(page=name, width="desk"):
        assert faults(page) == []
        assert sideways(page) <= 0


@contextmanager
def telephone(page: Any) -> Iterator[None]:
    """Let the window be that of a telephone, which is touched, for a while."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    page.set_viewport_size(TELEPHONE)
    yield
    session.detach()
    page.set_viewport_size(DESK)


def sideways(page: Any) -> int:
    """Return by how many pixels the page sticks out of its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def faults(page: Any) -> list[tuple[str, str, list[str]]]:
    """Return what axe finds on the page in either theme, with all that folds away open.

    Both on the page that is there, and in the dark by the rules about colours alone, for nothing
    else is another there (tests.core.test_themes): that takes a fifth of opening and looking anew.
    Menus lie over what is beside them, so of them one at most is open at a time.
    """
    page.evaluate(
        "for (const each of document.querySelectorAll('details:not(.menu)')) each.open = true;"
        "document.querySelector('[popover]:not([popover=manual])')?.showPopover()"
    )
    if page.evaluate("!window.axe"):
        # Whatever is opened in this page from now on begins with it: that costs a third of sending
        # it anew.
        page.add_init_script(path=AXE)
        page.evaluate(AXE.read_text())
    found: list[tuple[str, str, list[str]]] = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        said = [_said(each) for each in page.evaluate(RUN, [RULES, theme == "dark"])]
        found += [each for each in said if each not in found]
    return found


def _said(violation: dict[str, Any]) -> tuple[str, str, list[str]]:
    nodes = [node["html"][:200] for node in violation["nodes"][:3]]
    return violation["id"], violation["help"], nodes
