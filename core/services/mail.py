"""Mail that goes out once, however often the mail server or a worker fails in between."""

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core import mail as mails
from core.models import Company, OutgoingMail
from core.seldom import Seldom

logger = logging.getLogger(__name__)

State = OutgoingMail.State

# Longer than sending a mail of 20 MB takes: until then no other worker tries the same mail.
SENDING = timedelta(minutes=10)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# With these pauses the last attempt is made three days after the first. Counted in attempts, so
# that a mail which nobody could try, because no worker ran, still gets all of them.
MAX_ATTEMPTS = 78
#: An import may leave a hundred thousand mails to guests: at each tick so many are hinted at, or
#: the hints of one would pile up in the queue while the first are sent.
HINTS = 300
hints = Seldom(longest=timedelta(minutes=5))


def post(
    *,
    company: Company | None,
    kind: str,
    subject_id: int,
    to: str,
    message_id: str,
    now: datetime,
) -> OutgoingMail:
    """Have a mail sent once the transaction commits; the same Message-ID is posted only once.

    `company` is None of what is about a user's own account.
    """
    mail, created = OutgoingMail.objects.get_or_create(
        message_id=message_id,
        defaults={
            "company": company,
            "kind": kind,
            "subject_id": subject_id,
            "to": to,
            "next_attempt_at": now,
        },
    )
    if created:
        _publish(mail.pk)
    return mail


def send(pk: int) -> None:
    """Send the mail, if it is due. Safe to call at any time, any number of times."""
    mail = _claim(pk, now=timezone.now())
    if mail is None:
        return
    try:
        _build(mail).send()
    except mails.Unwanted as reason:
        _end(mail, State.FAILED, error=str(reason))
    except Exception as error:  # noqa: BLE001 - whatever it was, the mail is tried again
        _retry(mail, error, now=timezone.now())
    else:
        # Its builder may have known a newer address than whoever asked for it.
        _end(mail, State.SENT, sent_at=timezone.now(), error="", to=mail.to)


def resume(*, now: datetime) -> int:
    """Hint at the mails that are due, the first so many; return how many. Called by the clock."""
    from core.tasks import send_mail

    mails_due = OutgoingMail.objects.due(now=now).order_by("pk")
    due = list(mails_due.values_list("pk", "attempts")[:HINTS])
    first = timedelta(seconds=settings.CLOCK_TICK_SECONDS)
    hints.hint(due, lambda each: send_mail.hint(each[0]), first=first, now=now)
    return len(due)


def pause(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: one minute, then twice as long each time."""
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)


def _publish(pk: int) -> None:
    from core.tasks import send_mail

    transaction.on_commit(lambda: send_mail.hint(pk), robust=True)


def _claim(pk: int, *, now: datetime) -> OutgoingMail | None:
    """Take a due mail; None when somebody else has it. Taken, it is not due for a while.

    A worker that dies while it sends leaves the mail due again: sent twice at worst, and then
    the repeat has the same Message-ID.
    """
    due = OutgoingMail.objects.due(now=now).filter(pk=pk)
    if not due.update(attempts=F("attempts") + 1, next_attempt_at=now + SENDING):
        return None
    return OutgoingMail.objects.select_related("company").get(pk=pk)


def _build(mail: OutgoingMail) -> EmailMessage:
    message = mails.builder(mail.kind)(mail)
    message.extra_headers["Message-ID"] = mail.message_id
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    return message


def _retry(mail: OutgoingMail, error: Exception, *, now: datetime) -> None:
    """Note what went wrong, and when to try again, or that there is no use in it."""
    text = f"{type(error).__name__}: {error}"
    if _is_final(error) or mail.attempts >= MAX_ATTEMPTS:
        logger.error("Mail %s was given up: %s", mail.message_id, text)
        _end(mail, State.FAILED, error=text)
        return
    logger.warning("Mail %s waits for another attempt: %s", mail.message_id, text)
    _end(mail, State.WAITING, error=text, next_attempt_at=now + pause(mail.attempts))


def _is_final(error: Exception) -> bool:
    """Return whether the server said that it will never take mail for this address (5xx)."""
    return isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        code >= 500 for code, _text in error.recipients.values()
    )


def _end(mail: OutgoingMail, state: str, **fields: object) -> None:
    """Write the end of the attempt, unless the mail went to another one in the meantime."""
    OutgoingMail.objects.filter(pk=mail.pk, state=State.WAITING, attempts=mail.attempts).update(
        state=state, **fields
    )
