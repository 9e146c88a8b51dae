"""What has to be settled before an import moves money: is it a repetition, who approves it."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from core.mail import message_id
from core.models import Membership, User
from core.services.mail import post
from imports.error_file import remark_place
from imports.models import ImportJob
from imports.options import Options
from imports.pipeline.money import Money
from imports.querysets import APPROVAL_LASTS
from imports.services.trips import gives_money, is_checked
from imports.services.uploads import NotNow, lock_draft
from loyalty.services.limits import is_above, limits_of

APPROVAL_MAIL = "import-approval"
APPROVE = "loyalty.approve_adjustment"
#: Of so many of the lines that move anything an import is asked whether it is the same again.
MOSTLY = 0.5


class IsRepeat(Exception):
    """Most of what it moves an earlier import moved: is it the same again, or new?"""


class NeedsApproval(Exception):
    """It moves more than the company's limit: a second person has to start it."""


class NeedsAnother(Exception):
    """It moved more than the company's limit: only a second person takes it back."""


class Repeat(NamedTuple):
    """`percent` of what the file gives was given by `earlier` before; `takes`: debits among it."""

    earlier: ImportJob
    percent: int
    takes: bool

    def __str__(self) -> str:
        if self.takes:
            text = _(
                "%(percent)s%% of these credits and debits were posted by import %(number)s, "
                "%(file)s."
            )
        else:
            text = _("%(percent)s%% of these credits were given by import %(number)s, %(file)s.")
        return text % {
            "percent": self.percent,
            "number": self.earlier.number,
            "file": self.earlier.filename,
        }


def repeat_of(job: ImportJob) -> Repeat | None:
    """Return which earlier import gave most of what the checked file gives, unless answered.

    What it takes counts as well: the same debits twice are as wrong as the same credits.
    """
    money = Money(job.findings.get("money"))
    found = money.repeated()
    if found is None or Options.from_json(job.options).again:
        return None
    batch, count = found
    earlier = ImportJob.objects.for_company(job.company).filter(pk=batch).first()
    if earlier is None or count < _asked_from(job) * money.lines:
        return None
    return Repeat(earlier, max(1, 100 * count // money.lines), money.takes)


def _asked_from(job: ImportJob) -> float:
    """Return of which share of the lines on it is asked.

    An error file holds only what was not given: with its remarks still in it, and one line of it
    given elsewhere, it was corrected twice, or uploaded as if it corrected nothing.
    """
    return MOSTLY if remark_place(job) is None else 0


def needs_approval(job: ImportJob) -> bool:
    """Whether the checked file moves more in a program than one person may."""
    return _is_above_limit(job, Money(job.findings.get("money")))


def may_take_back(job: ImportJob, actor: User | None) -> bool:
    """Whether `actor` may have the import undone.

    What takes back counts like what gives: above the limit it is somebody who may approve, and is
    not who started it.
    """
    if actor is None or not _is_above_limit(job, Money(job.money)):
        return True
    return job.actor_id != actor.pk and actor.has_perm(APPROVE, job.company)


def _is_above_limit(job: ImportJob, money: Money) -> bool:
    if not money:
        return False
    limits = limits_of(job.company, map(int, money.programs))
    return any(is_above(money.total(pk), limit) for pk, limit in limits.items())


@transaction.atomic
def answer_repeat(*, job: ImportJob, same: bool) -> ImportJob:
    """Say of a repetition that it is the same again, and gives only what is new in it; or that all
    of it is new. Raises NotNow when nothing was asked.
    """
    job = lock_draft(job)
    repeat = repeat_of(job)
    if repeat is None:
        raise NotNow(job)
    if same:
        # In the earlier import's batch: what was given there has the same causes here.
        job.batch_id = repeat.earlier.batch_id or repeat.earlier.pk
        # The rest of it others may have given: that is the same again as well.
        job.options = {**job.options, "same": True}
        job.save(update_fields=["batch", "options"])
    else:
        job.options = {**job.options, "again": True}
        job.save(update_fields=["options"])
    return job


@transaction.atomic
def ask_approval(*, job: ImportJob, actor: User, now: datetime) -> ImportJob:
    """Ask those who may approve to start the import as it was checked; each gets a mail.

    Raises NotNow when it is not checked or nobody has to approve it.
    """
    job = lock_draft(job)
    if not is_checked(job) or not needs_approval(job):
        raise NotNow(job)
    job.approval_asked_by, job.approval_asked_at = actor, now
    job.save(update_fields=["approval_asked_by", "approval_asked_at"])
    for member in approvers(job, besides=actor):
        post(
            company=job.company,
            kind=APPROVAL_MAIL,
            subject_id=job.pk,
            to=member.user.email,
            message_id=message_id(f"{APPROVAL_MAIL}.{member.pk}.{now:%Y%m%d%H%M%S}", job.pk),
            now=now,
        )
    return job


def approvers(job: ImportJob, *, besides: User) -> list[Membership]:
    """Return the members who may approve what `besides` asks for."""
    members = Membership.objects.for_company(job.company).active().exclude(user=besides)
    return [
        member
        for member in members.select_related("user").order_by("pk")
        if member.user.has_perm(APPROVE, job.company)
    ]


def settle_before_start(job: ImportJob, actor: User | None, *, now: datetime) -> None:
    """Raise what keeps a checked import from being started by `actor`.

    A request for approval lapses. The command line is nobody's: whoever has it can do all that it
    can.
    """
    if not gives_money(job):
        return
    if repeat_of(job) is not None:
        raise IsRepeat(str(repeat_of(job)))
    if actor is None or not needs_approval(job):
        return
    may = actor.has_perm(APPROVE, job.company)
    asked_at = job.approval_asked_at
    if job.approval_asked_by_id in (None, actor.pk) or not may:
        raise NeedsApproval
    if asked_at is None or asked_at <= now - APPROVAL_LASTS:
        raise NeedsApproval
    job.approved_by = actor


def waits_for_second(job: ImportJob) -> bool:
    """Whether an import that was checked on its way must not go on before a second person agrees.

    It was started before anybody knew what it moves: rows that were mended, a file whose credits
    came out otherwise when it was looked at anew, and are more than those that were approved.
    """
    if job.actor_id is None or not gives_money(job) or not needs_approval(job):
        return False
    return job.approved_by_id is None or _is_beyond_approved(job)


def _is_beyond_approved(job: ImportJob) -> bool:
    approved = Money({"programs": job.findings.get("approved") or {}})
    now = Money(job.findings.get("money"))
    return any(now.total(int(pk)) > approved.total(int(pk)) for pk in now.programs)


def must_be_checked(job: ImportJob, actor: User | None) -> bool:
    """Whether something has to be known of a whole file before any of it is written.

    Of a strict import that nothing is wrong. Of money that it was not given before, and that it is
    no more than whoever starts it may move: the command line may move anything.
    """
    if not Options.from_json(job.options).partial:
        return True
    return gives_money(job) and (actor is not None or others_gave(job))


def is_stale(job: ImportJob) -> bool:
    """Whether another import may have given something since this one was checked.

    Two who upload the same credits in the same second are both told by their checks that nobody
    gave them before: the one who waits for the other is checked again.
    """
    since = job.findings.get("since")
    if since is None or not gives_money(job) or Options.from_json(job.options).again:
        return False
    return others_gave(job, since=datetime.fromisoformat(since))


def others_gave(job: ImportJob, *, since: datetime | None = None) -> bool:
    """Whether any other import of the company has given something, at all or since then."""
    others = ImportJob.objects.for_company(job.company).exclude(pk=job.pk).exclude(money={})
    return (others.filter(finished_at__gte=since) if since else others).exists()
