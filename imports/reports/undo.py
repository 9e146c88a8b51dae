"""An undo in figures: what it would do, and what it did and could not do."""

from collections.abc import Iterator
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _, gettext_lazy as _lazy, ngettext

from core.texts import isolated
from guests.models import Card, ExternalId, Guest
from imports.models import ImportJob, ImportRow
from imports.reasons import describe
from imports.reports.file import label_of_guest_field
from imports.reports.money import given
from imports.services.undo_forecast import Forecast

#: What is said where it is not known which one.
_CARD, _ID = {"card": _lazy("A card")}, {"id": _lazy("An external id")}


def forecast_figures(job: ImportJob, found: Forecast) -> dict[str, Any]:
    """Return what imports/undo.html shows before an undo."""
    return {
        "figures": list(_forecast_figures(job, found)),
        "guests": found.guests,
        "orders": found.orders,
        "entries": found.entries,
        "size": found.size,
        "kept": found.kept,
        "money": given(job),
        "reasons": [
            {"reason": reason_in_general(code), "count": count}
            for code, count in found.reasons.most_common()
            if count
        ],
    }


def _forecast_figures(job: ImportJob, found: Forecast) -> Iterator[dict[str, Any]]:
    if job.kind == ImportJob.Kind.ORDERS:
        yield _figure(_("Orders taken back"), found.orders)
        return
    if job.kind == ImportJob.Kind.GUESTS:
        yield _figure(_("Guests removed"), found.removed)
        if found.deleted:
            yield _figure(_("Guests deleted"), found.deleted)
        yield _figure(_("Fields put back"), found.fields)
        yield _figure(_("Cards taken off"), found.cards)
        yield _figure(_("Categories taken off"), found.categories)
    if found.entries:
        yield _figure(_("Credits and debits reversed"), found.entries)


def reason_in_general(code: str) -> str:
    """Return the sentence of a reason for many rows."""
    return describe(code, {"columns": _("A field"), **_CARD, **_ID})


def report(job: ImportJob, rows: list[ImportRow], total: int) -> dict[str, Any]:
    """Return what imports/undone.html shows; `rows` are a page of the `total` not undone whole."""
    counts = job.undo_counts
    undone = counts.get("undone", 0)
    return {
        "sentence": sentence(job),
        "tone": "warning" if total else "success",
        "figures": [
            _figure(_("Undone"), undone),
            _figure(_("Undone in part"), counts.get("in_part", 0)),
            _figure(_("Kept"), counts.get("kept", 0)),
        ],
        "kept": _kept(job, rows),
        "kept_total": total,
    }


def sentence(job: ImportJob) -> str:
    """Return in one sentence how an undo ended."""
    undone = job.undo_counts.get("undone", 0)
    total = sum(job.undo_counts.values())
    if undone == total:
        text = ngettext(
            "The one row of this import is as it was before.",
            "All %(total)s rows of this import are as they were before.",
            total,
        )
        return (
            text % {"total": _number(total)}
            if total
            else _("Nothing of this import was left to undo.")
        )
    text = ngettext(
        "%(undone)s of %(total)s row is as it was before.",
        "%(undone)s of %(total)s rows are as they were before.",
        total,
    )
    return text % {"undone": _number(undone), "total": _number(total)}


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)


def _kept(job: ImportJob, rows: list[ImportRow]) -> list[dict[str, Any]]:
    ids = [row.guest_id for row in rows if row.guest_id]
    guests = Guest.objects.for_company(job.company).in_bulk(ids)
    names = _names(job, rows)
    return [
        {
            "line": row.line,
            "name": str(guests.get(row.guest_id, "–")),
            "url": "",
            "in_part": row.undo == ImportRow.Undo.IN_PART,
            "reasons": [
                _reason(code, name, {**params, **names.get((code, params.get("pk")), {})})
                for code, name, _value, params in row.undo_notes or ()
            ],
        }
        for row in rows
    ]


def _names(job: ImportJob, rows: list[ImportRow]) -> dict[tuple[str, int], dict[str, Any]]:
    """Return, by code and pk, what the reasons of these rows call cards and external ids.

    What is not there any more has no name, nor have the cards of an undo by an earlier version.
    """
    notes = [note for row in rows for note in row.undo_notes or ()]
    by_model = (
        (Card, ("card_changed", "card_elsewhere"), "card", _("Card %(value)s")),
        (ExternalId, ("id_elsewhere",), "id", _("External id %(value)s")),
    )
    names: dict[tuple[str, int], dict[str, Any]] = {}
    for model, codes, param, text in by_model:
        pks = [params["pk"] for code, _field, _value, params in notes if code in codes and params]
        found = model._default_manager.for_company(job.company).filter(pk__in=pks)
        for each in found if pks else ():
            named = {param: text % {"value": isolated(each)}}
            names |= {(code, each.pk): named for code in codes}
    return names


def _reason(code: str, name: str, params: dict[str, Any]) -> str:
    columns = label_of_guest_field(name) if name else ""
    return describe(code, {**_CARD, **_ID, **params, "columns": columns})


def _figure(label: str, value: int) -> dict[str, Any]:
    return {"label": label, "value": value, "tone": ""}
