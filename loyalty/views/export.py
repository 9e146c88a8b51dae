"""The entries of a program as a file, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from core.formula import guard
from core.models import Change, Company
from core.web.access import CompanyRequest, company_view
from guests.models import Guest
from loyalty.models import Account, LedgerEntry, Program
from loyalty.money import exponent
from loyalty.services.programs import note_export
from loyalty.web.why import lines

#: Entries that are read together: eight queries each.
_PIECE = 2_000


class _Echo:
    """What csv writes to: it gives the text back."""

    def write(self, text: str) -> str:
        return text


@company_view("guests.export_guest")
def entries(request: CompanyRequest, company: Company, pk: int) -> HttpResponseBase:
    """Stream every entry of the program, the oldest first; who took them is written down."""
    program = get_object_or_404(Program.objects.for_company(company).with_ledger(), pk=pk)
    program.company = company
    note_export(program=program, actor=request.user, source=Change.Source.WEB, now=timezone.now())
    writer = csv.writer(_Echo())
    # The rows are read after this view has ended, and with it the company's time zone.
    rows = _rows(company, program, timezone.get_current_timezone())
    response = StreamingHttpResponse(
        (writer.writerow([guard(str(cell)) for cell in row]) for row in rows),
        content_type="text/csv; charset=utf-8",
    )
    name = f"{program.code}-entries-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _rows(company: Company, program: Program, zone: tzinfo) -> Iterator[Sequence[Any]]:
    # A byte order mark, so that a spreadsheet reads names as they are.
    yield [
        "\ufeff" + _("When"), _("Entry"), _("Telephone"), _("Guest"), _("What"), _("Amount"),
        _("Balance after it"), _("Currency"), _("From"), _("Reason"), _("Comment"),
        _("Restaurant"), _("By"), _("Takes back entry"),
    ]  # fmt: skip
    last, places = 0, exponent(program.currency)
    entries = LedgerEntry.objects.for_company(company).filter(program=program).order_by("pk")
    while piece := list(entries.filter(pk__gt=last)[:_PIECE]):
        last = piece[-1].pk
        accounts = dict(
            Account.objects.for_company(company)
            .filter(pk__any={entry.account_id for entry in piece})
            .values_list("pk", "guest_id")
        )
        guests: Any = Guest.objects.for_company(company).filter(pk__any=set(accounts.values()))
        people = {guest.pk: guest for guest in guests}
        for line in lines(company, piece):
            entry = line.entry
            guest = people.get(accounts.get(entry.account_id, 0))
            yield [
                timezone.localtime(entry.at, zone).strftime("%Y-%m-%d %H:%M:%S"), entry.pk,
                (guest and guest.phone) or "", guest or "", entry.get_kind_display(),
                f"{entry.amount:.{places}f}", f"{entry.balance_after:.{places}f}",
                program.currency, entry.get_source_display(), line.reason, line.comment,
                line.restaurant, line.by, entry.reverses_id or "",
            ]  # fmt: skip
