"""Mail goes out once, and goes on being tried while the mail server is away."""

import email
import threading
from datetime import timedelta
from email import policy
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.utils import timezone

from core import mail as mails
from core.models import Company, OutgoingMail
from core.services import mail as service
from core.tasks import send_mail
from tests.processes import eventually
from tests.smtp import SmtpServer

KIND = "note"


def build(mail: OutgoingMail) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(f"Note {mail.subject_id}", "In plain words", to=[mail.to])
    message.attach_alternative("<p>In HTML</p>", "text/html")
    message.attach("errors.csv", "a,b\n", "text/csv")
    return message


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(mails._builders, KIND, build)


def post(company: Company, subject_id: int = 1, **fields: Any) -> OutgoingMail:
    return service.post(
        **{
            "company": company,
            "kind": KIND,
            "subject_id": subject_id,
            "to": "anna@example.com",
            "message_id": mails.message_id(KIND, subject_id),
            "now": timezone.now(),
            **fields,
        }
    )


def make_due(mail: OutgoingMail) -> None:
    OutgoingMail.objects.filter(pk=mail.pk).update(next_attempt_at=timezone.now())


def test_what_arrives(bella: Company, smtp: SmtpServer) -> None:
    mail = post(bella, 7)
    service.send(mail.pk)
    [received] = smtp.received
    assert received["Message-ID"] == mail.message_id == "<note.7@localhost>"
    assert received["To"] == "anna@example.com"
    assert received["Auto-Submitted"] == "auto-generated"
    plain, html = received.get_body(["plain"]), received.get_body(["html"])
    assert plain is not None
    assert plain.get_content().strip() == "In plain words"
    assert html is not None
    assert html.get_content().strip() == "<p>In HTML</p>"
    assert [part.get_filename() for part in received.iter_attachments()] == ["errors.csv"]
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.error) == ("sent", 1, "")
    assert mail.sent_at is not None


def test_the_same_mail_is_posted_and_sent_once(bella: Company, smtp: SmtpServer) -> None:
    first, second = post(bella), post(bella)
    assert first == second
    service.send(first.pk)
    service.send(first.pk)
    assert len(smtp.received) == 1


def test_posted_in_a_transaction_that_fails_it_never_was(
    transactional_db: None, bella: Company
) -> None:
    with transaction.atomic():
        post(bella)
        transaction.set_rollback(True)
    assert not OutgoingMail.objects.exists()


def test_the_server_away_then_back(bella: Company, smtp: SmtpServer) -> None:
    smtp.stop()
    mail = post(bella)
    service.send(mail.pk)
    mail.refresh_from_db()
    assert mail.state == "waiting"
    assert "ConnectionRefused" in mail.error, "the fault really struck"
    assert timedelta(seconds=55) < mail.next_attempt_at - timezone.now() <= timedelta(minutes=1)
    smtp.start()
    service.send(mail.pk)
    assert not smtp.received, "not before its time"
    make_due(mail)
    service.send(mail.pk)
    assert len(smtp.received) == 1
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.error) == ("sent", 2, "")


def test_a_server_that_asks_for_patience_is_asked_again(bella: Company, smtp: SmtpServer) -> None:
    smtp.recipient_answer = "450 Greylisted, come back later"
    mail = post(bella)
    service.send(mail.pk)
    mail.refresh_from_db()
    assert (mail.state, "Greylisted" in mail.error) == ("waiting", True)


def test_an_address_that_is_refused_for_good_is_given_up(bella: Company, smtp: SmtpServer) -> None:
    smtp.recipient_answer = "550 No such user"
    mail = post(bella)
    service.send(mail.pk)
    mail.refresh_from_db()
    assert (mail.state, "No such user" in mail.error) == ("failed", True)


@pytest.mark.pure
def test_pauses_grow_from_a_minute_to_an_hour_and_end_after_three_days() -> None:
    pauses = [service.pause(attempt) for attempt in range(1, service.MAX_ATTEMPTS)]
    assert pauses[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=1)
    assert timedelta(days=3) <= sum(pauses, timedelta()) < timedelta(days=3, hours=1)


def test_after_the_last_attempt_it_is_given_up(bella: Company, smtp: SmtpServer) -> None:
    smtp.answer = "451 Try again"
    mail = post(bella)
    OutgoingMail.objects.update(attempts=service.MAX_ATTEMPTS - 1)
    service.send(mail.pk)
    mail.refresh_from_db()
    assert mail.state == "failed"


def test_a_mail_that_lost_its_reason_is_not_sent(
    bella: Company, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unwanted(mail: OutgoingMail) -> EmailMultiAlternatives:
        raise mails.Unwanted("The import is gone.")

    monkeypatch.setitem(mails._builders, KIND, unwanted)
    mail = post(bella)
    service.send(mail.pk)
    mail.refresh_from_db()
    assert (mail.state, mail.error, smtp.received) == ("failed", "The import is gone.", [])


class Meeting:
    """A backend in which two senders of the same mail would meet."""

    entered = 0
    may_go = threading.Event()

    def __call__(self, mail: OutgoingMail) -> EmailMultiAlternatives:
        Meeting.entered += 1
        self.may_go.wait(2)
        return build(mail)


@pytest.mark.parametrize("guarded", [False, True])
def test_two_workers_with_the_same_message_send_it_once(
    transactional_db: None,
    bella: Company,
    smtp: SmtpServer,
    monkeypatch: pytest.MonkeyPatch,
    guarded: bool,
) -> None:
    Meeting.entered, Meeting.may_go = 0, threading.Event()
    monkeypatch.setitem(mails._builders, KIND, Meeting())
    if not guarded:
        # The race, with the claim taken away: both of them send.
        monkeypatch.setattr(service, "_claim", lambda pk, now: OutgoingMail.objects.get(pk=pk))
    mail = post(bella)

    def send() -> None:
        service.send(mail.pk)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    if not guarded:
        eventually(lambda: Meeting.entered == 2)
    Meeting.may_go.set()
    for thread in threads:
        thread.join()
    assert len(smtp.received) == (1 if guarded else 2)


def test_a_mail_whose_worker_died_while_sending_becomes_due_again(bella: Company) -> None:
    mail = post(bella)
    now = timezone.now()
    assert service._claim(mail.pk, now=now)
    assert service._claim(mail.pk, now=now) is None
    assert service._claim(mail.pk, now=now + service.SENDING)


def test_resume_hints_at_what_is_due(bella: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    hinted: list[int] = []
    monkeypatch.setattr(send_mail, "hint", lambda pk: not hinted.append(pk))
    now = timezone.now()
    due = post(bella, 1)
    post(bella, 2, now=now + timedelta(hours=1))
    OutgoingMail.objects.filter(pk=post(bella, 3).pk).update(state="sent")
    assert service.resume(now=timezone.now()) == 1
    assert hinted == [due.pk]
    assert due.state == "waiting"


def test_the_worker_sends_and_the_folder_keeps(worker: Any, bella: Company) -> None:
    from core.models import Change, Role
    from core.services.companies import invite

    now = timezone.now()
    invite(
        company=bella,
        email="New.Person@Example.com",
        role=Role.HOST,
        actor=None,
        source=Change.Source.COMMAND,
        now=now,
    )
    mail = OutgoingMail.objects.get()
    eventually(lambda: OutgoingMail.objects.get().state == "sent")
    path = mails.folder_path(mail.message_id)
    received = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    assert received["Message-ID"] == mail.message_id
    assert received["To"] == "new.person@example.com"


@pytest.mark.pure
@pytest.mark.parametrize("wicked", ["<../../etc/passwd@x>", "<a/b@x>", "<\x00@x>"])
def test_no_message_id_leads_out_of_the_folder(wicked: str, settings: Any) -> None:
    assert mails.folder_path(wicked).resolve().parent == settings.MAIL_DIR.resolve()
