"""What became of one guest, and what they were before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _, gettext_lazy

from core.models import Company, User
from core.texts import isolated
from core.web import past
from core.web.access import CompanyRequest
from core.web.past import Entry
from core.web.subjects import Subject, link
from core.web.telephones import called
from core.web.values import in_words
from guests.models import BulkChange, BulkChangeGuest, Card, Guest, GuestMerge
from guests.views.history_credits import of_bulk_credits, tell_adjustments
from guests.views.history_sources import (
    ADJUSTMENT,
    BULK_CHANGES,
    BULK_CREDITS,
    BULK_UNDOS,
    CHANGES,
    IMPORTS,
    Item,
    Page,
    Place,
    page,
)
from guests.web import way_back
from guests.web.bulk_words import tier_of
from guests.web.record import guest_view, record_context
from imports.models import ImportJob, ImportRow

PAGE_ENTRIES = 50


@guest_view("guests.view_guest")
def history(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    """Show everything that was ever changed of a guest, by hand, in bulk, by files: newest first.

    What happened to guests who were merged into this one is told too.
    """
    merged = {
        each.pk: called(each) for each in Guest.objects.for_company(company).merged_into(guest)
    }
    found = _page(company, {guest.pk, *merged}, request.GET)
    context = {
        **record_context(request, company, guest, tab="history"),
        "days": past.by_day(_entries(company, request.user, found.items, merged)),
        "pager": _pager(request, found),
    }
    return render(request, "guests/record_history.html", context)


def _page(company: Company, ids: Collection[int], query: Mapping[str, str]) -> Page:
    """Return the page that the address asks for; of anything else the first."""
    if "last" in query:
        return page(company, ids, place=None, backwards=True, size=PAGE_ENTRIES)
    if before := Place.read(query.get("before", "")):
        found = page(company, ids, place=before, backwards=True, size=PAGE_ENTRIES)
        if found.items:
            return found
    after = Place.read(query.get("after", ""))
    return page(company, ids, place=after, size=PAGE_ENTRIES)


def _pager(request: CompanyRequest, found: Page) -> dict[str, str]:
    items = found.items
    urls = {
        "first": "?" if found.has_newer else "",
        "previous": f"?before={_quoted(items[0].place)}" if found.has_newer and items else "",
        "next": f"?after={_quoted(items[-1].place)}" if found.has_older and items else "",
        "last": "?last" if found.has_older else "",
    }
    kept = {name: way_back.along(request, url) for name, url in urls.items()}
    return {"label": _("Newest first"), **kept}


def _quoted(place: Place) -> str:
    return str(place).replace("+", "%2B")


def _entries(
    company: Company, user: User, items: Sequence[Item], merged: dict[int, str]
) -> list[Entry]:
    """Return what a page says of the items, in their order."""
    tables: dict[int, Any] = {
        CHANGES: _of_changes,
        BULK_CREDITS: of_bulk_credits,
        BULK_CHANGES: _of_bulk_changes,
        BULK_UNDOS: _of_bulk_undos,
        IMPORTS: _of_lines,
    }
    told: dict[Place, Entry] = {}
    for table, tell in tables.items():
        own = [item for item in items if item.place.table == table]
        entries = tell(company, user, [item.row for item in own], merged)
        told |= {item.place: entry for item, entry in zip(own, entries, strict=True)}
    return [told[item.place] for item in items]


def _of_changes(
    company: Company, user: User, rows: Sequence[Any], merged: dict[int, str]
) -> list[Entry]:
    tell_adjustments(company, rows)
    entries = past.of_changes(company, user, rows, about=Guest._meta.label_lower)
    # Of a guest who was merged on there is no page any more.
    own = [change for change in rows if change.subject_id not in merged]
    receipts = _receipts(company, user, own)
    return [
        entry
        if change.subject == ADJUSTMENT
        else replace(_about(entry, merged, change.subject_id), receipt=receipts.get(change.pk, ""))
        for change, entry in zip(rows, entries, strict=True)
    ]


def _receipts(company: Company, user: User, rows: Sequence[Any]) -> dict[int, str]:
    """Return the addresses of the receipts of merges, where they can be undone, by change.

    A query where there are any, for who may merge.
    """
    merges = [row for row in rows if row.action == "merge_guest"]
    if not merges or not user.has_perm("guests.merge_guest", company):
        return {}
    done = GuestMerge.objects.for_company(company).filter(
        kept__in={row.subject_id for row in merges}, at__in={row.at for row in merges}
    )
    found = {(each.kept_id, each.at): each.pk for each in done.only("kept", "at")}
    return {
        row.pk: link("guests:merged", company, row.subject_id, found[row.subject_id, row.at])
        for row in merges
        if (row.subject_id, row.at) in found
    }


def _about(entry: Entry, merged: dict[int, str], pk: int) -> Entry:
    """Return the entry with the guest as its sentence names them: the page is about them."""
    return replace(entry, subject=_whom(merged, pk))


def _whom(merged: dict[int, str], pk: int) -> Subject:
    if pk in merged:
        return Subject(
            _("%(guest)s, who was merged into this guest") % {"guest": isolated(merged[pk])}
        )
    return Subject(_("this guest"))


_BULK_WORDS = {
    BulkChange.Action.DELETE: gettext_lazy("deleted this guest in"),
    BulkChange.Action.RESTORE: gettext_lazy("restored this guest in"),
    BulkChange.Action.ADD_CATEGORY: gettext_lazy("put this guest into “%(category)s” in"),
    BulkChange.Action.REMOVE_CATEGORY: gettext_lazy("took this guest out of “%(category)s” in"),
    BulkChange.Action.SET_TIER: gettext_lazy("gave this guest %(tier)s in"),
    BulkChange.Action.DELETE_CATEGORY: gettext_lazy(
        "deleted the category “%(category)s”, which this guest was in, by"
    ),
}
_UNDO_WORDS = {
    BulkChange.Action.DELETE: gettext_lazy("brought this guest back by undoing"),
    BulkChange.Action.RESTORE: gettext_lazy("deleted this guest again by undoing"),
    BulkChange.Action.ADD_CATEGORY: gettext_lazy(
        "took this guest out of “%(category)s” again by undoing"
    ),
    BulkChange.Action.REMOVE_CATEGORY: gettext_lazy(
        "put this guest back into “%(category)s” by undoing"
    ),
    BulkChange.Action.SET_TIER: gettext_lazy("gave this guest the former tier back by undoing"),
    BulkChange.Action.DELETE_CATEGORY: gettext_lazy(
        "put this guest back into “%(category)s” by undoing"
    ),
}


def _of_bulk_changes(
    company: Company, user: User, rows: Sequence[BulkChangeGuest], merged: dict[int, str]
) -> list[Entry]:
    return [
        Entry(
            at=row.change.created_at,
            actor=str(row.change.actor or ""),
            where=_("Command line"),
            words=_bulk_words(_BULK_WORDS, row.change),
            subject=_bulk_subject(company, user, row.change),
            note=_("Undone since.") if row.is_undone else "",
        )
        for row in rows
    ]


def _of_bulk_undos(
    company: Company, user: User, rows: Sequence[BulkChangeGuest], merged: dict[int, str]
) -> list[Entry]:
    return [
        Entry(
            at=row.when,  # type: ignore[attr-defined]
            actor=str(row.change.undone_by or ""),
            where=_("Command line"),
            words=_bulk_words(_UNDO_WORDS, row.change),
            subject=_bulk_subject(company, user, row.change),
        )
        for row in rows
    ]


def _bulk_words(words: Mapping[BulkChange.Action, Any], change: BulkChange) -> str:
    shown = {"category": change.category_name, "tier": tier_of(change)}
    return str(words[BulkChange.Action(change.action)]) % shown


def _bulk_subject(company: Company, user: User, change: BulkChange) -> Subject:
    may_open = user.has_perm("guests.change_guest", company)
    url = link("guests:change", company, change.number) if may_open else ""
    return Subject(_("bulk change %(number)s") % {"number": change.number}, url)


_LINE_WORDS: dict[tuple[str, int], Any] = {
    (ImportJob.Kind.GUESTS, ImportRow.Outcome.CREATED): gettext_lazy(
        "created this guest by the import of"
    ),
    (ImportJob.Kind.GUESTS, ImportRow.Outcome.UPDATED): gettext_lazy(
        "changed this guest by the import of"
    ),
}
_ORDER_WORDS = {
    ImportRow.Outcome.CREATED: gettext_lazy("created this guest by the orders of"),
    ImportRow.Outcome.UPDATED: gettext_lazy("corrected an order of this guest by"),
}
_LINE_WORDS |= {(ImportJob.Kind.ORDERS, outcome): text for outcome, text in _ORDER_WORDS.items()}
_UNDO_NOTES: dict[int | None, Any] = {
    ImportRow.Undo.UNDONE: gettext_lazy("Undone since."),
    ImportRow.Undo.IN_PART: gettext_lazy("Undone in part since."),
}


def _of_lines(
    company: Company, user: User, rows: Sequence[ImportRow], merged: dict[int, str]
) -> list[Entry]:
    may_open = user.has_perm("imports.view_importjob", company)
    cards = _cards(company, {pk for row in rows for pk in _card_ids(row.replaced or {})})
    values = [(Guest._meta.label_lower, _values(row.replaced or {}, cards)) for row in rows]
    return [
        Entry(
            at=row.when,  # type: ignore[attr-defined]
            actor=str(row.job.actor or ""),
            where=_("Command line"),
            words=str(
                _LINE_WORDS.get(
                    (row.job.kind, row.outcome),
                    _("brought something for this guest with"),
                )
            ),
            subject=Subject(
                _("%(file)s, line %(line)s")
                % {"file": isolated(row.job.filename), "line": row.line},
                link("imports:detail", company, row.job.number) if may_open else "",
            ),
            rows=words,
            note=str(_UNDO_NOTES.get(row.undo, "")),
        )
        for row, words in zip(rows, in_words(company, values), strict=True)
    ]


def _card_ids(replaced: dict[str, Any]) -> list[int]:
    """Return the cards that a line of a file added or completed."""
    return [*replaced.get("cards", ()), *(pk for pk, *_half in replaced.get("completed", ()))]


def _cards(company: Company, ids: Collection[int]) -> dict[int, str]:
    """Return those cards by id, as far as they are still there."""
    cards = Card.objects.for_company(company).filter(pk__in=ids) if ids else ()
    return {card.pk: " / ".join(filter(None, (card.number, card.track))) for card in cards}


def _values(replaced: dict[str, Any], cards: dict[int, str]) -> dict[str, Any]:
    """Return what a line of a file changed as a Change would have it."""
    found = dict(replaced.get("fields", {}))
    if names := [cards[pk] for pk in _card_ids(replaced) if pk in cards]:
        found["cards"] = [None, names]
    for name in ("categories", "external_ids"):
        if replaced.get(name):
            found[name] = [None, replaced[name]]
    if replaced.get("entries"):
        found["ledger_entries"] = [None, len(replaced["entries"])]
    return found
