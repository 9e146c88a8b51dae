"""A file whose every line has a known end, and the verdict on what an import made of it."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.models import Company
from guests.models import Card, Guest, GuestCategory
from imports import error_file
from imports.models import ImportJob, ImportRow

HEADER = ["phone", "name", "last_name", "track_1", "number_1"]
Outcome = ImportRow.Outcome
#: What becomes of ten lines that follow each other. Some of them refer to lines far before them,
#: which a worker that takes over has to know of.
PATTERN = (
    "new", "new", "new", "bad phone", "new", "changed", "known", "same again", "new", "card again",
)  # fmt: skip
ENDS = {
    "new": Outcome.CREATED,
    "bad phone": Outcome.FAILED,
    "changed": Outcome.UPDATED,
    "known": Outcome.UNCHANGED,
    "same again": Outcome.SKIPPED,
    "card again": Outcome.FAILED,
}


@dataclass
class GuestList:
    """`count` lines, by line number: their cells and how they must end."""

    count: int
    faultless: bool = False
    cells: dict[int, list[str]] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for i in range(self.count):
            kind = PATTERN[i % len(PATTERN)]
            if self.faultless and ENDS[kind] == Outcome.FAILED:
                kind = "new"
            self.cells[i + 2] = self._cells(i, kind)
            self.ends[i + 2] = ENDS[kind]

    def _cells(self, i: int, kind: str) -> list[str]:
        first_of_earlier_ten = i // 20 * 10
        if kind == "same again":
            return self.cells[first_of_earlier_ten + PATTERN.index("known") + 2]
        if kind == "known":
            return _guest(i)
        if kind == "changed":
            return [*_guest(i)[:2], f"Grey-{i}", *_card(i)]
        if kind == "bad phone":
            return ["12-ab", *_guest(i)[1:3], *_card(i)]
        card = _card(first_of_earlier_ten if kind == "card again" else i)
        return [*_guest(i)[:3], *card]

    @property
    def last(self) -> int:
        return self.count + 1

    def content(self) -> str:
        return _csv(self.cells.values())

    def before(self) -> str:
        """Return the file of the guests who are known beforehand."""
        known = {Outcome.UPDATED, Outcome.UNCHANGED}
        return _csv(_guest(line - 2) for line, end in self.ends.items() if end in known)

    def guests_before(self) -> dict[str, str]:
        """Return the surnames by phone of the guests who are known beforehand."""
        _header, *rows = csv.reader(io.StringIO(self.before()))
        return {row[0]: row[2] for row in rows}

    def guests_after(self) -> dict[str, str]:
        brought = (self.cells[line] for line, end in self.ends.items() if end in (1, 2))
        return self.guests_before() | {cells[0]: cells[2] for cells in brought}

    def cards_after(self) -> set[tuple[str, str, str]]:
        brought = (self.cells[line] for line, end in self.ends.items() if end in (1, 2))
        return {(cells[0], cells[3], cells[4]) for cells in brought}

    def failed(self) -> list[list[str]]:
        return [self.cells[line] for line, end in self.ends.items() if end == Outcome.FAILED]


def _guest(i: int) -> list[str]:
    return [f"+4479{i:08}", f"Anna-{i}", f"Brown-{i}", "", ""]


def _card(i: int) -> list[str]:
    return [f"77{i:010}", f"{i:08}"]


def _csv(rows: Iterator[list[str]] | object) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])  # type: ignore[misc]
    return text.getvalue()


# -- Verdicts -----------------------------------------------------------------------------------


def problems(
    job: ImportJob, expected: GuestList, *, ends: dict[int, int] | None = None
) -> list[str]:
    """Return all that was lost or doubled by an import, in words; `ends` if others are expected."""
    ends = ends or expected.ends
    job = ImportJob.objects.get(pk=job.pk)
    rows = list(ImportRow.objects.filter(job_id=job.pk).values_list("line", "outcome"))
    failed = sum(end == Outcome.FAILED for end in ends.values())
    counted = Counter(Outcome(outcome).name.lower() for _line, outcome in rows)
    told = {name: job.counts.get(name, 0) for name in (each.name.lower() for each in Outcome)}
    return list(
        _differences(
            state=(job.state, "done_with_errors" if failed else "done"),
            error=(job.error, ""),
            done=((job.done, job.total), (len(ends), len(ends))),
            lines=(sorted(line for line, _outcome in rows), sorted(ends)),
            outcomes=(dict(rows), ends),
            counts=(told, {name: counted[name] for name in told}),
            error_file=(_error_file(job), expected.failed() if failed else []),
        )
    ) + wrong_guests(job.company, expected)


def wrong_guests(company: Company, expected: GuestList) -> list[str]:
    """Return what is wrong with the company's guests, cards and categories after the import."""
    of_company = Guest.objects.for_company(company)
    in_categories = GuestCategory.objects.for_company(company)
    return list(
        _differences(
            phones=(of_company.count(), len(expected.guests_after())),
            guests=(dict(of_company.values_list("phone", "last_name")), expected.guests_after()),
            cards=(_cards(company), sorted(expected.cards_after())),
            categories=(in_categories.count(), len(in_categories.values("guest_id").distinct())),
        )
    )


def undo_problems(job: ImportJob, expected: GuestList, *, last: int | None = None) -> list[str]:
    """Return what an undo left, or took too much; `last` is the line an import broke off at."""
    job = ImportJob.objects.get(pk=job.pk)
    of_company = Guest.objects.for_company(job.company)
    ends = {line: end for line, end in expected.ends.items() if last is None or line <= last}
    undone = [line for line, end in ends.items() if end in (1, 2)]
    rows = ImportRow.objects.filter(job_id=job.pk)
    return list(
        _differences(
            state=(job.state, "undone"),
            error=(job.error, ""),
            done=((job.done, job.total), (len(undone), len(undone))),
            lines=(sorted(rows.values_list("line", flat=True)), sorted(ends)),
            undone=(sorted(rows.filter(undo=1).values_list("line", flat=True)), undone),
            counts=(job.undo_counts, {"undone": len(undone)}),
            guests=(dict(of_company.values_list("phone", "last_name")), expected.guests_before()),
            cards=(_cards(job.company), []),
        )
    )


def _cards(company: Company) -> list[tuple[str, str, str]]:
    cards = Card.objects.for_company(company).values_list("guest__phone", "track", "number")
    return sorted(cards)


def _error_file(job: ImportJob) -> list[list[str]]:
    content = b"".join(error_file.csv_lines(job)).decode(job.dialect["encoding"])
    _header, *rows = csv.reader(io.StringIO(content))
    # Without the sentence that says what was wrong.
    return [row[:-1] for row in rows]


def _differences(**found_and_expected: tuple[object, object]) -> Iterator[str]:
    for name, (found, expected) in found_and_expected.items():
        if found != expected:
            yield f"{name}: {_short(found, expected)} instead of {_short(expected, found)}"


def _short(value: object, other: object) -> str:
    """Return what of a value the other has not."""
    if isinstance(value, dict) and isinstance(other, dict):
        value = {key: each for key, each in value.items() if other.get(key, other) != each}
    elif isinstance(value, list) and isinstance(other, list) and len(value) > 10:
        value = [each for each in value if each not in other] or f"{len(value)} of the same"
    text = repr(value)
    return text if len(text) < 500 else f"{text[:500]}... ({len(text)} characters)"
