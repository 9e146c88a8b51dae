"""An invitation is an offer: until it is accepted the company knows an address and no more."""

from collections.abc import Callable

import pytest
from django.core import mail as outbox
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.models import Change, Company, Membership, OutgoingMail, Role, User
from core.services import companies, invitations, mail, staff
from tests.conftest import PASSWORD


@pytest.fixture
def invitation(bella: Company, owner: User, outsider: User) -> Membership:
    """Enzo, who owns the company next door, is invited to Bella."""
    return companies.invite(
        company=bella,
        email=outsider.email,
        role=Role.MANAGER,
        actor=owner,
        source="web",
        now=timezone.now(),
    )


def answer(client: Client, company: Company, word: str) -> str:
    return client.post(
        reverse(f"core:invitation_{word}", args=[company.slug]), follow=True
    ).content.decode()


def staff_pages(client: Client, company: Company, membership: Membership) -> str:
    urls = (
        reverse("core:settings_staff", args=[company.slug]),
        reverse("core:settings_member", args=[company.slug, membership.pk]),
        reverse("core:activity", args=[company.slug]),
        reverse("imports:list", args=[company.slug]),
    )
    return "".join(client.get(url).content.decode() for url in urls)


def test_the_inviting_owner_sees_an_address_and_nothing_else(
    bella: Company,
    owner: User,
    outsider: User,
    invitation: Membership,
    sign_in: Callable[[User], Client],
) -> None:
    Client().post("/login/", {"username": outsider.email, "password": PASSWORD})
    seen = staff_pages(sign_in(owner), bella, invitation)
    assert outsider.email in seen
    assert "Invited" in seen
    assert "Enzo" not in seen
    assert seen.count("last signed in") == 1, "that of the owner who looks"
    assert not Change.objects.for_company(bella).filter(actor=outsider).exists()


def test_the_company_is_closed_to_the_invited(
    bella: Company, outsider: User, invitation: Membership, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(outsider)
    assert client.get(reverse("core:company", args=[bella.slug])).status_code == 404
    assert not outsider.has_perm("core.view_company", bella)


def test_an_invitation_is_answered_on_the_first_page_after_signing_in(
    bella: Company, owner: User, outsider: User, invitation: Membership
) -> None:
    client = Client()
    data = {"username": outsider.email, "password": PASSWORD}
    page = client.post("/login/", data, follow=True).content.decode()
    assert "You are invited" in page
    assert "Join Bella" in page
    assert "You belong to Bella now." in answer(client, bella, "accept")
    invitation.refresh_from_db()
    assert invitation.accepted_at
    change = Change.objects.for_company(bella).get(action="accept_invitation")
    assert (change.actor, change.subject_id) == (outsider, invitation.pk)
    client.force_login(owner, backend="core.auth.CompanyBackend")
    assert "Enzo" in staff_pages(client, bella, invitation)


def test_the_mail_to_somebody_with_a_password_leads_to_the_answer(
    outsider: User, invitation: Membership
) -> None:
    mail.send(OutgoingMail.objects.get().pk)
    text = str(outbox.outbox[-1].body)
    assert "http://testserver/companies/" in text
    client = Client()
    page = client.post(
        "/login/?next=/companies/",
        {"username": outsider.email, "password": PASSWORD, "next": "/companies/"},
        follow=True,
    )
    assert "Join Bella" in page.content.decode()


def test_an_invitation_is_declined_without_a_name(
    bella: Company,
    owner: User,
    outsider: User,
    invitation: Membership,
    sign_in: Callable[[User], Client],
) -> None:
    assert "declined the invitation to Bella" in answer(sign_in(outsider), bella, "decline")
    assert not Membership.objects.for_company(bella).filter(user=outsider).exists()
    told = sign_in(owner).get(reverse("core:activity", args=[bella.slug])).content.decode()
    assert "invitation declined" in told
    assert outsider.email in told
    assert "Enzo" not in told


@pytest.mark.parametrize("word", ["accept", "decline"])
def test_what_was_withdrawn_or_is_answered_cannot_be_answered(
    bella: Company,
    outsider: User,
    invitation: Membership,
    word: str,
    sign_in: Callable[[User], Client],
) -> None:
    Membership.objects.filter(pk=invitation.pk).update(is_active=False)
    assert "no invitation to Bella any more" in answer(sign_in(outsider), bella, word)
    invitation.refresh_from_db()
    assert invitation.accepted_at is None
    Membership.objects.filter(pk=invitation.pk).update(is_active=True, accepted_at=timezone.now())
    with pytest.raises(invitations.NoInvitation):
        invitations.decline(user=outsider, company=bella, source="web", now=timezone.now())
    assert Membership.objects.filter(pk=invitation.pk).exists()


def test_nobody_answers_for_another_and_a_company_is_not_told_from_none(
    bella: Company, invitation: Membership, sign_in: Callable[[User], Client]
) -> None:
    stranger = User.objects.create_user("sam@example.com", PASSWORD)
    client = sign_in(stranger)
    for slug in (bella.slug, "nowhere"):
        url = reverse("core:invitation_accept", args=[slug])
        assert client.post(url).status_code == 404
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


def test_the_only_company_opens_once_invitations_are_answered(
    bella: Company, roma: Company, host: User, sign_in: Callable[[User], Client]
) -> None:
    Membership.objects.create(company=roma, user=host, role=Role.HOST, accepted_at=None)
    client = sign_in(host)
    page = client.get("/").content.decode()
    assert "Join Roma" in page
    assert "Your companies" in page
    answer(client, roma, "decline")
    assert client.get("/")["Location"] == reverse("core:company", args=[bella.slug])


def test_an_invited_owner_does_not_count_as_one(bella: Company, owner: User) -> None:
    Membership.objects.create(
        company=bella,
        user=User.objects.create_user("new@example.com", PASSWORD),
        role=Role.OWNER,
        accepted_at=None,
    )
    with pytest.raises(staff.LastOwner):
        staff.change_member(
            membership=Membership.objects.get(user=owner),
            role=Role.HOST,
            restaurants=[],
            is_active=True,
            actor=None,
            source="web",
            now=timezone.now(),
        )


def test_page_and_mail_say_as_what_and_where(
    bella: Company,
    owner: User,
    outsider: User,
    invitation: Membership,
    sign_in: Callable[[User], Client],
) -> None:
    client = sign_in(outsider)
    page = client.get(reverse("core:home")).content.decode()
    assert "As Manager, for all restaurants" in page
    assert "somebody at Bella has to invite you again" in page
    built = companies.build_invitation(OutgoingMail.objects.get(subject_id=invitation.pk))
    assert "as Manager for all restaurants." in str(built.body)
    invitation.restaurants.set(bella.restaurants.all())
    where = "Bella Camden and Bella Soho"
    assert f"As Manager, for {where}" in client.get(reverse("core:home")).content.decode()
    built = companies.build_invitation(OutgoingMail.objects.get(subject_id=invitation.pk))
    html = built.alternatives[0][0]  # type: ignore[attr-defined]
    assert f"as Manager for {where}." in str(built.body)
    assert f"as Manager for {where}." in html
