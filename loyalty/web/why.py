"""Why a balance is what it is: entries with what they took from which credit, and what is left."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.models import Company, Restaurant, User
from core.web.subjects import Subject
from loyalty.models import CreditLot, EntryComment, LedgerEntry, LotUse, Program, Reason
from loyalty.words import figure

Kind = LedgerEntry.Kind


#: Codes that only say once more what an entry's source and kind say.
_SAID = {"import": "", "undo": ""}
_NOT_IMPORTED: Mapping[int, Subject] = MappingProxyType({})


@dataclass(frozen=True)
class Line:
    """An entry as the ledger shows it; `traces` say where it came from, or where it went.

    `line`: the line of a file that it came from, for who may open it.
    """

    entry: LedgerEntry
    program: Program
    what: str
    amount: str
    balance: str
    by: str
    restaurant: str
    reason: str
    comment: str
    traces: list[str] = field(default_factory=list)
    is_reversed: bool = False
    line: Subject | None = None

    @property
    def may_reverse(self) -> bool:
        return (
            not self.is_reversed
            and self.entry.kind in (Kind.CREDIT, Kind.DEBIT)
            and self.entry.source != LedgerEntry.Source.MERGE
        )


def lines(
    company: Company,
    entries: Sequence[LedgerEntry],
    imported: Mapping[int, Subject] = _NOT_IMPORTED,
) -> list[Line]:
    """Return the entries as they are shown: seven queries, however many there are.

    `imported` are the lines of files that they came from, by entry.
    """
    ids = {entry.pk for entry in entries}
    programs = {p.pk: p for p in Program.objects.for_company(company)}
    traces = _Traces(ids, programs)
    comments = dict(
        EntryComment.objects.for_company(company)
        .filter(entry__any=ids)
        .values_list("entry_id", "text")
    )
    actors = {e.actor_id for e in entries if e.actor_id}
    people = {user.pk: str(user) for user in User.objects.filter(pk__in=actors)}
    places = dict(Restaurant.objects.for_company(company).values_list("pk", "name"))
    reversed_ids = set(
        LedgerEntry.objects.filter(reverses__any=ids).values_list("reverses_id", flat=True)
    )
    reasons: dict[str, Any] = dict(Reason.choices) | _SAID
    return [
        Line(
            entry=entry,
            program=programs[entry.program_id],
            what=_what(entry),
            amount=signed(entry.amount, programs[entry.program_id]),
            balance=figure(entry.balance_after, programs[entry.program_id]),
            by=people.get(entry.actor_id or 0, ""),
            restaurant=places.get(entry.restaurant_id or 0, ""),
            reason=str(reasons.get(entry.reason, entry.reason)),
            comment=comments.get(entry.pk, ""),
            traces=traces.of(entry),
            is_reversed=entry.pk in reversed_ids,
            line=imported.get(entry.pk),
        )
        for entry in entries
    ]


def signed(amount: Decimal, program: Program) -> str:
    """Return a movement with its sign: "+50", "\N{MINUS SIGN}20"."""
    text = figure(amount, program)
    return f"+{text}" if amount > 0 else text


def _what(entry: LedgerEntry) -> str:
    if entry.source in (LedgerEntry.Source.MANUAL, LedgerEntry.Source.LEDGER):
        return str(entry.get_kind_display())
    return f"{entry.get_kind_display()} · {entry.get_source_display()}"


class _Traces:
    """Of the entries of a page what they took from which credit, and what took from them."""

    def __init__(self, ids: set[int], programs: dict[int, Program]) -> None:
        self.programs = programs
        took: Any = LotUse.objects.filter(entry__any=ids).order_by("lot_id")
        self.took: dict[int, list[tuple[int, Decimal]]] = defaultdict(list)
        for entry, lot, amount in took.values_list("entry_id", "lot_id", "amount"):
            self.took[entry].append((lot, amount))
        used: Any = LotUse.objects.filter(lot__any=ids).order_by("entry_id")
        self.used: dict[int, list[tuple[str, datetime, Decimal]]] = defaultdict(list)
        for lot, amount, kind, at in used.values_list(
            "lot_id", "amount", "entry__kind", "entry__at"
        ):
            self.used[lot].append((kind, at, amount))
        lots = ids | {lot for uses in self.took.values() for lot, _amount in uses}
        rows: Any = CreditLot.objects.filter(entry__any=lots)
        self.lots: dict[int, tuple[Decimal, date | None, datetime]] = {
            pk: rest
            for pk, *rest in rows.values_list("entry_id", "left", "expires_on", "entry__at")
        }

    def of(self, entry: LedgerEntry) -> list[str]:
        program = self.programs[entry.program_id]
        if entry.pk in self.lots:
            return [self._left(entry.pk, program), *self._spent(entry.pk, program)]
        return [self._source(lot, amount, program) for lot, amount in self.took[entry.pk]]

    def _left(self, pk: int, program: Program) -> str:
        left, expires_on, _at = self.lots[pk]
        if not left:
            return _("Nothing left of it")
        text = figure(left, program)
        if expires_on is None:
            return _("%(left)s left, for ever") % {"left": text}
        return _("%(left)s left, until %(day)s") % {"left": text, "day": _day(expires_on)}

    def _spent(self, pk: int, program: Program) -> list[str]:
        told = {
            Kind.DEBIT: _("%(amount)s spent on %(day)s"),
            Kind.EXPIRY: _("%(amount)s expired on %(day)s"),
            Kind.REVERSAL: _("%(amount)s taken back on %(day)s"),
        }
        return [
            (_("%(amount)s given back on %(day)s") if amount < 0 else told[Kind(kind)])
            % {"amount": figure(abs(amount), program), "day": _day(timezone.localdate(at))}
            for kind, at, amount in self.used[pk]
        ]

    def _source(self, lot: int, amount: Decimal, program: Program) -> str:
        _left, _expires, at = self.lots[lot]
        words = (
            _("%(amount)s back into the credit of %(day)s")
            if amount < 0
            else _("%(amount)s from the credit of %(day)s")
        )
        day = _day(timezone.localdate(at))
        return words % {"amount": figure(abs(amount), program), "day": day}


def _day(day: date) -> str:
    return date_format(day, "j M Y")
