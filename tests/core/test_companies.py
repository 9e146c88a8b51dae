"""How companies begin, and how people come in."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core import mail as outbox
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from core.models import Change, Company, Membership, OutgoingMail, Role, User
from core.services import companies, invitations, mail


def create(**fields: Any) -> Company:
    wanted = {"slug": "luna", "name": "Luna", "actor": None, "source": "command"}
    return companies.create_company(**{**wanted, "now": timezone.now(), **fields})


def invite(company: Company, email: str = "anna@example.com", **fields: Any) -> Membership:
    wanted = {"role": Role.OPERATOR, "actor": None, "source": "web", "now": timezone.now()}
    return companies.invite(company=company, email=email, **{**wanted, **fields})


def link_in_the_last_mail() -> str:
    """Return the path of the link in the mail that was sent last."""
    mail.send(OutgoingMail.objects.order_by("pk").last().pk)  # type: ignore[union-attr]
    found = re.search(r"http://testserver(/\S+)", str(outbox.outbox[-1].body))
    assert found
    return found[1]


def test_a_company_begins_with_a_record_of_it(db: None) -> None:
    company = create(currency="EUR", region="IT", timezone="Europe/Rome")
    [change] = Change.objects.for_company(company)
    assert (change.action, change.subject, change.subject_id) == (
        "created",
        "core.company",
        company.pk,
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"slug": "lu na"}, "slug"),
        ({"slug": ""}, "slug"),
        ({"slug": "x" * 41}, "slug"),
        ({"name": "  "}, "name"),
        ({"region": "XX"}, "region"),
        ({"region": "gb"}, "region"),
        ({"currency": "GBX"}, "currency"),
        ({"currency": "gbp"}, "currency"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
    ],
)
def test_what_a_company_cannot_be(db: None, fields: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        create(**fields)
    assert list(caught.value.message_dict) == [field]
    assert not Company.objects.exists()


def test_all_faults_are_said_at_once(bella: Company) -> None:
    with pytest.raises(ValidationError) as caught:
        create(slug="bella", currency="?", timezone="")
    assert set(caught.value.message_dict) == {"slug", "currency", "timezone"}


def test_the_command_makes_a_company_and_invites_its_owner(db: None) -> None:
    call_command("create_company", "luna", name="Luna", currency="eur", owner="Owner@Luna.example")
    company = Company.objects.get(slug="luna")
    assert company.currency == "EUR"
    [membership] = Membership.objects.for_company(company)
    assert (membership.user.email, membership.role) == ("owner@luna.example", "owner")
    assert not membership.user.has_usable_password()
    assert OutgoingMail.objects.get().to == "owner@luna.example"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"slug": "no way"}, "Enter a valid “slug”"),
        ({"timezone": "Nowhere"}, "--timezone: There is no time zone “Nowhere”."),
        ({"currency": "XXQ"}, "--currency: There is no currency “XXQ”."),
        ({"region": "UK"}, "--region: There is no region “UK”."),
        ({"slug": "bella"}, "There is a company at /c/bella/ already."),
        ({"owner": "nobody"}, "--owner: Enter a valid email address."),
    ],
)
def test_the_command_says_what_is_wrong_and_makes_nothing(
    bella: Company, arguments: dict[str, str], said: str
) -> None:
    options = {"name": "Luna", **arguments}
    with pytest.raises(CommandError, match=f"^{re.escape(said)}") as refused:
        call_command("create_company", options.pop("slug", "luna"), **options)
    assert refused.value.returncode == 2
    assert list(Company.objects.all()) == [bella]
    assert not User.objects.exists()


def test_a_newcomer_chooses_a_password_once_and_is_in(bella: Company) -> None:
    membership = invite(bella)
    link = link_in_the_last_mail()
    browser = Client()
    page = browser.get(link, follow=True)
    assert page.status_code == 200
    form = page.redirect_chain[-1][0]
    word = "trattoria-on-the-corner"
    validate_password(word, membership.user)
    done = browser.post(form, {"new_password1": word, "new_password2": word})
    assert done.status_code == 302
    assert User.objects.get(pk=membership.user_id).check_password(word)
    again = Client().get(link, follow=True)
    assert b"no longer works" in again.content


def test_who_has_a_password_is_shown_where_to_sign_in(bella: Company, outsider: User) -> None:
    invite(bella, outsider.email)
    assert link_in_the_last_mail() == "/companies/"


def test_a_member_is_not_invited_again(bella: Company, host: User) -> None:
    with pytest.raises(companies.AlreadyMember, match="belongs to Bella already"):
        invite(bella, host.email.upper())
    assert not OutgoingMail.objects.exists()


def test_an_invitation_that_was_withdrawn_is_not_sent(bella: Company) -> None:
    membership = invite(bella)
    membership.delete()
    posted = OutgoingMail.objects.get()
    mail.send(posted.pk)
    posted.refresh_from_db()
    assert (posted.state, outbox.outbox) == ("failed", [])


def test_an_invitation_is_written_down(bella: Company, owner: User) -> None:
    membership = invite(bella, actor=owner)
    change = Change.objects.for_company(bella).get(action="invited")
    assert (change.actor, change.subject_id) == (owner, membership.pk)
    assert change.values["role"] == [None, "operator"]


def test_whoever_accepts_sees_the_company(
    bella: Company, sign_in: Callable[[User], Client]
) -> None:
    membership = invite(bella)
    assert not Company.objects.for_user(membership.user)
    invitations.accept(user=membership.user, company=bella, source="web", now=timezone.now())
    assert list(Company.objects.for_user(membership.user)) == [bella]
    assert sign_in(membership.user).get("/", follow=True).status_code == 200
