"""What guests' own tables and files still know of somebody who was erased: the slow part.

A Cleaner (guests.dependents): safe to repeat. Looked for is what `Traces` finds; the database
narrows it down by a regular expression, and what it finds is looked at once more.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from django.db.models import Model, TextField
from django.db.models.functions import Cast

from core import jobs
from core.mail import folder_path
from core.models import Change, Job, OutgoingMail
from core.services.jobs import publish
from guests import dependents
from guests.dependents import Cleaning
from guests.models import Guest, GuestExport, SavedView
from guests.traces import Traces

#: Rows that are looked at between two signs of life.
BATCH = 500


def register() -> None:
    """Make this part known. Called once, when the apps are ready."""
    dependents.register_cleaner("guests", clean)
    dependents.register_text(Guest, "comment")
    dependents.register_text(Guest, "consent_details")


def clean(cleaning: Cleaning) -> Mapping[str, int]:
    """Clean histories, notes of others, saved views, receipts, exports and mails."""
    counts: Counter[str] = Counter()
    counts["changes"] = _clean_changes(cleaning)
    counts["notes"] = _clean_notes(cleaning)
    counts["views"] = _clean_queries(cleaning, SavedView)
    # Whatever is done to a list of guests keeps what the list was asked for.
    counts["receipts"] = sum(
        _clean_queries(cleaning, model) for model in jobs.models() if _has_query(model)
    )
    counts["exports"] = _remove_exports(cleaning)
    counts["mails"] = _remove_mails(cleaning)
    return counts


def _clean_changes(cleaning: Cleaning) -> int:
    """Take traces out of what was done to others, or to the company."""
    traces, label = cleaning.traces, Guest._meta.label_lower
    changes = Change.objects.for_company(cleaning.company)
    # What is written of another guest of the same name is theirs.
    count = _rewrite(cleaning, traces.contacts, changes.filter(subject=label), "values")
    return count + _rewrite(cleaning, traces, changes.exclude(subject=label), "values")


def _clean_notes(cleaning: Cleaning) -> int:
    """Take telephone and e-mail out of what is noted about other guests."""
    contacts, company = cleaning.traces.contacts, cleaning.company
    return sum(
        _rewrite(cleaning, contacts, model._default_manager.filter(company=company), name)
        for model, name in dependents.all_texts()
    )


def _rewrite(cleaning: Cleaning, traces: Traces, rows: Any, name: str) -> int:
    """Rewrite a field of those rows in which the database finds a trace; return how many."""
    pattern, count = traces.sql_pattern(), 0
    if not pattern:
        return 0
    found = rows.annotate(as_text=Cast(name, TextField())).filter(as_text__iregex=pattern)
    for pk, value in _batches(cleaning, found.order_by("pk"), "pk", name):
        cleaned = traces.without_in_json(value)
        if cleaned != value:
            count += rows.filter(pk=pk).update(**{name: cleaned})
    return count


def _batches(cleaning: Cleaning, rows: Any, *fields: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows' fields, the first of which is their key, with signs of life in between."""
    last = None
    while batch := list(
        (rows if last is None else rows.filter(pk__gt=last)).values_list(*fields)[:BATCH]
    ):
        yield from batch
        last = batch[-1][0]
        cleaning.beat()


#: Fields that say what a list was asked for, or what somebody wrote beside it.
_OF_QUERIES = frozenset({"query", "words", "name", "error", "comment", "results_to"})


def _has_query(model: type[Model]) -> bool:
    return any(field.name == "query" for field in model._meta.fields)


def _clean_queries(cleaning: Cleaning, model: type[Model]) -> int:
    """Take out of lists' addresses what asks for the guest; a view that asks nothing else goes."""
    traces, count = cleaning.traces, 0
    names = [field.name for field in model._meta.fields if field.name in _OF_QUERIES]
    rows: Any = model._default_manager.filter(company=cleaning.company).order_by("pk")
    for pk, *values in _batches(cleaning, rows, "pk", *names):
        before = dict(zip(names, values, strict=True))
        after = {name: _cleaned(traces, name, value) for name, value in before.items()}
        if after == before:
            continue
        count += 1
        if model is SavedView and (not after["query"] or after["name"] != before["name"]):
            rows.filter(pk=pk).delete()
        else:
            rows.filter(pk=pk).update(**after)
    return count


def _cleaned(traces: Traces, name: str, value: Any) -> Any:
    return traces.without_in_query(value) if name == "query" else traces.without_in_json(value)


def _remove_exports(cleaning: Cleaning) -> int:
    """Remove every file of guests that was made before; one that is being made begins anew."""
    exports = GuestExport.objects.for_company(cleaning.company)
    exports = exports.filter(created_at__lt=cleaning.since)
    for export in exports.running():
        # Its worker finds that it lost the job, and the next one reads without this guest.
        if exports.running().filter(pk=export.pk).update(state=Job.State.QUEUED):
            publish(export)
    count = 0
    for export in exports.exclude(file="").order_by("pk"):
        export.file.delete(save=False)
        exports.filter(pk=export.pk).update(file="", file_size=0)
        count += 1
        cleaning.beat()
    return count


def _remove_mails(cleaning: Cleaning) -> int:
    """Remove mails that were kept as files and name the guest. Those sent by a server are gone."""
    count = 0
    mails = OutgoingMail.objects.for_company(cleaning.company).order_by("pk")
    for pk, message_id, to, error in _batches(cleaning, mails, "pk", "message_id", "to", "error"):
        path = folder_path(message_id)
        if path.exists() and _names(path, cleaning.traces.contacts):
            path.unlink()
            count += 1
        if cleaning.traces.is_in(to):
            mails.filter(pk=pk).delete()
        elif cleaning.traces.is_in(error):
            mails.filter(pk=pk).update(error=cleaning.traces.without(error))
    return count


def _names(path: Path, traces: Traces) -> bool:
    """Whether a mail, its attachments among it, holds a trace."""
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    headers = "\n".join(f"{name}: {value}" for name, value in message.items())
    return traces.is_in(headers) or any(
        traces.is_in(text) for part in message.walk() for text in _texts(part)
    )


def _texts(part: EmailMessage) -> Iterator[str]:
    """Yield what a part of a mail holds, a zipped attachment unpacked."""
    if part.is_multipart():
        return
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return
    if part.get_content_type() == "application/zip":
        yield from _unzipped(part)
        return
    for encoding in ("utf-8", "windows-1251", "utf-16"):
        yield content.decode(encoding, errors="replace")


def _unzipped(part: EmailMessage) -> Iterator[str]:
    from io import BytesIO

    content = part.get_payload(decode=True)
    try:
        with ZipFile(BytesIO(content if isinstance(content, bytes) else b"")) as archive:
            for name in archive.namelist():
                yield archive.read(name).decode("utf-8", errors="replace")
    except BadZipFile:
        return
