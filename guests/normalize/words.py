"""Words for yes and no, for the sexes and for consent, in English and Russian."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal, NamedTuple

from .dates import DateOrder, date
from .errors import Invalid
from .texts import text

Sex = Literal["male", "female", "other"]
ConsentState = Literal["given", "revoked", "unknown"]

MAX_CONSENT_DETAILS = 1000


class Consent(NamedTuple):
    """Consent to the processing of personal data."""

    state: ConsentState
    details: str
    """The cell as it was if it says more than the state, else ""."""
    date: dt.date | None
    """The day it was given or revoked, if the cell names one."""


_BOOLEANS: dict[str, bool] = dict.fromkeys(
    ("1", "1.0", "yes", "y", "true", "t", "on", "да", "д", "истина", "вкл"), True
) | dict.fromkeys(("0", "0.0", "no", "n", "false", "f", "off", "нет", "н", "ложь", "выкл"), False)

# 1 and 2 as in ISO 5218. Its 0, "not known", is what an empty cell says.
_SEXES: dict[str, Sex] = {
    **dict.fromkeys(("male", "m", "man", "1", "1.0", "м", "муж", "мужской", "мужчина"), "male"),
    **dict.fromkeys(
        ("female", "f", "woman", "2", "2.0", "ж", "жен", "женский", "женщина"), "female"
    ),
    **dict.fromkeys(("other", "o", "x", "другой", "другое", "иной", "иное"), "other"),
}

_CONSENTS: dict[str, ConsentState] = {
    **dict.fromkeys(
        (
            *(word for word, meaning in _BOOLEANS.items() if meaning),
            *("given", "agreed", "agree", "granted", "accepted", "consent given"),
            *("согласен", "согласна", "согласие", "согласие дано", "дано", "получено", "есть"),
        ),
        "given",
    ),
    **dict.fromkeys(
        (
            *(word for word, meaning in _BOOLEANS.items() if not meaning),
            *("revoked", "withdrawn", "refused", "declined", "denied", "not given", "opt-out"),
            *("отозвано", "отозван", "отозвала", "отказ", "отказался", "отказалась"),
            *("не согласен", "не согласна", "не дано", "нет согласия", "согласие отозвано"),
        ),
        "revoked",
    ),
    **dict.fromkeys(("unknown", "not known", "n/a", "неизвестно", "нет данных"), "unknown"),
}

_refusal = re.compile(
    r"\b(?:revok|revoc|withdr[ae]w|refus|declin|denied|opt(?:ed)?[- ]?out"
    r"|(?:not|never) (?:given|agree|consent)|(?:not|n't) (?:agree|consent)|no consent"
    r"|отказ|отозв|отзыв|не да[нл]|не соглас|нет соглас|без соглас)"
)
_DATE = (
    r"(?<![0-9])(?:[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}"
    r"|[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{4})(?![0-9])"
)
_date = re.compile(_DATE)
# Not every digit ends it: "No 5" is the number of a contract.
_statement_end = re.compile(rf"\s*(?:[:(]|\s[-–—]\s|\b(?:on|от|с)\s|\s(?={_DATE})|$)")


def boolean(value: str) -> bool:
    """Yes or no. Raises Invalid("boolean") for anything that is neither: it is never a silent
    no."""
    try:
        return _BOOLEANS[value.strip().casefold()]
    except KeyError:
        raise Invalid("boolean", value=value) from None


def sex(value: str) -> Sex:
    """Male, female or other. Raises Invalid("sex") for anything else."""
    try:
        return _SEXES[value.strip().casefold().rstrip(".")]
    except KeyError:
        raise Invalid("sex", value=value) from None


def consent(
    value: str, *, order: DateOrder = "dmy", max_length: int = MAX_CONSENT_DETAILS
) -> Consent:
    """What a cell says of consent.

    A word alone ("given", "no", "отозвано"); a word and details ("revoked 2020-01-31"); or, as
    inCust has it, the details of consent that was given, the date first ("2019-04-24, Contract No.
    5, Main St 1"). A part that begins with a refusal means revoked, whatever stands before it.
    `order` is for dates like 05/06/2019.
    Raises Invalid: consent (neither a word nor a date at the beginning, or words of refusal in the
    midst of a sentence), consent_date, date_early, too_long, invisible.
    """
    state = _CONSENTS.get(value.strip().casefold().rstrip("."))
    if state:
        return Consent(state, "", None)
    details = text(value, max_length)
    parts = re.split(r"[,;\n]\s*", details)
    state, part = _deciding_part(value, parts)
    return Consent(state, details, _day(value, details, part, order))


def _deciding_part(value: str, parts: list[str]) -> tuple[ConsentState, str]:
    states = [_state(part) for part in parts]
    if "revoked" in states:
        return "revoked", parts[states.index("revoked")]
    if any(_refusal.search(part.casefold()) for part in parts):
        raise Invalid("consent", value=value)
    if states[0] is not None:
        return states[0], parts[0]
    if _date.match(parts[0]):
        return "given", parts[0]
    raise Invalid("consent", value=value)


def _state(part: str) -> ConsentState | None:
    """What a part of the cell says at its beginning: "revoked on 2020-01-31" says revoked."""
    text = part.casefold()
    if _refusal.match(text):
        return "revoked"
    end = _statement_end.search(text)
    return _CONSENTS.get(text[: end.start()].strip() if end else text)


def _day(value: str, details: str, part: str, order: DateOrder) -> dt.date | None:
    """The date in the part that decides, or the only one in the cell."""
    dates = [match[0] for match in _date.finditer(part)]
    if not dates:
        dates = [match[0] for match in _date.finditer(details)]
        if len(dates) != 1:
            return None
    try:
        return date(dates[0], order)
    except Invalid as error:
        if error.code == "date_early":
            raise
        raise Invalid("consent_date", value=value) from error
