"""Which line of which file an entry of the ledger came from."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from core.models import Company, User
from core.web.subjects import Subject, link
from imports.models import ImportRow
from loyalty.models import Account, LedgerEntry


def import_lines(
    company: Company, user: User, entries: Sequence[LedgerEntry]
) -> dict[int, Subject]:
    """Return the lines, "import #12, line 57", of those entries that an import posted or took back.

    By entry. Two queries where there are any; for who may not open imports none, and nothing.
    """
    # What an undo took back came from the line that had given it.
    named = {
        entry.pk: entry.reverses_id or entry.pk
        for entry in entries
        if entry.source == LedgerEntry.Source.IMPORT
    }
    if not named or not user.has_perm("imports.view_importjob", company):
        return {}
    accounts = {entry.account_id for entry in entries if entry.pk in named}
    guests = Account.objects.for_company(company).filter(pk__any=accounts)
    rows = ImportRow.objects.for_company(company).filter(
        guest__any=list(guests.values_list("guest_id", flat=True))
    )
    found = rows.that_gave(set(named.values())).select_related("job")
    found = found.only("replaced", "job__number")
    lines = {entry: row for row in found for entry in (row.replaced or {})["entries"]}
    return {pk: _line(company, lines[gave]) for pk, gave in named.items() if gave in lines}


def _line(company: Company, row: ImportRow) -> Subject:
    text = _("import #%(number)s, line %(line)s")
    return Subject(
        text % {"number": row.job.number, "line": row.line},
        link("imports:detail", company, row.job.number),
    )
