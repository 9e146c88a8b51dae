"""What somebody typed to find a guest, as conditions.

Every word must be found: in the folded names, in the e-mail address, in the telephone, however it
is written, or as the beginning of a card's number or track. Three characters and more are found
anywhere; fewer only where a word begins, or two letters would find half the company.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import and_

from django.db.models import Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from phonenumbers import PhoneMetadata

from guests.normalize import fold
from guests.querysets.few import has_trigrams
from guests.querysets.literals import LAST

#: Of a longer text only the first words count: nobody types more to find one guest.
MAX_WORDS = 8
MIN_ANYWHERE = 3
#: What people say of a telephone they are asked for: one in some thousand has the same.
LAST_DIGITS = 4
#: So many digits tell a telephone from nearly all others.
TELLING = 8
#: What stands for "+" on a telephone of most countries.
ABROAD = "00"
_phone_like = re.compile(r"[+(]?[\d().\-/\u2010-\u2015\u2212\u00a0]*\d[\d().\-/\u2010-\u2015]*")
_trunk_zero = re.compile(r"\(0\)")
_letters = re.compile(r"[^\W_]+").findall


@dataclass(frozen=True)
class Word:
    """A word that was searched for; the digits of a telephone are one, whatever parts them."""

    typed: str
    digits: str
    """Its digits, if it may be a telephone number or a part of one."""

    @property
    def is_short(self) -> bool:
        """Whether it is looked for only where a word begins."""
        return len(self.typed) < MIN_ANYWHERE

    @property
    def may_be_card(self) -> bool:
        return len(self.typed) >= MIN_ANYWHERE and any(map(str.isdecimal, self.typed))

    @property
    def is_telling(self) -> bool:
        """Whether it is so long a part of a telephone that few have it."""
        return len(self.digits.lstrip("+")) >= LAST_DIGITS and not self.digits.startswith("+")


def words_of(text: str) -> list[Word]:
    """Return the words of a search, the pieces of a telephone number joined to one."""
    return list(_words(text.replace("\x00", " ").split()))[:MAX_WORDS]


def _words(pieces: list[str]) -> Iterator[Word]:
    number: list[str] = []
    for piece in pieces:
        if _phone_like.fullmatch(piece):
            number.append(piece)
            continue
        if number:
            yield _number(number)
            number = []
        # Marks around a word are no part of it: "Petrova, Anna".
        if bare := piece.strip(",;:()\"'"):
            yield Word(bare, "")
    if number:
        yield _number(number)


def _number(pieces: list[str]) -> Word:
    typed = "".join(pieces)
    plain = _trunk_zero.sub("", typed) if typed.startswith(("+", "00")) else typed
    digits = "".join(str(unicodedata.decimal(c)) for c in plain if c.isdecimal())
    if typed.startswith("+"):
        digits = f"+{digits}"
    return Word("".join(c for c in typed if c.isalnum()), digits)


def text_condition(word: Word, *, region: str) -> Q:
    """Return where the word stands in what is kept of a guest to search in."""
    if not word.digits:
        return _contains_text(fold(word.typed))
    if word.digits.startswith("+"):
        return _begins(word.digits)
    found = _contains_digits(word.digits)
    if word.digits.startswith(ABROAD) and len(word.digits) > len(ABROAD):
        # 0044 7700 as it is dialled from abroad; or the last digits of somebody's 020 7946 0044.
        found |= _begins(f"+{word.digits[len(ABROAD) :]}")
    trunk, code = _dialling(region)
    if trunk and word.digits.startswith(trunk) and len(word.digits) > len(trunk):
        # 07700 900 in Britain begins +447700900 for the world.
        found |= _begins(f"+{code}{word.digits[len(trunk) :]}")
    return found


def telephone_ends(word: Word) -> Q:
    """Return where the telephone ends with the digits of a word.

    The telephone is a word of the text to search in, and trigrams know where a word ends: of ten
    guests in whom four digits stand anywhere the index leaves one or two.
    """
    digits = word.digits.lstrip("+")
    ends = Q(phone__endswith=digits)
    if not word.is_telling:
        return ends
    last = digits[-TELLING:]
    return ends & (Q(search_text__contains=f"{last} ") | Q(search_text__endswith=last))


def _begins(phone: str) -> Q:
    """Return the condition of a telephone that begins so: a range of the index of telephones.

    The text to search in begins so, too; but of a beginning that all have trigrams tell little.
    """
    return Q(phone__gte=phone, phone__lt=phone + LAST)


def _contains_digits(digits: str) -> Q:
    """Return where the digits stand anywhere. Of many it is the last that tell one from another:
    by these they are looked for, without the trigrams of a country code, which all have."""
    if len(digits) <= TELLING:
        return _contains(digits)
    return Q(search_text__contains=digits[-TELLING:]) & _is_in(digits)


def _contains_text(text: str) -> Q:
    """Return where a text stands anywhere.

    By an index of trigrams PostgreSQL takes each guest in whom the rarest one stands, and looks for
    all the others in turn: neighbours, two letters of which are the same, stand in the same guests
    and tell it nothing. So it is given every other one, and they are a third of the work.
    """
    parts = _every_other_trigram(text) if has_trigrams() else []
    if not parts:
        return _contains(text)
    return reduce(and_, (Q(search_text__contains=part) for part in parts)) & _is_in(text)


def _every_other_trigram(text: str) -> list[str]:
    """Return trigrams in which each letter of the text is; none where all are as good.

    Of one or two letters it is where a word begins or ends that tells them from others.
    """
    words = _letters(text)
    if len(text) <= MIN_ANYWHERE + 1 or min(map(len, words), default=0) < MIN_ANYWHERE:
        return []
    lasts = [(word, len(word) - MIN_ANYWHERE) for word in words]
    starts = ((word, sorted({*range(0, last, 2), last})) for word, last in lasts)
    parts = (word[n : n + MIN_ANYWHERE] for word, numbers in starts for n in numbers)
    return list(dict.fromkeys(parts))


def _is_in(text: str) -> Q:
    """Return where the text stands, without a question to an index."""
    return Q(GreaterThan(StrIndex("search_text", Value(text)), 0))


def _contains(text: str) -> Q:
    if len(text) >= MIN_ANYWHERE:
        return Q(search_text__contains=text)
    return (
        Q(search_text__startswith=text)
        | Q(search_text__startswith=f"+{text}")
        | Q(search_text__contains=f" {text}")
    )


def _dialling(region: str) -> tuple[str, str]:
    """Return a region's national prefix ("0", or "") and country code ("44")."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None:
        return "", ""
    return metadata.national_prefix or "", str(metadata.country_code)
