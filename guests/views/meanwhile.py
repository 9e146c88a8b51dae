"""Who changed which field of a guest last."""

from datetime import datetime

from django.utils.translation import gettext as _

from core.forms.meanwhile import Who
from core.models import Company, User
from core.texts import isolated
from core.web import meanwhile
from core.web.meanwhile import LATEST
from guests.models import BulkChange, BulkChangeGuest, Guest
from imports.models import ImportRow

#: What a Change or a row of an import calls a field, where the form calls it otherwise.
_FORM_NAMES = {"member_tier_id": "member_tier", "referrer_id": "referrer"}
_BULK_FIELDS = {
    BulkChange.Action.DELETE: "is_active",
    BulkChange.Action.RESTORE: "is_active",
    BulkChange.Action.ADD_CATEGORY: "categories",
    BulkChange.Action.REMOVE_CATEGORY: "categories",
    BulkChange.Action.DELETE_CATEGORY: "categories",
    BulkChange.Action.SET_TIER: "member_tier",
}


def who_changed(company: Company, guest: Guest) -> dict[str, Who]:
    """Return for each field of the form who changed it last. Three queries."""
    found = [
        *meanwhile.who_changed(company, guest).items(),
        *_by_bulk_changes(company, guest),
        *_by_imports(company, guest),
    ]
    last: dict[str, Who] = {}
    for name, who in sorted(found, key=lambda each: each[1].at):
        last[_FORM_NAMES.get(name, name)] = who
    return last


def _by_bulk_changes(company: Company, guest: Guest) -> list[tuple[str, Who]]:
    rows = BulkChangeGuest.objects.for_company(company).filter(guest=guest, version__isnull=False)
    latest = rows.select_related("change__actor", "change__undone_by").order_by("-change_id")
    found: list[tuple[str, Who]] = []
    for row in latest[:LATEST]:
        change = row.change
        name = _BULK_FIELDS[BulkChange.Action(change.action)]
        found.append((name, _person(change.actor, change.created_at)))
        if row.is_undone:
            at = change.finished_at or change.created_at
            found.append((name, _person(change.undone_by, at)))
    return found


def _person(user: User | None, at: datetime) -> Who:
    return Who(str(user), at, user.pk) if user else Who(_("Command line"), at)


def _by_imports(company: Company, guest: Guest) -> list[tuple[str, Who]]:
    rows = ImportRow.objects.for_company(company).filter(guest=guest, replaced__isnull=False)
    told = _("Import of %(file)s")
    found: list[tuple[str, Who]] = []
    for row in rows.select_related("job").order_by("-job_id", "-line")[:LATEST]:
        job = row.job
        file = told % {"file": isolated(job.filename)}
        who = Who(file, job.finished_at or job.created_at, job.actor_id)
        found += [(name, who) for name in _replaced(row)]
    return found


def _replaced(row: ImportRow) -> list[str]:
    """Return the fields and the lists that a line of a file changed."""
    replaced = row.replaced or {}
    return [*replaced.get("fields", {}), *replaced]
