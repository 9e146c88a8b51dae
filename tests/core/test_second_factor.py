"""Signing in with a second factor, setting it up, losing it, and companies that demand it."""

import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.models import Change, Company, Membership, OutgoingMail, Role, User
from core.services import mail, passwords, second_factor, settings as company_settings
from core.web import sign_in as pending_sign_in
from tests.conftest import PASSWORD

LOGIN, CODE = "/login/", "/login/code/"


def code_of(user: User, *, ahead: int = 0) -> str:
    """Return what the user's app shows now, or so many half minutes later."""
    device = TOTPDevice.objects.get(user=user)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time() + ahead * device.step
    return f"{totp.token():06d}"


def wrong_code(user: User) -> str:
    """Return six digits that no window of the user's app accepts."""
    good = {code_of(user, ahead=ahead) for ahead in range(-3, 4)}
    return next(each for each in ("000000", "111111", "222222", "333333") if each not in good)


def turn_on(user: User) -> list[str]:
    """Set the second factor up as the pages do; return the recovery codes."""
    second_factor.begin(user=user)
    codes = second_factor.confirm(user=user, code=code_of(user), source="web", now=timezone.now())
    # The code that confirmed it is used up; as if the half minute were over.
    TOTPDevice.objects.filter(user=user).update(last_t=-1)
    user.refresh_from_db()
    return codes


def wait_over(user: User) -> None:
    """As if the pause after a wrong code were over."""
    past = timezone.now() - timedelta(hours=1)
    TOTPDevice.objects.filter(user=user, throttling_failure_count__gt=0).update(
        throttling_failure_timestamp=past
    )


def give_password(client: Client, user: User, **extra: str) -> Any:
    return client.post(LOGIN, {"username": user.email, "password": PASSWORD, **extra})


def signed_in_as(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


# -- Signing in -----------------------------------------------------------------------------------


def test_without_a_second_factor_the_password_is_enough(owner: User) -> None:
    client = Client()
    give_password(client, owner)
    assert signed_in_as(client) == str(owner.pk)


def test_the_password_alone_opens_nothing(owner: User, bella: Company) -> None:
    turn_on(owner)
    client = Client()
    assert give_password(client, owner)["Location"] == CODE
    assert signed_in_as(client) is None
    for page in ("/", "/account/", reverse("core:activity", args=[bella.slug])):
        assert client.get(page)["Location"].startswith("/login/"), page
    assert not Change.objects.for_company(bella).filter(action="sign_in").exists()


def test_the_code_signs_in_and_leads_where_one_wanted_to_go(owner: User, bella: Company) -> None:
    turn_on(owner)
    client = Client()
    wanted = reverse("core:activity", args=[bella.slug])
    give_password(client, owner, next=wanted)
    answer = client.post(CODE, {"code": code_of(owner)})
    assert answer["Location"] == wanted
    assert signed_in_as(client) == str(owner.pk)
    assert client.get(wanted).status_code == 200


def test_a_wrong_code_does_not_sign_in(owner: User) -> None:
    turn_on(owner)
    client = Client()
    give_password(client, owner)
    answer = client.post(CODE, {"code": wrong_code(owner)})
    assert b"does not fit" in answer.content
    assert signed_in_as(client) is None


def test_a_code_signs_in_once(owner: User) -> None:
    turn_on(owner)
    code = code_of(owner)
    first, second = Client(), Client()
    for client in (first, second):
        give_password(client, owner)
        client.post(CODE, {"code": code})
    assert signed_in_as(first) == str(owner.pk)
    assert signed_in_as(second) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [pytest.param(False, marks=pytest.mark.postgres), True])
def test_two_who_send_the_same_code_at_once_do_not_both_get_in(
    owner: User, locked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock both would: that is shown first, where it can happen."""
    turn_on(owner)
    if not locked:
        monkeypatch.setattr(TOTPDevice.objects, "select_for_update", TOTPDevice.objects.all)
    both, verify_token = threading.Barrier(2), TOTPDevice.verify_token

    def together(device: TOTPDevice, token: str) -> bool:
        # With the lock the second never comes here meanwhile, and the first goes on alone.
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=1 if locked else 180)
        return verify_token(device, token)

    monkeypatch.setattr(TOTPDevice, "verify_token", together)
    code, ends = code_of(owner), []

    def try_it() -> None:
        try:
            second_factor.verify(user=owner, code=code)
            ends.append("in")
        except second_factor.NotAccepted:
            ends.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == (["in", "refused"] if locked else ["in", "in"])


def test_guesses_have_to_wait_ever_longer(owner: User) -> None:
    turn_on(owner)
    client = Client()
    give_password(client, owner)
    client.post(CODE, {"code": wrong_code(owner)})
    client.post(CODE, {"code": code_of(owner)})  # right, but at once after the wrong one
    assert signed_in_as(client) is None
    wait_over(owner)
    client.post(CODE, {"code": code_of(owner)})
    assert signed_in_as(client) == str(owner.pk)


def test_after_five_wrong_codes_the_password_is_asked_again(owner: User) -> None:
    turn_on(owner)
    client = Client()
    give_password(client, owner)
    for _try in range(pending_sign_in.TRIES):
        client.post(CODE, {"code": wrong_code(owner)})
        wait_over(owner)
    assert client.post(CODE, {"code": code_of(owner)})["Location"] == LOGIN
    assert signed_in_as(client) is None


def test_a_sign_in_does_not_wait_for_ever(owner: User) -> None:
    turn_on(owner)
    client = Client()
    give_password(client, owner)
    session = client.session
    held = session["pending_sign_in"]
    session["pending_sign_in"] = {**held, "at": held["at"] - pending_sign_in.LASTS_SECONDS - 1}
    session.save()
    assert client.post(CODE, {"code": code_of(owner)})["Location"] == LOGIN


def test_a_password_changed_meanwhile_ends_the_sign_in_that_waits(owner: User) -> None:
    turn_on(owner)
    client = Client()
    give_password(client, owner)
    owner.set_password("another long password")
    owner.save()
    assert client.post(CODE, {"code": code_of(owner)})["Location"] == LOGIN


def test_who_has_not_given_a_password_is_asked_for_no_code(db: None) -> None:
    assert Client().get(CODE)["Location"] == LOGIN


def test_a_new_password_by_mail_does_not_go_round_the_second_factor(owner: User) -> None:
    from django.core import mail as outbox

    turn_on(owner)
    client = Client()
    client.post("/password/", {"email": owner.email})
    mail.send(OutgoingMail.objects.get(kind=passwords.RESET).pk)
    link = re.search(r"http://testserver(/password/\S+)", str(outbox.outbox[-1].body))
    assert link
    form = client.get(link[1], follow=True).redirect_chain[-1][0]
    word = "trattoria-on-the-corner"
    client.post(form, {"new_password1": word, "new_password2": word})
    assert signed_in_as(client) is None
    client.post(LOGIN, {"username": owner.email, "password": word})
    assert signed_in_as(client) is None


# -- Recovery codes -------------------------------------------------------------------------------


def test_a_recovery_code_signs_in_once_however_it_is_typed(owner: User) -> None:
    first, *_rest = turn_on(owner)
    for client, expected in ((Client(), str(owner.pk)), (Client(), None)):
        give_password(client, owner)
        client.post(CODE, {"code": f" {first.upper().replace('-', ' ')} "})
        assert signed_in_as(client) == expected
    assert second_factor.state(owner).codes_left == second_factor.RECOVERY_CODES - 1


def test_recovery_codes_cannot_be_read_from_the_database(owner: User) -> None:
    codes = turn_on(owner)
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == len(set(codes)) == second_factor.RECOVERY_CODES
    assert not kept & {code.replace("-", "")[: len(token)] for code in codes for token in kept}


def test_new_recovery_codes_end_the_old_ones(
    owner: User, sign_in: Callable[[User], Client]
) -> None:
    old = turn_on(owner)
    client = sign_in(owner)
    page = client.post("/account/recovery-codes/", {"password": PASSWORD}).content.decode()
    assert "These are your new codes; those you had before no longer work." in page
    assert "The second factor is on." not in page
    new = re.findall(r"<code>([a-z0-9-]{17})</code>", page)
    assert len(new) == second_factor.RECOVERY_CODES
    saved = re.search(r'href="data:text/plain;charset=utf-8,([^"]*)" download="[^"]*\.txt"', page)
    assert saved is not None
    lines = unquote(saved[1]).split("\r\n")
    assert lines[0] == f"Recovery codes for {settings.BASE_URL}, {owner.email}"
    assert lines[0] in page
    assert lines[3:-1] == new
    with pytest.raises(second_factor.NotAccepted):
        second_factor.verify(user=owner, code=old[0])
    wait_over(owner)
    StaticToken.objects.first().device.throttle_reset()  # type: ignore[union-attr]
    second_factor.verify(user=owner, code=new[0])


# -- Setting it up --------------------------------------------------------------------------------


def test_it_is_set_up_with_password_and_code_and_other_sessions_end(
    owner: User, bella: Company, sign_in: Callable[[User], Client]
) -> None:
    client, elsewhere = sign_in(owner), sign_in(owner)
    begun = client.post("/account/second-factor/", {"password": PASSWORD}, follow=True)
    page = begun.content.decode()
    secret = TOTPDevice.objects.get(user=owner).bin_key
    assert begun.redirect_chain[-1][0] == "/account/second-factor/confirm/"
    assert second_factor.state(owner).secret in page
    assert "<svg" in page
    assert "style=" not in page, "the policy forbids inline styles"
    assert not second_factor.is_on(owner)
    done = client.post("/account/second-factor/confirm/", {"code": code_of(owner)})
    codes = re.findall(r"<code>([a-z0-9-]{17})</code>", done.content.decode())
    assert len(codes) == second_factor.RECOVERY_CODES
    assert second_factor.is_on(owner)
    assert client.get("/account/").status_code == 200, "the session that set it up goes on"
    assert elsewhere.get("/account/").status_code == 302
    assert TOTPDevice.objects.get(user=owner).bin_key == secret
    assert Change.objects.for_company(bella).filter(action="turn_on_second_factor").count() == 1


def test_the_secret_is_never_shown_again(owner: User, sign_in: Callable[[User], Client]) -> None:
    turn_on(owner)
    client = sign_in(owner)
    assert client.get("/account/second-factor/confirm/").status_code == 302
    assert second_factor.state(owner).secret == ""


def test_a_wrong_password_begins_nothing(owner: User, sign_in: Callable[[User], Client]) -> None:
    answer = sign_in(owner).post("/account/second-factor/", {"password": "guess"})
    assert b"not your password" in answer.content
    assert not TOTPDevice.objects.exists()


def test_guessing_the_password_of_an_open_screen_is_locked_out(
    owner: User, sign_in: Callable[[User], Client]
) -> None:
    turn_on(owner)
    client = sign_in(owner)
    answers = [
        client.post("/account/second-factor/off/", {"password": f"guess {number}"}).status_code
        for number in range(6)
    ]
    assert answers[0] == 200
    assert answers[-1] == 429
    right = client.post("/account/second-factor/off/", {"password": PASSWORD})
    assert right.status_code == 429
    assert second_factor.is_on(owner)


def test_it_is_turned_off_with_the_password(owner: User, sign_in: Callable[[User], Client]) -> None:
    turn_on(owner)
    client = sign_in(owner)
    client.post("/account/second-factor/off/", {"password": "guess"})
    assert second_factor.is_on(owner)
    client.post("/account/second-factor/off/", {"password": PASSWORD})
    assert not second_factor.is_on(owner)
    assert not StaticToken.objects.exists()


def test_the_command_helps_whoever_lost_everything(
    owner: User, bella: Company, sign_in: Callable[[User], Client]
) -> None:
    turn_on(owner)
    client = sign_in(owner)
    call_command("turn_off_second_factor", owner.email)
    assert not second_factor.is_on(owner)
    assert client.get("/account/").status_code == 302
    assert Change.objects.for_company(bella).filter(action="reset_second_factor").exists()


# -- Companies that demand it ---------------------------------------------------------------------


def demand(company: Company, actor: User) -> None:
    company_settings.demand_second_factor(
        company=company, demanded=True, actor=actor, source="web", now=timezone.now()
    )


def test_a_member_without_it_is_led_to_set_it_up(
    bella: Company, owner: User, manager: User, sign_in: Callable[[User], Client]
) -> None:
    turn_on(owner)
    demand(bella, owner)
    client = sign_in(manager)
    page = reverse("core:activity", args=[bella.slug])
    led = client.get(page, follow=True)
    assert led.redirect_chain == [("/account/second-factor/", 302)]
    assert b"Bella demands a second factor" in led.content
    assert client.post(reverse("core:settings_restaurants", args=[bella.slug])).status_code == 302
    turn_on(manager)
    assert sign_in(manager).get(page).status_code == 200


def test_other_companies_of_the_member_stay_open(
    bella: Company, roma: Company, owner: User, manager: User, sign_in: Callable[[User], Client]
) -> None:
    Membership.objects.create(company=roma, user=manager, role=Role.MANAGER)
    turn_on(owner)
    demand(bella, owner)
    assert sign_in(manager).get(reverse("core:activity", args=[roma.slug])).status_code == 200


def test_who_has_none_cannot_demand_it_of_others(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    page = reverse("core:settings_security", args=[bella.slug])
    answer = sign_in(owner).post(page, {"requires_second_factor": "on"})
    assert b"for yourself first" in answer.content
    bella.refresh_from_db()
    assert not bella.requires_second_factor


def test_while_it_is_demanded_it_cannot_be_turned_off(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    turn_on(owner)
    client = sign_in(owner)
    client.post(
        reverse("core:settings_security", args=[bella.slug]), {"requires_second_factor": "on"}
    )
    bella.refresh_from_db()
    assert bella.requires_second_factor
    answer = client.post("/account/second-factor/off/", {"password": PASSWORD})
    assert b"Bella demands a second factor" in answer.content
    assert second_factor.is_on(owner)
