"""The mail about an import: what everybody may know, and what only members of the company get."""

import csv
import io
import zipfile

import pytest
from django.utils import timezone

from core.mail import folder_path
from core.models import OutgoingMail
from core.services.mail import send
from guests.models import Guest
from imports import error_file, mail as result_mail
from imports.models import ImportJob
from imports.options import Options
from imports.services.runs import request_check
from tests.imports.trips import ANNA, JOHN, MAX, guest, received, start, undone
from tests.imports.web import worked

pytestmark = pytest.mark.usefixtures("inline")

FILE = f"phone,name,email\n{ANNA},Anna,\n{JOHN},Ё & <b>,nobody\n12,Max,\n"


def ended(company, to, content=FILE, *, partial=True, **chosen):
    job = received(company, content, partial=partial, **chosen)
    ImportJob.objects.filter(pk=job.pk).update(results_to=to)
    return start(ImportJob.objects.get(pk=job.pk))


def sent(mailoutbox):
    """Send what waits, and return the one mail with its text, its HTML and its attachments."""
    for waiting in OutgoingMail.objects.all():
        send(waiting.pk)
    (message,) = mailoutbox
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    return message, message.body, html


def test_a_member_gets_counts_errors_a_link_and_the_error_file(bella, operator, mailoutbox):
    job = ended(bella, operator.email)
    message, text, html = sent(mailoutbox)
    assert message.to == [operator.email]
    assert message.subject == "Imported with 2 errors: guests.csv (Bella)"
    link = f"http://testserver/c/bella/imports/{job.number}/"
    for body in (text, html):
        assert "guests.csv" in body
        assert link in body
        assert "1 guest imported into Bella; 2 lines were left out." in body
    assert "Created: 1\n" in text
    assert "Failed: 2\n" in text
    assert "Line 3: " in text
    assert "Line 4: “12” has too few digits" in text
    ((name, content, kind),) = message.attachments
    assert (name, kind) == (f"guests-errors-{job.number}.csv", "text/csv")
    rows = list(csv.reader(io.StringIO(content if isinstance(content, str) else content.decode())))
    assert [row[:3] for row in rows] == [
        ["phone", "name", "email"],
        [JOHN, "Ё & <b>", "nobody"],
        ["12", "Max", ""],
    ]


def test_in_the_html_nothing_of_the_file_is_markup(bella, operator, mailoutbox):
    ended(bella, operator.email, "phone,name,email\n<b>12</b>,x,<i>\n", filename="<u>.csv")
    _message, text, html = sent(mailoutbox)
    assert "<b>12</b>" in text
    assert "&lt;b&gt;12" in html
    assert not {"<b>12", "<i>", "<u>"} & {html[n : n + 5] for n in range(len(html))}
    assert "<u>.csv" not in html


@pytest.mark.parametrize("who", ["stranger", "outsider", "left", "locked out"])
def test_anybody_else_gets_counts_and_a_link_only(bella, roma, operator, outsider, mailoutbox, who):
    to = operator.email
    if who == "stranger":
        to = "somebody@example.com"
    elif who == "outsider":
        to = outsider.email
    elif who == "left":
        operator.memberships.update(is_active=False)
    else:
        operator.is_active = False
        operator.save()
    job = ended(bella, to)
    message, text, html = sent(mailoutbox)
    assert message.attachments == []
    for body in (text, html):
        assert f"/c/bella/imports/{job.number}/" in body
        for secret in ("nobody", "“12”", ANNA, JOHN, "Anna", "Line 3"):
            assert secret not in body
    assert "Failed: 2" in text


def test_whose_membership_ended_since_gets_no_data(bella, operator, mailoutbox):
    """What counts is the moment the mail goes out."""
    ended(bella, operator.email)
    operator.memberships.update(is_active=False)
    assert sent(mailoutbox)[0].attachments == []


def test_the_address_is_known_in_any_case(bella, operator, mailoutbox):
    ended(bella, operator.email.upper())
    assert sent(mailoutbox)[0].attachments


def test_without_errors_nothing_is_attached(bella, operator, mailoutbox):
    ended(bella, operator.email, f"phone\n{ANNA}\n")
    message, text, _html = sent(mailoutbox)
    assert message.subject == "Imported: guests.csv (Bella)"
    assert message.attachments == []
    assert "1 guest imported into Bella." in text


def test_a_refused_import_says_that_nothing_came_in(bella, operator, mailoutbox):
    ended(bella, operator.email, partial=False)
    message, text, _html = sent(mailoutbox)
    assert message.subject == "Not imported: guests.csv (Bella)"
    assert "Nothing was imported into Bella. 2 lines have errors." in text
    assert message.attachments


def test_a_file_that_cannot_be_read_is_explained(bella, operator, mailoutbox):
    rows = "".join(f"+4420794{n:05},x\n" for n in range(300))
    ended(bella, operator.email, f'phone,name\n{rows}+44,"x\n', partial=False)
    assert "opens in line 302 is not closed" in sent(mailoutbox)[1]


def test_the_first_ten_errors_and_how_many_more(bella, operator, mailoutbox):
    ended(bella, operator.email, "phone\n" + "".join(f"{n}\n" for n in range(1, 31)))
    _message, text, html = sent(mailoutbox)
    assert text.count("too few digits") == html.count("too few digits") == 10
    assert "… and 20 more lines." in text


def test_above_one_size_it_is_zipped_and_above_another_there_is_only_the_link(
    bella, operator, mailoutbox, monkeypatch
):
    job = ended(bella, operator.email)
    message = result_mail.build_result(OutgoingMail.objects.get())
    ((name, content, _kind),) = message.attachments
    size = len(content.encode() if isinstance(content, str) else content)
    monkeypatch.setattr(result_mail, "ZIP_ABOVE", size)
    message = result_mail.build_result(OutgoingMail.objects.get())
    assert message.attachments[0][0] == name
    monkeypatch.setattr(result_mail, "ZIP_ABOVE", size - 1)
    message = result_mail.build_result(OutgoingMail.objects.get())
    ((zipped, packed, kind),) = message.attachments
    assert (zipped, kind) == (f"guests-errors-{job.number}.csv.zip", "application/zip")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.namelist() == [name]
        assert len(archive.read(name)) == size
    monkeypatch.setattr(result_mail, "LINK_ABOVE", size - 1)
    message = result_mail.build_result(OutgoingMail.objects.get())
    assert message.attachments == []
    assert "attached" not in message.body
    assert (result_mail.FIRST_ERRORS, "Line 3" in message.body) == (10, True)


def test_the_sizes_are_5_and_20_megabytes():
    assert (result_mail.ZIP_ABOVE, result_mail.LINK_ABOVE) == (5 * 1024**2, 20 * 1024**2)


def test_its_message_id_is_derived_from_the_import_and_it_is_asked_for_once(
    bella, operator, mailoutbox, settings
):
    job = ended(bella, operator.email)
    undone(job)
    waiting = OutgoingMail.objects.get()
    assert waiting.message_id == f"<import-result.{job.pk}@{settings.MAIL_DOMAIN}>"
    message, _text, _html = sent(mailoutbox)
    assert message.extra_headers["Message-ID"] == waiting.message_id
    send(waiting.pk)
    assert len(mailoutbox) == 1


def test_nobody_is_written_to_who_was_not_chosen_and_a_check_writes_to_nobody(bella, operator):
    ended(bella, "")
    job = received(bella, FILE)
    options = Options.from_json(job.options)
    worked(request_check(job=job, options=options, results_to=operator.email, now=timezone.now()))
    assert not OutgoingMail.objects.exists()


def test_it_tells_what_the_ratchet_held_back(bella, operator, mailoutbox):
    guest(bella, MAX, subscribed=False)
    ended(bella, operator.email, f"phone,receive_promo\n{MAX},yes\n")
    assert "Opt-outs kept: 1" in sent(mailoutbox)[1]
    assert Guest.objects.get(phone=MAX).subscribed is False


@pytest.mark.django_db(transaction=True)
def test_over_a_real_mail_server(bella, operator, smtp):
    job = ended(bella, operator.email)
    send(OutgoingMail.objects.get().pk)
    (message,) = smtp.received
    assert message["Message-ID"].startswith(f"<import-result.{job.pk}@")
    assert message["To"] == operator.email
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert "1 guest imported" in text.get_content()
    assert "1 guest imported" in html.get_content()
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == f"guests-errors-{job.number}.csv"
    content = attached.get_content()
    content = content.encode() if isinstance(content, str) else content
    assert "Ё & <b>" in content.decode()


def test_without_a_mail_server_it_is_a_file(bella, operator, settings):
    settings.EMAIL_BACKEND = "core.mail.FolderBackend"
    ended(bella, operator.email, "phone,name\n12,Ё\n".encode("utf-16"))
    waiting = OutgoingMail.objects.get()
    send(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error) == ("sent", "")
    assert folder_path(waiting.message_id).exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "windows-1251", "utf-16"])
def test_the_attachment_is_the_error_file_byte_for_byte(bella, operator, smtp, encoding):
    job = ended(bella, operator.email, "phone;name\r\n12;Ё\r\n13;Ж\r\n".encode(encoding))
    send(OutgoingMail.objects.get().pk)
    (attached,) = smtp.received[0].iter_attachments()
    assert attached.get_payload(decode=True) == b"".join(error_file.csv_lines(job))
