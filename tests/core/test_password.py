"""Who forgot the password gets a link by mail; who is nobody learns nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outbox
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.models import Attempt, OutgoingMail, User
from core.services import attempts, mail, passwords


def ask(email: str, place: str = "10.0.0.1") -> Any:
    return Client(REMOTE_ADDR=place).post("/password/", {"email": email}, follow=True)


def send_all() -> None:
    """Do what the worker does."""
    for pk in OutgoingMail.objects.filter(state="waiting").values_list("pk", flat=True):
        mail.send(pk)


def link_mailed() -> str:
    [message] = outbox.outbox
    link = re.search(r"http://testserver(/password/\S+)", str(message.body))
    assert link
    return link[1]


def test_a_forgotten_password_is_chosen_anew(host: User) -> None:
    browser = Client()
    assert browser.get("/password/").status_code == 200
    sent = browser.post("/password/", {"email": host.email.upper()}, follow=True)
    assert sent.status_code == 200
    assert outbox.outbox == [], "the request itself sends nothing"
    send_all()
    assert outbox.outbox[0].to == [host.email]
    form = browser.get(link_mailed(), follow=True).redirect_chain[-1][0]
    word = "trattoria-on-the-corner"
    done = browser.post(form, {"new_password1": word, "new_password2": word}, follow=True)
    assert done.status_code == 200
    host.refresh_from_db()
    assert host.check_password(word)
    again = Client().get(link_mailed(), follow=True)
    assert b"no longer works" in again.content
    assert b'href="/password/"' in again.content


def test_an_unknown_address_gets_the_same_answer_the_same_work_and_no_mail(host: User) -> None:
    with CaptureQueriesContext(connection) as for_known:
        known = ask(host.email)
    with CaptureQueriesContext(connection) as for_unknown:
        unknown = ask("nobody@example.com")
    assert unknown.content == known.content
    assert [q["sql"][:25] for q in for_unknown] == [q["sql"][:25] for q in for_known]
    send_all()
    assert [message.to for message in outbox.outbox] == [[host.email]]
    assert OutgoingMail.objects.get(to="nobody@example.com").state == "failed"


def test_who_was_deactivated_gets_no_link(host: User) -> None:
    User.objects.filter(pk=host.pk).update(is_active=False)
    ask(host.email)
    send_all()
    assert outbox.outbox == []


def test_a_link_of_the_house_is_mailed_whatever_host_was_asked(host: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    Client(SERVER_NAME="evil.example").post("/password/", {"email": host.email})
    send_all()
    assert "evil.example" not in str(outbox.outbox[0].body)


def test_a_link_to_a_new_password_works_for_hours_and_one_to_the_first_for_days(
    host: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = passwords.tokens.make_token(host)
    newcomer = User(email="new@example.com", pk=77)
    newcomer.set_unusable_password()
    first = passwords.tokens.make_token(newcomer)
    present = passwords.tokens._now()
    for hours, holds in ((3, True), (5, False)):
        late = present + timedelta(hours=hours)
        monkeypatch.setattr(passwords.tokens, "_now", lambda late=late: late)
        assert passwords.tokens.check_token(host, token) is holds
        assert passwords.tokens.check_token(newcomer, first)


@pytest.mark.parametrize("email", ["known", "nobody@example.com"])
def test_one_address_is_mailed_so_often_and_then_said_to_wait(host: User, email: str) -> None:
    address = host.email if email == "known" else email
    for turn in range(passwords.FOR_ADDRESS):
        assert ask(address, place=f"10.0.0.{turn}").status_code == 200
    refused = ask(address.upper(), place="10.0.1.1")
    assert refused.status_code == 429
    assert b"Try again in an hour" in refused.content
    assert OutgoingMail.objects.count() == passwords.FOR_ADDRESS
    Attempt.objects.update(at=timezone.now() - timedelta(hours=2))
    assert ask(address).status_code == 200


def test_one_place_asks_for_so_many_addresses(db: None) -> None:
    for turn in range(passwords.FROM_PLACE):
        ask(f"n{turn}@example.com", place="2001:db8::1")
    assert ask("another@example.com", place="2001:db8::2").status_code == 429
    assert ask("another@example.com", place="2001:db8:1::2").status_code == 200


def test_what_was_asked_for_is_forgotten_after_a_day(host: User) -> None:
    ask("nobody@example.com")
    send_all()
    later = timezone.now() + timedelta(days=1, minutes=1)
    attempts.forget(now=later)
    passwords.forget(now=later)
    assert not Attempt.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_no_address_stands_among_the_attempts(db: None) -> None:
    ask("nobody@example.com")
    assert not any("nobody" in each.key for each in Attempt.objects.all())
