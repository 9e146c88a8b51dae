"""Values to fields: what the columns of a file without a header are, as far as it is certain.

A wrong field does more harm than one the operator chooses, so what could be two things stays open:
a 0 or 1 may be a subscription or a deletion, a street is no field at all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from guests import normalize
from imports.columns.given_names import GIVEN_NAMES
from imports.columns.kinds import GUESTS, FileKind

MOSTLY = 0.9
"""Share of a column's values that must look like a field: real files have a few bad cells."""

BORN_BEFORE = 2005
"""Years of birth are mostly earlier; dates that are mostly later are something else."""

_international = re.compile(r"(?:\+|00)[\s().-]*[1-9](?:[\s().-]*[0-9]){6,14}").fullmatch
_national = re.compile(r"\(?0?[0-9](?:[\s().-]*[0-9]){8,12}").fullmatch
_email = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]{2,}").fullmatch
_money = re.compile(r"[0-9][0-9  ']*[.,][0-9]{2}").fullmatch
_card = re.compile(r"[0-9]{4,19}").fullmatch
_image = re.compile(r"https?://\S+").fullmatch
_year = re.compile(r"(?:19|20)[0-9]{2}").search
_word = re.compile(r"[^\W\d_]+(?:['’ -][^\W\d_]+){0,2}").fullmatch
_patronymic = re.compile(r".+(?:вич|вна|ична|оглы|кызы)").fullmatch
_surname = re.compile(r".{2,}(?:[оеё]ва?|ина?|ын|ына|[сц]к(?:ий|ая)|ко|ук|юк|ян)").fullmatch
_words_of_sex = frozenset(
    {"male", "female", "other", "m", "f", "м", "ж", "муж", "жен", "мужской", "женский"}
)

#: What a card and an amount of money are called in a file that is not of guests.
_ELSEWHERE = {"number_1": "card", "current_order_sum": "amount"}

Values = list[str]


def guess(samples: Sequence[Sequence[str]], kind: FileKind = GUESTS) -> list[str | None]:
    """Return for each column of some sample rows the key of its field, or None where unsure.

    Rows of another width than most are left out; of equally common widths the wider one counts.
    """
    found = _guess(samples)
    if kind is GUESTS:
        return found
    # What is found by looking is the same thing there, by another name.
    meant = (_ELSEWHERE.get(key or "", key) for key in found)
    return [key if key in kind.columns else None for key in meant]


def _guess(samples: Sequence[Sequence[str]]) -> list[str | None]:
    rows = _alike(samples)
    if not rows:
        return []
    columns = [[row[place].strip() for row in rows] for place in range(len(rows[0]))]
    keys: list[str | None] = [None] * len(columns)
    open_places = [place for place, values in enumerate(columns) if any(values)]
    for key, find in _FINDERS:
        place = find({place: list(filter(None, columns[place])) for place in open_places})
        if place is not None:
            keys[place] = key
            open_places.remove(place)
    for key, place in _names({place: columns[place] for place in open_places}).items():
        keys[place] = key
    return keys


def _alike(samples: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    widths = Counter(map(len, samples))
    width = max(widths, key=lambda width: (widths[width], width), default=0)
    return [row for row in samples if len(row) == width]


def _share(values: Sequence[str], looks: Callable[[str], object]) -> float:
    return sum(1 for value in values if looks(value)) / len(values) if values else 0.0


def _first(columns: dict[int, Values], looks: Callable[[str], object]) -> int | None:
    """Return the first column whose values mostly look so."""
    found = (place for place, values in columns.items() if _share(values, looks) >= MOSTLY)
    return next(found, None)


def _only(columns: dict[int, Values], looks: Callable[[str], object]) -> int | None:
    """Return the column whose values mostly look so, if there is but one."""
    found = [place for place, values in columns.items() if _share(values, looks) >= MOSTLY]
    return found[0] if len(found) == 1 else None


def _phone(columns: dict[int, Values]) -> int | None:
    """The first column of international numbers, or else the only one of national numbers."""
    place = _first(columns, _international)
    return _only(columns, _national) if place is None else place


def _sex(columns: dict[int, Values]) -> int | None:
    # 1 and 2 stand for the sexes too, but for much else besides.
    return _first(columns, lambda value: value.casefold().rstrip(".") in _words_of_sex)


def _birthday(columns: dict[int, Values]) -> int | None:
    """The only column of days most of which are long enough ago."""
    dated = {place: v for place, v in columns.items() if _share(v, normalize.orders_of) >= MOSTLY}
    days = [
        place
        for place, values in dated.items()
        if _share(values, lambda value: len(value) <= 10) >= MOSTLY
        and _share(values, lambda value: _year_of(value) < BORN_BEFORE) > 0.5
    ]
    return days[0] if len(days) == 1 else None


def _year_of(value: str) -> int:
    match = _year(value)
    return int(match[0]) if match else 9999


def _cards(columns: dict[int, Values]) -> int | None:
    """The only column of long numbers, if no two rows share one."""
    distinct = {place: v for place, v in columns.items() if len(set(v)) == len(v)}
    return _only(distinct, _card)


_FINDERS: tuple[tuple[str, Callable[[dict[int, Values]], int | None]], ...] = (
    ("email", lambda columns: _first(columns, _email)),
    ("phone", _phone),
    ("birthday", _birthday),
    ("sex", _sex),
    ("image_url", lambda columns: _only(columns, _image)),
    ("current_order_sum", lambda columns: _only(columns, _money)),
    ("number_1", _cards),
)


def _names(columns: dict[int, Values]) -> dict[str, int]:
    """Return where the first, last and middle names are, of columns that nothing else claimed."""
    worded = {
        place: list(map(normalize.fold, values))
        for place, values in columns.items()
        if _share(list(filter(None, values)), _word) >= MOSTLY
    }
    whole = _whole_names(worded)
    single = {place: values for place, values in worded.items() if place not in whole}
    found: dict[str, int] = {}
    for key, looks in (
        ("middle_name", _patronymic),
        ("name", GIVEN_NAMES.__contains__),
        ("last_name", _surname),
    ):
        place = _best(single, looks)
        if place is not None:
            found[key] = place
            del single[place]
    for first, second in whole.values():
        _complete(found, first, second)
    return found


def _whole_names(columns: dict[int, Values]) -> dict[int, tuple[int, int]]:
    """Return the columns that hold what two others hold, with the places of those two in order."""
    found = {}
    for whole, values in columns.items():
        for first, firsts in columns.items():
            for second, seconds in columns.items():
                joined = [f"{a} {b}" for a, b in zip(firsts, seconds, strict=True)]
                alike = sum(a == b for a, b in zip(values, joined, strict=True))
                if len({whole, first, second}) == 3 and alike >= MOSTLY * len(values):
                    found[whole] = (first, second)
    return found


def _best(columns: dict[int, Values], looks: Callable[[str], object]) -> int | None:
    """Return the column most of whose values look so; None if none does or two do alike."""
    shares = sorted(
        ((_share(list(filter(None, values)), looks), place) for place, values in columns.items()),
        reverse=True,
    )
    if not shares or shares[0][0] <= 0.5:
        return None
    return None if len(shares) > 1 and shares[1][0] == shares[0][0] else shares[0][1]


def _complete(found: dict[str, int], first: int, second: int) -> None:
    """Of two columns that make up whole names and one known, the other is known as well."""
    pair = {first, second}
    if found.get("name") in pair and "last_name" not in found:
        found["last_name"] = (pair - {found["name"]}).pop()
    elif found.get("last_name") in pair and "name" not in found:
        found["name"] = (pair - {found["last_name"]}).pop()
