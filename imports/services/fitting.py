"""Whether a saved mapping fits a file: each field must find the column that it was chosen for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _, ngettext

from core.texts import isolated
from imports.models import ColumnMapping, ImportJob
from imports.pipeline.read import plain_name


class Unfit(Exception):
    """A field of the mapping would find no column, or perhaps a wrong one; the text says which."""


@dataclass
class Fit:
    """Which column of the file is which field, and the names of those the mapping does not know."""

    mapping: list[str | None]
    unknown: list[str] = field(default_factory=list)


def fit(mapping: ColumnMapping, job: ImportJob) -> Fit:
    """Return the mapping for the columns of the file as it is read now. Raises Unfit.

    Columns go by their names, in whatever order they stand; without a header by their places, and
    then there must be as many as there were. What the mapping leaves out may be missing, and what
    it does not know is left out.
    """
    if mapping.signature == job.signature:
        return Fit(_as_wide(mapping, job))
    if mapping.header is None or job.header is None:
        raise Unfit(_other_than_by_names(mapping, job))
    return _by_names(mapping, mapping.header, job.header)


def fits(mapping: ColumnMapping, job: ImportJob) -> Fit | None:
    """Return the fit, or None where there is none."""
    try:
        return fit(mapping, job)
    except Unfit:
        return None


def _as_wide(mapping: ColumnMapping, job: ImportJob) -> list[str | None]:
    """Return the mapping of the same columns; nameless ones at the end may be fewer, or more."""
    keys = mapping.mapping[: job.width]
    if gone := sum(bool(key) for key in mapping.mapping[job.width :]):
        text = _("It lacks the last columns, without a name, that “%(name)s” imports: %(count)s.")
        raise Unfit(text % {"name": isolated(mapping.name), "count": gone})
    return [*keys, *[None] * (job.width - len(keys))]


def _other_than_by_names(mapping: ColumnMapping, job: ImportJob) -> str:
    """Return why columns cannot be told by their names, and not by their places either."""
    params = {"name": isolated(mapping.name), "there": job.width, "saved": len(mapping.mapping)}
    params["columns"] = quoted([name for name in mapping.header or () if name.strip()])
    if mapping.header is not None:
        text = _("It has no header, and “%(name)s” knows its columns by name: %(columns)s.")
    elif not mapping.signature.startswith("columns:"):
        text = _(
            "It has other columns than the file that “%(name)s” was saved with, whose names were "
            "not kept. Choose the columns, and save them under this name again."
        )
    elif job.header is None:
        text = ngettext(
            "It has no header and %(there)s column, and “%(name)s” was saved for %(saved)s: which "
            "is which cannot be told.",
            "It has no header and %(there)s columns, and “%(name)s” was saved for %(saved)s: which "
            "is which cannot be told.",
            job.width,
        )
    else:
        text = _("It has a header, and “%(name)s” was saved for files without one.")
    return text % params


def _by_names(mapping: ColumnMapping, saved: Sequence[str], there: Sequence[str]) -> Fit:
    found: list[str | None] = [None] * len(there)
    missing: list[str] = []
    unsure: list[str] = []
    old, new = _places(saved), _places(there)
    keys = dict(enumerate(mapping.mapping))
    for name, places in old.items():
        wanted = [keys.get(place) for place in places]
        if not any(wanted):
            continue
        now = new.get(name, [])
        if not name or len(places) > 1 or len(now) > 1:
            # Nothing but their places tells them from each other.
            if now != places:
                (unsure if len(now) >= len(places) else missing).append(saved[places[0]])
                continue
        elif not now:
            missing.append(saved[places[0]])
            continue
        for place, key in zip(now, wanted, strict=True):
            found[place] = key
    unknown = [there[places[0]].strip() for name, places in new.items() if name and name not in old]
    if missing or unsure:
        raise Unfit(" ".join(_wrong(mapping, missing, unsure, unknown)))
    return Fit(found, unknown)


def _places(names: Sequence[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(plain_name(name), []).append(place)
    return places


def _wrong(
    mapping: ColumnMapping, missing: list[str], unsure: list[str], unknown: list[str]
) -> Iterator[str]:
    """Yield a sentence for each thing that is wrong with the columns of a file."""
    sentences = (
        (missing, _("It lacks columns that “%(name)s” imports: %(columns)s.")),
        (unsure, _("It has several columns of the same name, or elsewhere: %(columns)s.")),
        (unknown, _("It has columns that “%(name)s” does not know: %(columns)s.")),
    )
    for columns, text in sentences:
        if columns:
            yield text % {"name": isolated(mapping.name), "columns": quoted(columns)}


def quoted(names: Sequence[str]) -> str:
    """Return names of columns as a sentence lists them."""
    return ", ".join(_quoted(name.strip()) for name in names)


def _quoted(name: str) -> str:
    return f"“{isolated(name)}”" if name else _("without a name")
