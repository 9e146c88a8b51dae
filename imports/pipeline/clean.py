"""RawRow -> CleanRow with a value for each field, or Rejected with every reason of the row.

Pure: what is right does not depend on the database. A blank cell gives no value, and what has no
value changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import repeat
from operator import is_, itemgetter
from typing import Any

from guests.normalize import Invalid
from guests.normalize.errors import shown
from guests.normalize.texts import is_spreadsheet_error
from imports.columns import GUESTS, CleanContext, FileKind, column_of
from imports.columns.widgets import Reader
from imports.pipeline.map import Mapper
from imports.pipeline.rows import CleanRow, RawRow, Reason, Rejected

__all__ = ["CleanContext", "Cleaner"]

Card = tuple[str | None, str | None]

_FAILED = object()
"""What stands in a column that is read as a whole where its reader refused the cell."""


class Cleaner:
    """A mapping and its context made ready for many rows; not for two threads at once.

    Values are by `Column.fills`: phone (E.164), external_id and more_external_ids, cards as pairs
    (track or None, number or None), dates, `registered_at` in UTC, `opening_total` as Decimal,
    categories by name, subscribed and deleted as bool.
    Raises KeyError for a key in the mapping that is no column's.
    """

    def __init__(
        self,
        mapping: Sequence[str | None],
        context: CleanContext,
        *,
        width: int | None = None,
        kind: FileKind = GUESTS,
    ) -> None:
        self._kind = kind
        self._mapper = Mapper(mapping, width)
        self._width, self._pick = self._mapper.width, self._mapper.pick
        self._columns = []
        for place, key in zip(self._mapper.places, self._mapper.keys, strict=True):
            column, _index = column_of(key)
            target = key if column.repeats else column.fills
            self._columns.append((target, column.widget.reader(context.at(place)), key))
        self._plain = [_plain(read) for _target, read, _key in self._columns]
        keys = self._mapper.keys
        ids = _numbered(keys, "external_id").values()
        self._ids = [] if list(ids) == ["external_id"] else list(ids)
        indexes = sorted({*_numbered(keys, "track"), *_numbered(keys, "number")})
        self._cards = [(index, f"track_{index}", f"number_{index}") for index in indexes]
        self._consents = "consent" in keys
        self._joins = bool(self._ids or self._cards or self._consents)

    def clean(self, raw: RawRow) -> CleanRow | Rejected:
        """Return the row's values, or all that is wrong with it."""
        line, cells = raw
        if len(cells) != self._width:
            if misfit := self._mapper.misfit(raw):
                return Rejected(line, cells, [misfit])
            # Empty cells beyond the table make no difference: not between two lines of a file,
            # and not to where the error file puts its remark.
            cells = cells[: self._width]
        values: dict[str, Any] = {}
        reasons: list[Reason] = []
        for cell, (target, read, key) in zip(self._pick(cells), self._columns, strict=True):
            if not cell or not (text := cell.strip()):
                continue
            try:
                values[target] = read(text)
            except Invalid as invalid:
                reasons.append(_reason(key, text, invalid))
        self._demand(values, reasons)
        self._join(values, reasons)
        if reasons:
            return Rejected(line, cells, reasons, values)
        return CleanRow(line, cells, values, [])

    def clean_many(self, rows: Sequence[RawRow]) -> list[CleanRow | Rejected]:
        """Return what `clean` returns for each of `rows`, sooner.

        A column is read as a whole: blanks and values that were met before cost one look-up then.
        Rows that anything is wrong with, or that are not plain, go through `clean`.
        """
        plain = [row for row in rows if len(row.cells) == self._width]
        picked = zip(*(self._pick(row.cells) for row in plain), strict=True)
        columns = [
            list(map(read, cells)) for read, cells in zip(self._plain, picked, strict=bool(plain))
        ]
        done = self._assembled(plain, columns)
        return [
            (next(done) if len(row.cells) == self._width else None) or self.clean(row)
            for row in rows
        ]

    def _assembled(self, rows: list[RawRow], columns: list[list[Any]]) -> Iterator[CleanRow | None]:
        """Yield for each row its values put together from the columns, or None where one failed."""
        targets = [target for target, _read, _key in self._columns]
        # Looked for by the column: hardly a file has any, and what all rows have none lacks.
        any_failed = any(_has(column, _FAILED) for column in columns)
        in_all = [
            name for name, it in zip(targets, columns, strict=bool(rows)) if not _has(it, None)
        ]
        may_lack = self._lacks(in_all)
        for (line, cells), found in zip(rows, zip(*columns, strict=True), strict=True):
            if any_failed and _has(found, _FAILED):
                yield None
                continue
            values = {
                name: value for name, value in zip(targets, found, strict=True) if value is not None
            }
            reasons: list[Reason] = []
            if self._joins:
                self._join(values, reasons)
            lacks = may_lack and self._lacks(values)
            yield None if reasons or lacks else CleanRow(line, cells, values, [])

    def _lacks(self, values: Collection[str]) -> bool:
        """Whether something is missing without which a row with these values says nothing."""
        if not self._kind.anonymous and not any(key in values for key in self._kind.finders):
            return True
        return not all(key in values for key in self._kind.needed)

    def _demand(self, values: dict[str, Any], reasons: list[Reason]) -> None:
        """Add a reason for all that is missing, unless what stands there is wrong already."""
        wrong = {reason.column for reason in reasons}
        finders = self._kind.finders
        known = self._kind.anonymous or any(key in values or key in wrong for key in finders)
        if not known:
            code = "phone_missing" if finders == ("phone",) else "guest_missing"
            reasons.insert(0, Reason(code, finders[0] if len(finders) == 1 else "", "", {}))
        missing = (key for key in self._kind.needed if key not in values and key not in wrong)
        reasons += [Reason(f"{key}_missing", key, "", {}) for key in missing]

    def _join(self, values: dict[str, Any], reasons: list[Reason]) -> None:
        """Put together what several columns say of one thing."""
        if self._cards:
            self._join_cards(values, reasons)
        if self._ids:
            self._join_ids(values)
        if self._consents and "consent" in values:
            _spread_consent(values)

    def _join_cards(self, values: dict[str, Any], reasons: list[Reason]) -> None:
        """Put track_N and number_N together as a card each, and the same card twice as one.

        `card_places` has the N of each unless they are 1, 2, ...: a reason names its column.
        """
        take = values.pop
        cards = []
        for index, track_key, number_key in self._cards:
            track, number = take(track_key, None), take(number_key, None)
            if track is not None or number is not None:
                cards.append((index, (track, number)))
        if len(cards) > 1:
            cards = _once_each(cards, reasons)
        if cards:
            values["cards"] = [card for _index, card in cards]
            if cards[-1][0] != len(cards):
                values["card_places"] = [index for index, _card in cards]

    def _join_ids(self, values: dict[str, Any]) -> None:
        """Keep the first external id as the one that finds the guest, and the others beside it."""
        ids = dict.fromkeys(values.pop(key) for key in self._ids if key in values)
        if ids:
            values["external_id"], *others = ids
            if others:
                values["more_external_ids"] = others


def _has(values: Iterable[Any], what: object) -> bool:
    """Whether any of the values is `what` itself: `in` would ask each whether it equals it, and an
    amount answers slowly."""
    return any(map(is_, values, repeat(what)))


def _plain(read: Reader) -> Reader:
    """Return a reader of whole cells that answers None for a blank one and _FAILED for a wrong one.

    What `read` remembers, this remembers by the cell as it stands.
    """

    def answer(cell: str) -> Any:
        text = cell.strip()
        if not text:
            return None
        try:
            return read(text)
        except Invalid:
            return _FAILED

    remembers = getattr(read, "cache_parameters", None)
    return lru_cache(remembers()["maxsize"])(answer) if remembers else answer


def _numbered(keys: list[str], name: str) -> dict[int, str]:
    """Return the keys of a repeating column by their number, in its order."""
    found = ((*column_of(key), key) for key in keys)
    return {
        index: key for column, index, key in sorted(found, key=itemgetter(1)) if column.key == name
    }


def _reason(key: str, text: str, invalid: Invalid) -> Reason:
    if is_spreadsheet_error(text):
        # Whatever the rule of the column says of it: this says what is to be done.
        return Reason("spreadsheet_error", key, shown(text), {})
    # The value stands in the reason itself; the sentence takes it from there.
    params = {name: value for name, value in invalid.params.items() if name != "value"}
    return Reason(invalid.code, key, shown(text), params)


def _once_each(cards: list[tuple[int, Card]], reasons: list[Reason]) -> list[tuple[int, Card]]:
    """Return the cards without repetition; a track with two numbers, or the reverse, is a reason.

    A track alone is the card that has this track with a number, so those with both come first.
    """
    kept: dict[int, Card] = {}
    for index, card in sorted(cards, key=lambda item: None in item[1]):
        track, number = card
        for known_track, known_number in kept.values():
            same_track = track is not None and track == known_track
            same_number = number is not None and number == known_number
            if same_track and number not in (None, known_number):
                reasons.append(Reason("track_repeated", f"track_{index}", known_track or "", {}))
            elif same_number and track not in (None, known_track):
                reasons.append(Reason("number_repeated", f"number_{index}", known_number or "", {}))
            if same_track or same_number:
                break
        else:
            kept[index] = card
    return sorted(kept.items())


def _spread_consent(values: dict[str, Any]) -> None:
    """Give details and date of the consent's cell to their fields, unless those are filled."""
    state, details, day = values["consent"]
    values["consent"] = state
    if details:
        values.setdefault("consent_details", details)
    if day is not None:
        values.setdefault("consent_date", day)
