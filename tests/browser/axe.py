"""axe-core in a page: WCAG 2.2 AA and best practice. It lies under var/axe (see tools/test.py)."""

from pathlib import Path
from typing import Any

from django.conf import settings

AXE = Path(settings.BASE_DIR) / "var" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

#: Of what is in order nothing is told, and no element is named by a selector: that is seven eighths
#: of the time on a page with a large table.
RUN = """
    rules => axe
        .run(document, {runOnly: rules, resultTypes: ["violations"], selectors: false})
        .then(found => found.violations)
"""


def faults(page: Any) -> list[tuple[str, str, list[str]]]:
    """Return what axe finds on the page, with all that folds away open.

    Menus lie over what is beside them, so of them one at most is open at a time.
    """
    page.evaluate(
        "for (const each of document.querySelectorAll('details:not(.menu)')) each.open = true;"
        "document.querySelector('[popover]:not([popover=manual])')?.showPopover()"
    )
    page.evaluate(AXE.read_text())
    return [_said(violation) for violation in page.evaluate(RUN, RULES)]


def _said(violation: dict[str, Any]) -> tuple[str, str, list[str]]:
    nodes = [node["html"][:200] for node in violation["nodes"][:3]]
    return violation["id"], violation["help"], nodes
