"""What became of an import: sentence, counts, facts, its mail."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _, ngettext

from core.mail import folder_path, message_id
from core.models import Job, OutgoingMail
from core.models.companies import ImportPreset
from core.texts import isolated
from guests.models import Category
from imports import summary
from imports.columns import label_of
from imports.models import ImportJob
from imports.options import Options
from imports.reports import check
from imports.reports.file import read_as
from imports.reports.money import given
from imports.services import forgetting
from imports.services.results import RESULT_MAIL

State = Job.State

_TONES = {State.DONE: "success", State.REFUSED: "error", State.FAILED: "error"}
_LONG = timedelta(minutes=2)


def result(job: ImportJob, *, with_groups: bool) -> dict[str, Any]:
    """Return what imports/result.html shows. `with_groups`: whether the rows are not listed."""
    return {
        "sentence": summary.sentence(job),
        "tone": _TONES.get(State(job.state), "warning"),
        "figures": [
            {"label": label, "value": value, "tone": "danger" if label == _("Failed") else ""}
            for label, value in summary.lines(job)
        ],
        "groups": check.groups(job) if with_groups and _checked_alike(job) else [],
        "groups_left": job.findings.get("groups_left_out", 0),
        "money": given(job),
        "facts": list(_facts(job)),
    }


def failed_rows(job: ImportJob) -> int:
    """Return how many rows the error file has."""
    names = ("failed", "credits_left_out")
    return sum(job.counts.get(name, 0) for name in names) if job.counts else 0


def _checked_alike(job: ImportJob) -> bool:
    """Whether the groups that the check found are those of the import, too."""
    return bool(job.findings.get("counts", {}).get("failed", 0) == job.counts.get("failed", 0))


def _facts(job: ImportJob) -> list[dict[str, str]]:
    options = Options.from_json(job.options)
    is_of_guests = job.kind == ImportJob.Kind.GUESTS
    facts = [
        (_("By"), str(job.actor or _("Command line")), ""),
        (_("Started"), _moment(job.queued_at), ""),
        (_("Took"), _took(job), ""),
        (_("Read as"), read_as(job), ""),
        (_("Upload"), _upload(job), ""),
        (_("Columns"), ", ".join(label_of(key) for key in job.mapping if key), ""),
        (_("Rows with errors"), _("Left out") if options.partial else _("Stop the import"), ""),
        (_("Overwriting"), _overwriting(options) if is_of_guests else "", ""),
        (_("Amounts"), _mode(options) if job.kind == ImportJob.Kind.BALANCES else "", ""),
        (_("Approved by"), str(job.approved_by or ""), ""),
        (_("Categories"), _categories(job, options) if is_of_guests else "", ""),
        (_("Corrects"), *_link(job.corrects, job)),
        *((_("Corrected by"), *_link(each, job)) for each in _corrections(job)),
    ]
    return [{"label": label, "value": value, "url": url} for label, value, url in facts if value]


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "j M Y, H:i") if at else ""


def _took(job: ImportJob) -> str:
    if not (job.queued_at and job.finished_at):
        return ""
    took = job.finished_at - job.queued_at
    if took < _LONG:
        seconds = max(round(took.total_seconds()), 1)
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    minutes = round(took.total_seconds() / 60)
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}


def _upload(job: ImportJob) -> str:
    """Return what became of the kept file, if a guest who was erased stood in it."""
    became = job.findings.get(forgetting.UPLOAD)
    if became == forgetting.DELETED:
        return _("Deleted when a guest was erased: it could not be kept without their lines")
    return _("Kept without the lines of a guest who was erased") if became else ""


def _overwriting(options: Options) -> str:
    preset = str(ImportPreset(options.preset).label)
    if not options.rules:
        return preset
    names = ", ".join(label_of(key) for key in options.rules)
    return _("%(preset)s, otherwise for: %(columns)s") % {"preset": preset, "columns": names}


def _mode(options: Options) -> str:
    return _("Balances set") if options.mode == "set" else _("Topped up")


def _categories(job: ImportJob, options: Options) -> str:
    if not options.categories:
        return ""
    chosen = Category.objects.for_company(job.company).filter(pk__in=options.categories)
    return ", ".join(chosen.order_by("name", "pk").values_list("name", flat=True))


def _corrections(job: ImportJob) -> list[ImportJob]:
    return list(job.corrections.begun().only("number", "filename").order_by("number"))


def _link(other: ImportJob | None, job: ImportJob) -> tuple[str, str]:
    if other is None:
        return "", ""
    text = _("Import %(number)s, %(filename)s")
    url = reverse("imports:detail", args=[job.company.slug, other.number])
    return text % {"number": other.number, "filename": isolated(other.filename)}, url


def mail(job: ImportJob) -> dict[str, str] | None:
    """Return how the mail with the result fares; None when none was asked for."""
    sent = OutgoingMail.objects.filter(message_id=message_id(RESULT_MAIL, job.pk)).first()
    if sent is None:
        return None
    kept = reverse("imports:mail", args=[job.company.slug, job.number])
    return {
        "to": sent.to,
        "state": sent.state,
        "text": _mail_text(sent),
        "url": kept if mail_is_kept(sent) else "",
    }


def mail_is_kept(sent: OutgoingMail) -> bool:
    """Whether the mail lies in a file, because there is no mail server."""
    return sent.state == OutgoingMail.State.SENT and folder_path(sent.message_id).exists()


def _mail_text(sent: OutgoingMail) -> str:
    if sent.state == OutgoingMail.State.SENT and sent.sent_at:
        return _("e-mail sent at %(time)s") % {"time": _time(sent.sent_at)}
    if sent.state == OutgoingMail.State.FAILED:
        return _("the e-mail could not be sent: %(why)s") % {"why": sent.error}
    if sent.error:
        text = _("the mail server did not take the e-mail; tried again at %(time)s")
        return text % {"time": _time(sent.next_attempt_at)}
    return _("the e-mail is on its way")


def _time(at: datetime) -> str:
    return time_format(timezone.localtime(at), "H:i")
