"""An import's end in words: one sentence and its counts, the same on the page and in the mail."""

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from core.models import Job
from core.texts import isolated
from imports.models import ImportJob

State = Job.State

#: The counts in the order they are shown; those that are 0 are left out.
COUNTS: tuple[tuple[str, str | Promise], ...] = (
    ("created", gettext_lazy("Created")),
    ("updated", gettext_lazy("Updated")),
    ("unchanged", gettext_lazy("Unchanged")),
    ("skipped", gettext_lazy("Skipped")),
    ("failed", gettext_lazy("Failed")),
    ("not_reached", gettext_lazy("Not reached")),
    ("deleted", gettext_lazy("Deleted")),
    ("created_deleted", gettext_lazy("Created as deleted")),
    ("restored", gettext_lazy("Restored")),
    ("opt_outs_kept", gettext_lazy("Opt-outs kept")),
    ("consents_kept", gettext_lazy("Revoked consents kept")),
    ("erased", gettext_lazy("Erased guests kept away")),
    ("new_guests", gettext_lazy("New guests")),
    ("of_nobody", gettext_lazy("Receipts without a guest")),
    ("of_erased", gettext_lazy("Receipts of erased guests")),
    ("credits_left_out", gettext_lazy("Credits left out")),
    ("credits_given_before", gettext_lazy("Credits given before")),
)


def lines(job: ImportJob) -> list[tuple[str, int]]:
    """Return what is counted of the import, as (label, lines)."""
    return [(str(label), job.counts[name]) for name, label in COUNTS if job.counts.get(name)]


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)


def sentence(job: ImportJob) -> str:
    """Return in one sentence how the import ended."""
    counts = job.counts
    come_in = sum(counts.get(name, 0) for name in ("created", "updated", "unchanged"))
    failed = counts.get("failed", 0)
    guests = ngettext("%(n)s guest", "%(n)s guests", come_in) % {"n": _number(come_in)}
    if job.kind == ImportJob.Kind.BALANCES:
        guests = ngettext("%(n)s balance", "%(n)s balances", come_in) % {"n": _number(come_in)}
    if job.kind == ImportJob.Kind.ORDERS:
        guests = ngettext("%(n)s order", "%(n)s orders", come_in) % {"n": _number(come_in)}
    company = isolated(job.company.name)
    if job.state == State.REFUSED:
        return _("Nothing was imported into %(company)s. %(why)s") % {
            "company": company,
            "why": job.error
            or ngettext("%(n)s line has an error.", "%(n)s lines have errors.", failed)
            % {"n": _number(failed)},
        }
    if job.state == State.DONE:
        return _("%(guests)s imported into %(company)s.") % {"guests": guests, "company": company}
    if job.state == State.DONE_WITH_ERRORS:
        left = ngettext("%(n)s line was", "%(n)s lines were", failed) % {"n": _number(failed)}
        text = _("%(guests)s imported into %(company)s; %(left)s left out.")
        return text % {"guests": guests, "company": company, "left": left}
    if job.state == State.UNDONE:
        return _("The import into %(company)s was undone.") % {"company": company}
    if job.state == State.STOPPED:
        text = _("The import into %(company)s was stopped: %(guests)s came in.")
        return text % {"guests": guests, "company": company}
    text = _("The import into %(company)s broke off: %(guests)s came in. %(why)s")
    return text % {"guests": guests, "company": company, "why": job.error}
