"""Text as a reader sees it: what is in it that can be seen, and what is the same to them."""

import re
import unicodedata

#: Cannot be seen and are spelled with all the same: the joiners of Persian and of India's scripts,
#: the marks by which Hebrew and Arabic say on which side a sign without a direction stands.
SPELLING = "\u200c\u200d\u200e\u200f\u061c"
_MARKS = "\u200e\u200f\u061c"
_nothing_seen = re.compile(f"[\\s{SPELLING}]*").fullmatch
# What overrides, embeds or isolates a direction, and ends it again.
_TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_turns = re.compile(f"[{_TURNS}]")
_from_right = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_ISOLATE, _END = "\u2068", "\u2069"
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
        **dict.fromkeys(SPELLING + _TURNS),
    }
)


def visible(value: str, *, keep: str = SPELLING) -> str:
    """`value` composed (NFC), without control, formatting and half characters except those in
    `keep`; "" when nothing is left that can be seen.

    Gone are NUL, byte order marks, soft hyphens and what overrides or isolates the direction of
    writing, for it would turn what stands beside it too. The letters of Hebrew and Arabic are
    untouched, and so is what they are spelled with; only at the ends their marks do nothing.
    """
    if not value.isprintable():
        value = "".join(
            character
            for character in value
            if character in keep or unicodedata.category(character) not in _DROPPED_CATEGORIES
        ).strip(_MARKS)
        if _nothing_seen(value):
            return ""
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


def isolated(text: object) -> str:
    """`text` for a sentence, an attribute or a mail, whose own order it must not disturb.

    What may run from right to left stands between the signs of Unicode that isolate it, and turns
    nothing beside it; all other text is returned as it is. In HTML `<bdi>` does the same.
    """
    shown = str(text)
    if shown.isascii():
        return shown
    shown = _turns.sub("", shown)
    return f"{_ISOLATE}{shown}{_END}" if _from_right.search(shown) else shown


def shortened(text: object, *, length: int = 32) -> str:
    """`text` in at most `length` characters: a longer one loses its middle.

    Names of one group often differ at the end, where a common cut would make them the same.
    """
    shown = str(text)
    if len(shown) <= length:
        return shown
    first, last = length * 3 // 5, length - length * 3 // 5 - 1
    head, tail = shown[:first], shown[-last:]
    # Not in the middle of a word where its end or its beginning is near.
    if not shown[first].isspace() and (end := head.rfind(" ")) > first // 2:
        head = head[:end]
    if not shown[-last - 1].isspace() and 0 <= (start := tail.find(" ")) < last * 2 // 3:
        tail = tail[start:]
    while tail and unicodedata.combining(tail[0]):
        tail = tail[1:]
    return f"{head.rstrip()}…{tail.lstrip()}"
