"""One stylesheet of many: written as a file for each concept, sent as one.

`css/all.css` imports the others, and that is what a browser gets in development. Collected, it
holds them: a first visit asks once and not thirty times.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

SHEET = "css/all.css"
_import = re.compile(r'^@import "([\w-]+\.css)";$', re.MULTILINE)


def joined(sheet: Path) -> str:
    """Return a stylesheet with those that it imports, from its own folder, in their places."""
    return _import.sub(lambda match: (sheet.parent / match[1]).read_text(), sheet.read_text())


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Files under the digest of their content, compressed, with the stylesheets as one."""

    def post_process(
        self, paths: dict[str, Any], *args: Any, **options: Any
    ) -> Iterator[tuple[str, str, bool]]:
        if SHEET in paths and not options.get("dry_run"):
            # Of the sources each time: what was collected before may be of the last version.
            folder, name = paths[SHEET]
            Path(self.path(SHEET)).write_text(joined(Path(folder.path(name))))
            paths = {**paths, SHEET: (self, SHEET)}
        yield from super().post_process(paths, *args, **options)
