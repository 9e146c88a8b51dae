"""Text as a reader sees it: what is in it that can be seen, and what is the same to them."""

import re
import unicodedata

_JOINERS = "\u200c\u200d"
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
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


def visible(value: str, *, keep: str = "") -> str:
    """`value` composed (NFC), without control, formatting and half characters except those in
    `keep`.

    Gone are NUL, byte order marks, soft hyphens and the marks that turn the direction of writing;
    the letters of Hebrew and Arabic are untouched, and so are the joiners that Persian and the
    scripts of India spell with.
    """
    if not value.isprintable():
        keep += _JOINERS
        value = "".join(
            character
            for character in value
            if character in keep or unicodedata.category(character) not in _DROPPED_CATEGORIES
        )
    return unicodedata.normalize("NFC", value)


def one_line(text: str) -> str:
    """A name as it is kept: composed letters, single spaces, nothing that cannot be seen."""
    return " ".join(visible(" ".join(text.split())).split())


def fold(text: str) -> str:
    """`text` for comparing, without case and accents: "Ё" is "е", "Łódź" is "lodz", "ß" is "ss"."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFKD", text).translate(_undecomposed)
    return unicodedata.normalize("NFC", _accents.sub("", text))
