"""What a stranger tries at the door: guesses under other names, forged addresses, led astray."""

import re

import pytest
from django.conf import settings as django_settings
from django.test import Client, RequestFactory

from core.models import Change
from core.web import places
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LIMIT = django_settings.AXES_FAILURE_LIMIT


def guess(email, password="guess", **meta):  # noqa: S107 - what a stranger would try
    return Client(**meta).post("/login/", {"username": email, "password": password})


def test_capitals_and_blanks_are_no_other_account(host):
    """Five guesses are five, however the address is written."""
    first, rest = host.email[0], host.email[1:]
    for spelling in (host.email, host.email.upper(), f" {host.email}", f"{host.email} "):
        guess(spelling)
    guess(first.upper() + rest)
    assert guess(host.email, PASSWORD).status_code != 302
    assert guess(host.email.title(), PASSWORD).status_code != 302


def test_another_place_may_still_sign_in(host):
    for _try in range(LIMIT):
        guess(host.email, REMOTE_ADDR="10.0.0.1")
    assert guess(host.email, PASSWORD, REMOTE_ADDR="10.0.0.1").status_code != 302
    assert guess(host.email, PASSWORD, REMOTE_ADDR="10.0.0.2").status_code == 302


def test_one_network_of_ipv6_is_one_place(host):
    for turn in range(LIMIT):
        guess(host.email, REMOTE_ADDR=f"2001:db8:1:2::{turn + 1}")
    assert guess(host.email, PASSWORD, REMOTE_ADDR="2001:db8:1:2:ffff::9").status_code != 302
    assert guess(host.email, PASSWORD, REMOTE_ADDR="2001:db8:1:3::9").status_code == 302


def test_a_forged_header_is_no_other_place(host):
    for turn in range(LIMIT):
        guess(host.email, HTTP_X_FORWARDED_FOR=f"10.9.0.{turn}")
    assert guess(host.email, PASSWORD, HTTP_X_FORWARDED_FOR="10.9.0.99").status_code != 302


def test_behind_a_proxy_guests_of_the_internet_do_not_lock_each_other_out(host, settings):
    settings.PROXY_COUNT = 1
    proxy = {"REMOTE_ADDR": "10.0.0.1"}
    for turn in range(LIMIT):
        guess(host.email, HTTP_X_FORWARDED_FOR=f"1.1.1.{turn}, 203.0.113.5", **proxy)
    forged = "9.9.9.9, 203.0.113.5"
    assert guess(host.email, PASSWORD, HTTP_X_FORWARDED_FOR=forged, **proxy).status_code != 302
    other = "203.0.113.6"
    assert guess(host.email, PASSWORD, HTTP_X_FORWARDED_FOR=other, **proxy).status_code == 302


@pytest.mark.parametrize(
    ("proxies", "header", "direct", "found"),
    [
        (0, "203.0.113.5", "10.0.0.1", "10.0.0.1"),
        (1, "203.0.113.5", "10.0.0.1", "203.0.113.5"),
        (2, "8.8.8.8, 203.0.113.5, 10.0.0.2", "10.0.0.1", "203.0.113.5"),
        (2, "203.0.113.5", "10.0.0.1", "10.0.0.1"),
        (1, "nonsense", "10.0.0.1", ""),
        (0, "", "::ffff:192.0.2.1", "192.0.2.1"),
        (0, "", "", ""),
    ],
)
def test_whence_somebody_asks(settings, proxies, header, direct, found):
    settings.PROXY_COUNT = proxies
    request = RequestFactory(REMOTE_ADDR=direct, HTTP_X_FORWARDED_FOR=header).get("/")
    assert places.address(request) == found


def test_the_whole_address_stands_in_the_activity(bella, host):
    guess(host.email, PASSWORD, REMOTE_ADDR="2001:db8:1:2::7")
    change = Change.objects.for_company(bella).get(action="sign_in")
    assert change.values == {"address": [None, "2001:db8:1:2::7"]}


@pytest.mark.parametrize(
    "goal", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_away_after_signing_in(host, goal):
    answer = Client().post(
        f"/login/?next={goal}", {"username": host.email, "password": PASSWORD, "next": goal}
    )
    assert answer["Location"] == "/"
    client = Client()
    client.force_login(host, backend="core.auth.CompanyBackend")
    assert client.post("/logout/", {"next": goal})["Location"] == "/login/"


def test_a_session_from_before_the_sign_in_is_worth_nothing(host):
    """Whoever planted a session's name in a browser does not know the one after the sign-in."""
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies[django_settings.SESSION_COOKIE_NAME] = planted
    client.post("/login/", {"username": host.email, "password": PASSWORD})
    assert client.session.session_key != planted
    thief = Client()
    thief.cookies[django_settings.SESSION_COOKIE_NAME] = planted
    assert thief.get("/account/").status_code == 302


def test_every_name_is_answered_alike(host):
    known, unknown = guess(host.email), guess("nobody@example.com")
    plain = known.content.replace(host.email.encode(), b"nobody@example.com")
    assert _without_tokens(plain) == _without_tokens(unknown.content)


def _without_tokens(content):
    return re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", content)


@pytest.mark.parametrize("page", ["/login/", "/password/", "/login/code/"])
def test_pages_of_signing_in_are_kept_nowhere(db, page):
    answer = Client().get(page)
    assert "no-store" in answer["Cache-Control"]
