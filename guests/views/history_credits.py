"""Credits and debits in a guest's history that were not given to this guest alone by one click: in
bulk, or after a second person approved."""

from collections.abc import Sequence
from decimal import Decimal

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
    values = [(BulkAdjustment._meta.label_lower, _values(row)) for row in rows]
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
            note=_note(row),
        )
        for row, words in zip(rows, in_words(company, values), strict=True)
    ]


def _values(row: BulkAdjustmentGuest) -> Values:
    assert row.entry is not None
    return {
        "program": [None, row.change.program.name],
        "amount": [None, _plain(row.entry.amount)],
        "balance": _balance(row.entry),
    }


def _note(row: BulkAdjustmentGuest) -> str:
    """Return who approved it, and what became of it when the bulk credit was taken back."""
    notes = []
    asked = getattr(row.change, "adjustment", None)
    if asked is not None and asked.decided_by is not None:
        notes.append(_("Approved by %(person)s.") % {"person": asked.decided_by})
    undone = {
        _Outcome.UNDONE: _("Taken back since."),
        _Outcome.IN_PART: _("Taken back in part since."),
        _Outcome.KEPT: _("It was undone since, but nothing could be taken back here."),
    }
    if row.outcome in undone:
        notes.append(undone[_Outcome(row.outcome)])
    return " ".join(notes)


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
