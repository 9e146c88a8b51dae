"""Names as they are kept, and names as they are searched and sorted."""

from __future__ import annotations

import re
import unicodedata

from .texts import fitting, refuse_flood, visible

MAX_NAME = 100

# Accents of Latin, Greek and Cyrillic, the points of Hebrew and Arabic. Not й: it is a letter of
# its own, not an и with an accent. Elsewhere (India, Thailand) a combining mark is a vowel, and a
# word without it another word.
_accents = re.compile(
    r"(?<!и)\u0306|[\u0300-\u0305\u0307-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670]"
)
_undecomposed = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ħ": "h",
        "ŧ": "t",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "‐": "-",
        "‑": "-",
        "–": "-",
        "—": "-",
        "\u200c": None,
        "\u200d": None,
    }
)


def name(value: str, max_length: int = MAX_NAME) -> str:
    """A name or an alias: composed letters (NFC), figures, single spaces, nothing invisible.

    Raises Invalid: too_long, invisible.
    """
    refuse_flood(value, max_length)
    if not value.isprintable():
        value = visible(" ".join(value.split()))
    elif not value.isascii():
        value = unicodedata.normalize("NFC", value)
    return fitting(" ".join(value.split()), max_length)


def fold(text: str) -> str:
    """`text` for comparing, without case and accents: "Ё" is "е", "Łódź" is "lodz", "ß" is "ss"."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFKD", text).translate(_undecomposed)
    return unicodedata.normalize("NFC", _accents.sub("", text))


def name_key(last: str, first: str, middle: str) -> str:
    """What guests are sorted by: the folded last, first and middle name, of which any may be ""."""
    return fold(" ".join(filter(None, (last, first, middle))))


def search_text(*parts: str | None) -> str:
    """Everything a guest is found by, folded, one space between the words; blank parts left out."""
    return fold(" ".join(" ".join(filter(None, parts)).split()))
