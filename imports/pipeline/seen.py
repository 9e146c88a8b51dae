"""Which keys earlier lines of the file used.

A million rows carry up to five million keys: they go to a temporary SQLite file, so that memory
does not grow with the upload. The file belongs to one attempt and vanishes with it.
"""

import json
import sqlite3
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from imports.pipeline.rows import (
    CleanRow,
    Reason,
    Rejected,
    Repeated,
    card_places,
    external_ids,
    rest_of,
)

Screened = CleanRow | Rejected | Repeated


class SeenKeys:
    """The keys of the lines so far. A context manager: its file is gone afterwards."""

    def __init__(self) -> None:
        # Without a name it is a file that no folder shows: it is gone however the process ends.
        # One thread fills it and another closes it.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-8000;"
            "CREATE TABLE seen (key TEXT PRIMARY KEY, line) WITHOUT ROWID;"
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

    def screen(self, chunk: list[CleanRow | Rejected]) -> list[Screened]:
        """Remember the keys of `chunk`; return it with the rows that repeat an earlier line marked.

        An identical line becomes Repeated. Any other line that uses a key again becomes Rejected,
        with a reason for each such key that names the first line.
        """
        keys, count = self._keys(chunk)
        if self._store(keys) == count:
            return [row if isinstance(row, CleanRow) else self._refused(row) for row in chunk]
        return [
            self._screen_row(row) if isinstance(row, CleanRow) else self._refused(row)
            for row in chunk
        ]

    def _keys(self, chunk: list[CleanRow | Rejected]) -> tuple[dict[str, int | str], int]:
        """Return the keys of the rows that are right, each with its first line, and their number.

        There are fewer keys than that if one comes twice.
        """
        keys: dict[str, int | str] = {}
        count = 0
        for row in chunk:
            if isinstance(row, CleanRow):
                keys.setdefault("p" + row.values["phone"], f"{row.line}:{_digest(row)}")
                others = _other_keys(row)
                for key in others:
                    keys.setdefault(key, row.line)
                count += 1 + len(others)
        return keys, count

    def _store(self, keys: dict[str, int | str]) -> int:
        """Remember keys that are new, and return how many were.

        In one statement, which lets go of the interpreter while it runs; sorted, because pages are
        then filled one after the other.
        """
        return self._db.execute(
            "INSERT OR IGNORE INTO seen SELECT key, value FROM json_each(?) ORDER BY key",
            (json.dumps(keys),),
        ).rowcount

    def _first(self, key: str) -> tuple[int, str]:
        """Return the line that used the key first and, of a phone, what else stood in that line.

        Of a key that no line used the line is beyond all others.
        """
        found = self._db.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()
        if found is None:
            return sys.maxsize, ""
        line, _colon, digest = str(found[0]).partition(":")
        return int(line), digest

    def _screen_row(self, row: CleanRow) -> Screened:
        line, digest = self._first("p" + row.values["phone"])
        if line < row.line and digest == str(_digest(row)):
            return Repeated(row.line, line)
        reasons = list(self._again(row))
        return Rejected(row.line, row.cells, reasons, row.values) if reasons else row

    def _refused(self, row: Rejected) -> Rejected:
        """Return a row that is rejected already with what of it stands in earlier lines."""
        return row.and_also(list(self._again(rest_of(row)))) if row.values else row

    def _again(self, row: CleanRow) -> Iterator[Reason]:
        """Yield a reason for each key of the row that an earlier line used."""
        if phone := row.values.get("phone"):
            line, _digest = self._first("p" + phone)
            if line < row.line:
                yield Reason("phone_again", "phone", phone, {"line": line})
        for key in _other_keys(row):
            line, _none = self._first(key)
            if line < row.line:
                code, column = _NAMES[key[0]]
                value = key[1:]
                yield Reason(code, _place(row, column, value), value, {"line": line})


#: Reason code and column of a key that comes again, by the letter that the key begins with.
_NAMES = {
    "x": ("external_id_again", "external_id"),
    "m": ("member_number_again", "member_number"),
    "t": ("track_again", "track"),
    "n": ("number_again", "number"),
}


def _other_keys(row: CleanRow) -> list[str]:
    """Return what must not come twice beside the phone, each with a letter for its kind."""
    values = row.values
    keys = []
    if "external_id" in values:
        keys += ["x" + value for value in external_ids(row)]
    if "member_number" in values:
        keys.append("m" + values["member_number"])
    for track, number in values.get("cards", ()):
        if track:
            keys.append("t" + track)
        if number:
            keys.append("n" + number)
    return keys


def _digest(row: CleanRow) -> int:
    """Return what tells two lines with the same phone apart. Good within one process only."""
    return hash(tuple(row.cells))


def _place(row: CleanRow, column: str, value: str) -> str:
    """Return the key of the column in which the row has the value: those of cards are numbered."""
    if column not in ("track", "number"):
        return column
    cards = zip(card_places(row), row.values["cards"], strict=True)
    return next(f"{column}_{place}" for place, card in cards if value in card)


class SeenBalances(SeenKeys):
    """The keys of a file of balances: a guest may be in it often, with what tells them apart.

    Two lines for the same guest, program and expiry need a reference each; where amounts are
    balances, a guest has one in a program, and no reference tells two apart. A guest who is named
    in two ways is found out by the plan, or in the end by the ledger.
    """

    def __init__(self, *, sets: bool) -> None:
        super().__init__()
        self._key, self._code = (
            (_owner_key, "balance_again") if sets else (_credit_key, "credit_again")
        )

    def _keys(self, chunk: list[CleanRow | Rejected]) -> tuple[dict[str, int | str], int]:
        keys: dict[str, int | str] = {}
        count = 0
        for row in chunk:
            if isinstance(row, CleanRow):
                keys.setdefault(self._key(row), row.line)
                count += 1
        return keys, count

    def _screen_row(self, row: CleanRow) -> Screened:
        reasons = list(self._again(row))
        return Rejected(row.line, row.cells, reasons, row.values) if reasons else row

    def _refused(self, row: Rejected) -> Rejected:
        # Of one whose key is wrong nobody can say whether it repeats another.
        return row if row.wrong & _BALANCE_COLUMNS else super()._refused(row)

    def _again(self, row: CleanRow) -> Iterator[Reason]:
        line, _none = self._first(self._key(row))
        if line < row.line:
            yield Reason(self._code, "", "", {"line": line})


_OWNER_KEY = ("phone", "external_id", "card", "program", "currency")
_CREDIT_KEY = (*_OWNER_KEY, "expires_on", "reference")
#: The columns that fill these values.
_BALANCE_COLUMNS = {"expires", *_CREDIT_KEY}


#: What most rows say; nothing of it that is part of the key can hold a slash.
_PLAIN = frozenset({"phone", "amount", "currency", "expires_on", "entry_comment"})


def _credit_key(row: CleanRow) -> str:
    value = row.values.get
    if row.values.keys() <= _PLAIN:
        return f"p{value('phone')}/{value('currency')}/{value('expires_on')}"
    # Written as Python would, so that no two that differ are alike whatever is in their cells.
    return f"b{tuple(map(value, _CREDIT_KEY))!r}"


def _owner_key(row: CleanRow) -> str:
    return f"b{tuple(map(row.values.get, _OWNER_KEY))!r}"
