"""Credits and debits in a guest's history that were not given to this guest alone by one click: in
bulk, or after a second person approved."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.models import Change, Company, User
from core.web.past import Entry
from core.web.subjects import Subject, link
from core.web.values import Values, in_words
from guests.views.history_sources import ADJUSTMENT
from loyalty.models import Adjustment, BulkAdjustment, BulkAdjustmentGuest, LedgerEntry

#: What the line itself says that somebody asked for.
_ASKED = "ask_adjustment"
_Outcome = BulkAdjustmentGuest.Outcome


def of_bulk_credits(
    company: Company, user: User, rows: Sequence[BulkAdjustmentGuest], merged: dict[int, str]
) -> list[Entry]:
    """Return what a page says of bulk credits and debits, in the rows' order."""
    may_open = user.has_perm("loyalty.adjust_balance", company)
    reversals = _reversals(company, rows)
    values = [
        (BulkAdjustment._meta.label_lower, _values(row, reversals.get(row.entry_id or 0)))
        for row in rows
    ]
    return [
        Entry(
            at=row.when,  # type: ignore[attr-defined]
            actor=str(row.change.actor or ""),
            where=_("Command line"),
            words=_("credited this guest in")
            if row.change.amount > 0
            else _("debited this guest in"),
            subject=Subject(
                _("bulk credit %(number)s") % {"number": row.change.number}
                if row.change.amount > 0
                else _("bulk debit %(number)s") % {"number": row.change.number},
                link("loyalty:bulk_change", company, row.change.number) if may_open else "",
            ),
            rows=words,
            note=_note(row, reversals.get(row.entry_id or 0)),
        )
        for row, words in zip(rows, in_words(company, values), strict=True)
    ]


def _values(row: BulkAdjustmentGuest, reversal: LedgerEntry | None) -> Values:
    assert row.entry is not None
    return {
        "program": [None, row.change.program.name],
        "amount": [None, _plain(row.entry.amount)],
        "balance": _balance(row.entry),
        **({"taken_back": _balance(reversal)} if reversal else {}),
    }


def _reversals(company: Company, rows: Sequence[BulkAdjustmentGuest]) -> dict[int, LedgerEntry]:
    """Return what took the entries of rows back, by the entry that it took back: a query, if any
    was."""
    undone = (_Outcome.UNDONE, _Outcome.IN_PART)
    taken = [row.entry_id for row in rows if row.entry_id and row.outcome in undone]
    found = LedgerEntry.objects.for_company(company).filter(reverses__in=taken) if taken else ()
    return {entry.reverses_id or 0: entry for entry in found}


def _note(row: BulkAdjustmentGuest, reversal: LedgerEntry | None) -> str:
    """Return who approved it, and who took it back and when."""
    notes = []
    asked = getattr(row.change, "adjustment", None)
    if asked is not None and asked.decided_by is not None:
        notes.append(_("Approved by %(person)s.") % {"person": asked.decided_by})
    if row.outcome == _Outcome.KEPT:
        notes.append(_("It was undone since, but nothing could be taken back here."))
    if reversal is not None:
        notes.append(_taken_back(row, reversal))
    return " ".join(notes)


def _taken_back(row: BulkAdjustmentGuest, reversal: LedgerEntry) -> str:
    text = _("Taken back by %(person)s, %(when)s.")
    if row.outcome == _Outcome.IN_PART:
        text = _("Taken back in part by %(person)s, %(when)s.")
    when = date_format(timezone.localtime(reversal.at), "j M Y, H:i")
    return text % {"person": row.change.undone_by or _("Command line"), "when": when}


def tell_adjustments(company: Company, changes: Sequence[Change]) -> None:
    """Add to what was decided of credits and debits who asked, and to approved ones the balance.

    One query where there are any among the changes.
    """
    decided = {c.subject_id: c for c in changes if c.subject == ADJUSTMENT and c.action != _ASKED}
    if not decided:
        return
    rows = Adjustment.objects.for_company(company).filter(pk__in=list(decided))
    for adjustment in rows.select_related("entry"):
        change = decided[adjustment.pk]
        change.values |= {"asked_by": [None, adjustment.asked_by_id]}
        if adjustment.entry is not None:
            change.values |= {"balance": _balance(adjustment.entry)}


def _balance(entry: LedgerEntry) -> list[str]:
    return [_plain(entry.balance_after - entry.amount), _plain(entry.balance_after)]


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
