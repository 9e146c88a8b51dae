"""What a check found, as its page shows it: counts, groups of errors with their fixes, a sample."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _, ngettext

from imports import fixes
from imports.models import ImportJob
from imports.options import Options
from imports.pipeline.decisions import Reject
from imports.pipeline.findings import Findings
from imports.pipeline.read import errors as file_errors
from imports.pipeline.rows import Reason
from imports.reasons import MESSAGES, describe, reason_text
from imports.reports.file import name_of_key
from imports.reports.samples import samples

#: Stands in a group's title for what differs from row to row.
ANY = "…"

Group = Mapping[str, Any]


def refusal(job: ImportJob) -> dict[str, Any] | None:
    """Return why the file as a whole cannot be read, and what may be done about it in one click."""
    problem = job.findings.get("file")
    if not problem:
        return None
    known = problem["code"] in MESSAGES
    sentence = (describe if known else file_errors.describe)(problem["code"], problem["params"])
    return {"sentence": sentence, "fixes": fixes.fixes_of_file(problem)}


def found(job: ImportJob) -> dict[str, Any] | None:
    """Return what the last check found; None before the first one is through."""
    counts = job.findings.get("counts")
    if counts is None:
        return None
    return {
        "created": counts.get("created", 0),
        "updated": counts.get("updated", 0),
        "unchanged": counts.get("unchanged", 0),
        "rejected": counts.get("failed", 0),
        "total": sum(counts.get(name, 0) for name in _OUTCOMES),
        "effects": _effects(counts),
        "groups": groups(job, fixable=True),
        "groups_left": job.findings["groups_left_out"],
        "nothing": why_nothing(job),
        "samples": samples(job),
    }


_COMING_IN = ("created", "updated", "unchanged")
_OUTCOMES = (*_COMING_IN, "skipped", "failed")


def comes_in(job: ImportJob) -> int:
    """Return how many rows of the checked file would be imported."""
    counts = job.findings.get("counts", {})
    return sum(counts.get(name, 0) for name in _COMING_IN)


def groups(job: ImportJob, *, fixable: bool = False) -> list[dict[str, Any]]:
    """Return the groups of errors that the last check found, the most frequent first."""
    options = Options.from_json(job.options)
    accepted = [each["phone"] for each in job.findings.get("sample", ())]
    shown = []
    for group in job.findings.get("groups", ()):
        fix = None
        if fixable:
            home = job.company.region
            fix = fixes.fix_of(group, options=options, home=home, accepted=accepted)
        shown.append(
            {
                "title": _title(group),
                "count": group["count"],
                "column": name_of_key(job, group["column"]),
                "examples": list(_examples(job, group)),
                "fix": fix,
            }
        )
    return shown


def _title(group: Group) -> str:
    """Return the sentence of a group without what only single rows have."""
    first, *others = (params for _line, _value, params in group["samples"])
    params = {
        name: value if all(other.get(name) == value for other in others) else ANY
        for name, value in first.items()
    }
    return describe(group["code"], {"value": ANY, **params})


def _examples(job: ImportJob, group: Group) -> list[dict[str, Any]]:
    column = name_of_key(job, group["column"])
    return [
        {"line": line, "column": column, "value": value, "reason": reason}
        for (line, value, _params), reason in zip(group["samples"], _reasons_of(group), strict=True)
    ]


def _reasons_of(group: Group) -> Iterator[str]:
    """Yield the sentence of each row that the group shows."""
    for _line, value, params in group["samples"]:
        yield reason_text(Reason(group["code"], group["column"], value, params))


def why_nothing(job: ImportJob) -> str:
    """Return in one sentence why no row at all comes in; "" where one does, or none failed.

    Of an import that was never checked the rows are asked that it left.
    """
    counts: Mapping[str, int] = job.findings.get("counts", job.counts)
    rejected = counts.get("failed", 0)
    if not rejected or any(counts.get(name) for name in _COMING_IN):
        return ""
    stored = job.findings.get("groups") or _groups_of_rows(job)
    return _nothing(stored[0], rejected) if stored else ""


def _groups_of_rows(job: ImportJob) -> list[dict[str, Any]]:
    found = Findings()
    failed = job.rows.filter(reasons__isnull=False).in_file_order()
    for line, reasons in failed.values_list("line", "reasons").iterator(chunk_size=5_000):
        found.add([Reject(line, [], [Reason(*reason) for reason in reasons or ()])])
    groups: list[dict[str, Any]] = found.to_json()["groups"]
    return groups


def _nothing(group: Group, rejected: int) -> str:
    """Return why no row can be imported: what is wrong with most of them, said once."""
    affected = group["count"]
    # What is wrong with one row alone is said with its value.
    why = _title(group) if affected > 1 else next(_reasons_of(group))
    if affected == rejected:
        text = ngettext(
            "Its only row cannot be imported. %(why)s",
            "None of the %(count)s rows can be imported. In all of them: %(why)s",
            rejected,
        )
    else:
        text = _("None of the %(count)s rows can be imported. In %(affected)s of them: %(why)s")
    return text % {"count": rejected, "affected": affected, "why": why}


def _effects(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return what the import would do or leave besides, where it is not nothing."""
    repeated = counts.get("skipped", 0) - counts.get("erased", 0)
    effects = [
        (_("stay unsubscribed, as they asked"), counts.get("opt_outs_kept", 0)),
        (_("keep their consent revoked"), counts.get("consents_kept", 0)),
        (_("become deleted"), counts.get("deleted", 0)),
        (_("are created as deleted"), counts.get("created_deleted", 0)),
        (_("are restored"), counts.get("restored", 0)),
        (_("repeat an earlier row"), repeated),
        (_("asked to be erased and stay out"), counts.get("erased", 0)),
        (_("name no guest, and count for the restaurant alone"), counts.get("of_nobody", 0)),
        (_("are of erased guests, and count for the restaurant alone"), counts.get("of_erased", 0)),
    ]
    return [{"label": label, "value": value} for label, value in effects if value > 0]
