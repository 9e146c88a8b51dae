"""An erasure in words: what goes, what stays, how much was cleaned."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from core.models import Company
from guests.models import Erasure, Guest

#: What is counted, in the order it is shown.
_COUNTED = {
    "changes": gettext_lazy("Changes of others"),
    "notes": gettext_lazy("Notes about others"),
    "views": gettext_lazy("Saved views"),
    "receipts": gettext_lazy("Receipts"),
    "exports": gettext_lazy("Exports deleted"),
    "mails": gettext_lazy("Kept e-mails deleted"),
    "import_rows": gettext_lazy("Lines of imports"),
    "mappings": gettext_lazy("Column mappings"),
    "uploads_rewritten": gettext_lazy("Uploads rewritten"),
    "uploads_deleted": gettext_lazy("Uploads deleted"),
}


def promise(company: Company, guest: Guest) -> dict[str, Any]:
    """Return what the page says before: what goes, what stays, and what is out of reach."""
    goes = [
        _("Telephone, names, e-mail, birthday and every other personal field of the record"),
        _("Cards, external IDs, member number, categories and comments"),
        _("Old and new values in the history: that something was changed stays, not what"),
        _("The lines of imports, the kept uploads, failed lines and error files"),
        _("E-mails kept as files, and all stored exports of guests, which may contain them"),
        _("Saved views and receipts that name the telephone, the e-mail or the full name"),
    ]
    merged = len(Guest.objects.for_company(company).merged_into(guest))
    if merged:
        goes.append(_("The guests who were merged into this one: %(count)s") % {"count": merged})
    stays = [
        _("Orders and totals, as those of somebody without a name"),
        _("What the ledger of a program says, without comments"),
        _("A fingerprint of the telephone, not to be read back: imports leave it out and count it"),
    ]
    beyond = [_("E-mails that were sent and files that were downloaded are out of our reach.")]
    if guest.email and _is_shared(company, guest):
        beyond.append(
            _("Another guest has the same e-mail: what names it there is theirs, and stays.")
        )
    everything = reverse("guests:everything", args=[company.slug, guest.pk])
    return {"goes": goes, "stays": stays, "beyond": beyond, "everything": everything}


def _is_shared(company: Company, guest: Guest) -> bool:
    others = Guest.objects.for_company(company).exclude(pk=guest.pk)
    return bool(others.filter(merged_into__isnull=True).with_emails([guest.email]))


def figures(erasure: Erasure) -> list[dict[str, Any]]:
    """Return what was cleaned beside the record itself."""
    return [
        {"label": str(label), "value": erasure.counts[name], "tone": ""}
        for name, label in _COUNTED.items()
        if erasure.counts.get(name)
    ]
