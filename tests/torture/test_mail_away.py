"""The mail server away when an import ends, then back: its result is mailed, once."""

import csv
import io
from collections.abc import Callable

import pytest
from django.utils import timezone

from core.mail import message_id
from core.models import Company, OutgoingMail, User
from core.tasks import send_mail
from imports.services.results import RESULT_MAIL
from tests.processes import Worker, eventually
from tests.smtp import SmtpServer
from tests.torture.conftest import Prepare
from tests.torture.guest_list import GuestList, problems
from tests.torture.progress import ended

pytestmark = [pytest.mark.torture, pytest.mark.slow]


def test_the_result_is_mailed_once_when_the_server_is_back(
    bella: Company,
    owner: User,
    start_import: Prepare,
    quick_worker: Callable[..., Worker],
) -> None:
    guests = GuestList(200)
    server = SmtpServer()
    job = start_import(bella, guests, results_to=owner.email)
    quick_worker(EMAIL_URL=server.url)
    job = ended(job)
    assert problems(job, guests) == [], "the import does not wait for the mail"
    tried = OutgoingMail.objects.filter(attempts=1).exclude(error="")
    mail = eventually(tried.first)
    assert "ConnectionRefusedError" in mail.error
    assert mail.state == OutgoingMail.State.WAITING
    assert mail.next_attempt_at > timezone.now(), "not at once: the server is away"
    server.start()
    try:
        # The pause is over sooner than it would be.
        OutgoingMail.objects.update(next_attempt_at=timezone.now())
        sent = OutgoingMail.objects.filter(state=OutgoingMail.State.SENT)
        eventually(sent.first)
        for _ in range(3):
            send_mail.delay(mail.pk)
        # The worker takes messages in their order: behind the next import it has seen them all.
        ended(start_import(bella, guests, known=False))
    finally:
        server.stop()
    assert OutgoingMail.objects.get().attempts == 2
    [received] = server.received
    assert received["Message-ID"] == message_id(RESULT_MAIL, job.pk)
    assert received["To"] == owner.email
    [attached] = received.iter_attachments()
    _header, *rows = csv.reader(io.StringIO(attached.get_content()))
    assert [row[:-1] for row in rows] == guests.failed()
