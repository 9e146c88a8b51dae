"""Which orders stood in earlier lines of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator

from guests.normalize import fold
from imports.pipeline.rows import CleanRow, Reason, Rejected, Repeated
from imports.pipeline.seen import Screened, SeenKeys


class SeenOrders(SeenKeys):
    """An order is in a file once. The same line again is passed over, any other is an error."""

    def _keys(self, chunk: list[CleanRow | Rejected]) -> tuple[dict[str, int | str], int]:
        keys: dict[str, int | str] = {}
        count = 0
        for row in chunk:
            if isinstance(row, CleanRow):
                keys.setdefault(_key(row), f"{row.line}:{_digest(row)}")
                count += 1
        return keys, count

    def _screen_row(self, row: CleanRow) -> Screened:
        line, digest = self._first(_key(row))
        if line < row.line and digest == str(_digest(row)):
            return Repeated(row.line, line)
        reasons = list(self._again(row))
        return Rejected(row.line, row.cells, reasons, row.values) if reasons else row

    def _again(self, row: CleanRow) -> Iterator[Reason]:
        values = row.values
        if "restaurant" in values and "order_id" in values:
            line, _digest = self._first(_key(row))
            if line < row.line:
                yield Reason("order_again", "order_id", values["order_id"], {"line": line})


def _key(row: CleanRow) -> str:
    return "o" + json.dumps([fold(row.values["restaurant"]), row.values["order_id"]])


def _digest(row: CleanRow) -> int:
    """Return what tells two lines of one order apart. Good within one process only."""
    return hash(tuple(row.cells))
