"""What is looked for, in logs, files and mails, of somebody who was erased. Pure.

A telephone is found however it is written; an e-mail in any case; a full name where it stands in a
text, but never as what a row of a table is about: two people may have one name. What names a guest
only as the whole of a cell (a card, an external id) is found only so.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

import phonenumbers

#: What stands where something was taken out.
GONE = "…"

#: Between two digits of a telephone there may be so much that is neither letter nor digit.
_GAP = "[^0-9A-Za-z]{0,3}"
#: The same in JSON as SQLite keeps it: a no-break space is \u00a0 there.
_GAP_IN_JSON = r"(?:[^0-9A-Za-z]|\\u[0-9a-f]{4}){0,3}"
#: Between two cells: wider than a gap, so that nothing is found across them.
_APART = "\x1f" * 4
#: Fewer digits than this say nothing without their country's code.
_ENOUGH_DIGITS = 7
_other_digit = re.compile(r"(?![0-9])\d")
#: A name of one word may be anybody's.
_WORDS_OF_A_NAME = 2


@dataclass(frozen=True)
class Traces:
    """`guests` are ids, `phones` E.164, `names` full names, `keys` cards and ids as they stand in
    a cell of their own. Empty, it finds nothing."""

    guests: Sequence[int] = ()
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()
    names: Sequence[str] = ()
    keys: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        return {name: list(getattr(self, name)) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Traces":
        return cls(**{name: tuple(stored.get(name, ())) for name in cls.__dataclass_fields__})

    @cached_property
    def contacts(self) -> "Traces":
        """The same without names, which others may have."""
        return replace(self, names=()) if self.names else self

    # -- Looking

    def is_in(self, text: str) -> bool:
        """Whether the telephone, the e-mail or the full name stands anywhere in the text."""
        return bool(self._pattern and self._pattern.search(_plain_digits(text)))

    def is_in_row(self, cells: Sequence[str], key_places: Iterable[int] = ()) -> bool:
        """Whether a row of a table is about the guest: by a text, or by a card or an id.

        `key_places` are the columns of those: elsewhere the same figures mean something else.
        """
        if any(place < len(cells) and self.is_key(cells[place]) for place in key_places):
            return True
        return self.contacts.is_in(_APART.join(cells))

    def is_key(self, cell: str) -> bool:
        return cell.strip() in self._keys

    def is_in_json(self, value: Any) -> bool:
        """Whether a stored value holds any of it, at whatever depth."""
        if isinstance(value, str):
            return self.is_in(value)
        if isinstance(value, dict):
            return any(map(self.is_in_json, [*value, *value.values()]))
        return isinstance(value, list) and any(map(self.is_in_json, value))

    # -- Taking out

    def without(self, text: str) -> str:
        """Return the text with "…" where anything of it stood."""
        if not self._pattern or not self.is_in(text):
            return text
        return self._pattern.sub(GONE, _plain_digits(text))

    def without_in_json(self, value: Any) -> Any:
        """Return a stored value with "…" where anything of it stood."""
        if isinstance(value, str):
            return self.without(value)
        if isinstance(value, dict):
            return {self.without(key): self.without_in_json(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.without_in_json(each) for each in value]
        return value

    def without_in_query(self, query: str) -> str:
        """Return what follows the question mark of an address, without what asks for the guest."""
        pairs = parse_qsl(query, keep_blank_values=True)
        kept = [
            (name, value)
            for name, value in pairs
            if not self.is_in(name) and not self.is_in(value) and not self.is_key(value)
        ]
        return query if len(kept) == len(pairs) else urlencode(kept)

    # -- For the database

    def sql_pattern(self) -> str:
        """Return a regular expression that finds, case ignored, at least what `is_in` finds, in
        text as well as in JSON as either database keeps it; "" when there is nothing to look for.
        """
        parts = [_digits_pattern(_national(phone), _GAP_IN_JSON) for phone in self.phones]
        for text in (*self.emails, *self._full_names):
            # SQLite's JSON is ASCII, PostgreSQL's is not.
            escaped = "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in text)
            parts += {re.escape(text), re.escape(escaped)}
        return "|".join(parts)

    # -- Inside

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        parts = [_phone_pattern(phone) for phone in self.phones]
        parts += [
            rf"(?<![\w.+-]){re.escape(email)}(?![\w-]|\.\w)" for email in self.emails if email
        ]
        parts += [
            r"(?<!\w)" + r"\s+".join(map(re.escape, name.split())) + r"(?!\w)"
            for name in self._full_names
        ]
        return re.compile("|".join(parts), re.IGNORECASE) if parts else None

    @cached_property
    def _full_names(self) -> list[str]:
        return [name for name in self.names if len(name.split()) >= _WORDS_OF_A_NAME]

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(self.keys)


def _phone_pattern(phone: str) -> str:
    """Return what finds a telephone as +44 20 …, 0044 20 …, 44 (0)20 …, (020) … or 20 …"""
    national = _national(phone)
    code = phone.removeprefix("+").removesuffix(national)
    digits = _digits_pattern(national, _GAP)
    abroad = rf"(?:(?:\+|00){_GAP})?{_digits_pattern(code, _GAP)}{_GAP}(?:\(?0\)?{_GAP})?"
    if len(national) < _ENOUGH_DIGITS:
        return rf"(?<!\d){abroad}{digits}(?!\d)"
    return rf"(?<!\d)(?:{abroad}|[08]{_GAP})?{digits}(?!\d)"


def _digits_pattern(digits: str, gap: str) -> str:
    return gap.join(digits)


def _national(phone: str) -> str:
    """Return the digits after the country's code; all of them where nobody knows it."""
    try:
        parsed = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return phone.removeprefix("+")
    return phone.removeprefix(f"+{parsed.country_code}")


def _plain_digits(text: str) -> str:
    """Return the text with the digits of every script as ours. No character more or less."""
    if text.isascii() or not _other_digit.search(text):
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
