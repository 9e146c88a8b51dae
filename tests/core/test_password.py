"""Who forgot the password gets a link by mail; who is nobody learns nothing."""

import re

from django.core import mail as outbox
from django.test import Client

from core.models import User


def test_a_forgotten_password_is_chosen_anew(host: User) -> None:
    browser = Client()
    assert browser.get("/password/").status_code == 200
    sent = browser.post("/password/", {"email": host.email.upper()}, follow=True)
    assert sent.status_code == 200
    [message] = outbox.outbox
    assert message.to == [host.email]
    link = re.search(r"http://testserver(/password/\S+)", str(message.body))
    assert link
    form = browser.get(link[1], follow=True).redirect_chain[-1][0]
    word = "trattoria-on-the-corner"
    done = browser.post(form, {"new_password1": word, "new_password2": word}, follow=True)
    assert done.status_code == 200
    host.refresh_from_db()
    assert host.check_password(word)


def test_an_unknown_address_gets_the_same_answer_and_no_mail(host: User) -> None:
    known = Client().post("/password/", {"email": host.email}, follow=True)
    outbox.outbox.clear()
    unknown = Client().post("/password/", {"email": "nobody@example.com"}, follow=True)
    assert unknown.content == known.content
    assert outbox.outbox == []
