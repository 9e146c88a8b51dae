"""Which orders stood in earlier lines of a file."""

from __future__ import annotations

import json

from guests.normalize import fold
from imports.pipeline.rows import CleanRow, Reason, Rejected, Repeated
from imports.pipeline.seen import Screened, SeenKeys


class SeenOrders(SeenKeys):
    """An order is in a file once. The same line again is passed over, any other is an error."""

    def screen(self, chunk: list[CleanRow | Rejected]) -> list[Screened]:
        keys: dict[str, int | str] = {}
        count = 0
        for row in chunk:
            if isinstance(row, CleanRow):
                keys.setdefault(_key(row), f"{row.line}:{_digest(row)}")
                count += 1
        if self._store(keys) == count:
            return list(chunk)
        return [self._screen_order(row) for row in chunk]

    def _screen_order(self, row: CleanRow | Rejected) -> Screened:
        if isinstance(row, Rejected):
            return row
        line, digest = self._first(_key(row))
        if line == row.line:
            return row
        if digest == str(_digest(row)):
            return Repeated(row.line, line)
        reason = Reason("order_again", "order_id", row.values["order_id"], {"line": line})
        return Rejected(row.line, row.cells, [reason])


def _key(row: CleanRow) -> str:
    return "o" + json.dumps([fold(row.values["restaurant"]), row.values["order_id"]])


def _digest(row: CleanRow) -> int:
    """Return what tells two lines of one order apart. Good within one process only."""
    return hash(tuple(row.cells))
