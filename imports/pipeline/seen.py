"""Which keys earlier lines of the file used.

A million rows carry up to five million keys: they go to a temporary SQLite file, so that memory
does not grow with the upload. The file belongs to one attempt and vanishes with it.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from imports.pipeline.rows import (
    CleanRow,
    Reason,
    Rejected,
    Repeated,
    card_places,
    external_ids,
)

#: Which value of a row is a key, the letter it is stored under, and the reason code when it comes again.
_KEYS = (("phone", "p", "phone_again"), ("member_number", "m", "member_number_again"))
_CARD_KEYS = (("track", "t", "track_again"), ("number", "n", "number_again"))

Screened = CleanRow | Rejected | Repeated


class SeenKeys:
    """The keys of the lines so far. A context manager: its file is gone afterwards."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="regulars-seen-")
        path = Path(self._folder.name) / "keys.sqlite3"
        # The producer thread fills it, whichever thread closes it.
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16000;"
            "CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER, digest INTEGER) WITHOUT ROWID;"
            "BEGIN;"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()
        self._folder.cleanup()

    def screen(self, chunk: list[CleanRow | Rejected]) -> list[Screened]:
        """Remember the keys of `chunk`; return it with the rows that repeat an earlier line marked.

        An identical line becomes Repeated. Any other line that uses a key again becomes Rejected,
        with a reason for each such key that names the first line.
        """
        keys = [
            (key, row.line, digest)
            for row in chunk
            if isinstance(row, CleanRow)
            for digest in (hash(tuple(row.cells)),)
            for key, _code, _column, _value in _keys_of(row)
        ]
        stored = self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", keys).rowcount
        if stored == len(keys):
            return list(chunk)
        return [self._screen_row(row) for row in chunk]

    def _screen_row(self, row: CleanRow | Rejected) -> Screened:
        if isinstance(row, Rejected):
            return row
        digest = hash(tuple(row.cells))
        reasons = []
        for key, code, column, value in _keys_of(row):
            line, first_digest = self._db.execute(
                "SELECT line, digest FROM seen WHERE key = ?", (key,)
            ).fetchone()
            if line == row.line:
                continue
            if column == "phone" and first_digest == digest:
                return Repeated(row.line, line)
            reasons.append(Reason(code, column, value, {"line": line}))
        return Rejected(row.line, row.cells, reasons) if reasons else row


def _keys_of(row: CleanRow) -> Iterator[tuple[str, str, str, str]]:
    """Yield (stored key, reason code, column, value) for everything that must not come twice."""
    values = row.values
    for column, letter, code in _KEYS:
        value = values.get(column)
        if value is not None:
            yield letter + str(value), code, column, str(value)
    for value in external_ids(row):
        yield "x" + value, "external_id_again", "external_id", value
    if "cards" not in values:
        return
    for place, card in zip(card_places(row), values["cards"], strict=True):
        for value, (column, letter, code) in zip(card, _CARD_KEYS, strict=True):
            if value is not None:
                yield letter + value, code, f"{column}_{place}", value
