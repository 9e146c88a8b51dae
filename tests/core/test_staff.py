"""Who belongs to a company: invited, changed, deactivated; and never without an owner."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail as outbox
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.models import Change, Company, Membership, OutgoingMail, Restaurant, Role, User
from core.services import companies, mail, staff


def membership(company: Company, user: User) -> Membership:
    return Membership.objects.for_company(company).select_related("user").get(user=user)


def change(member: Membership, **values: Any) -> Membership:
    present = {
        "role": member.role,
        "restaurants": list(member.restaurants.all()),
        "is_active": member.is_active,
    }
    wanted = {"actor": None, "source": "web", "now": timezone.now(), **present, **values}
    return staff.change_member(membership=member, **wanted)


def page(company: Company, name: str, *args: int) -> str:
    return reverse(f"core:settings_{name}", args=[company.slug, *args])


# -- Telephones -----------------------------------------------------------------------------------


def test_an_owner_notes_a_member_s_telephone_for_their_company_only(
    bella: Company, roma: Company, owner: User, host: User, sign_in: Callable[[User], Client]
) -> None:
    elsewhere = Membership.objects.create(company=roma, user=host, role="host")
    User.objects.filter(pk=host.pk).update(phone="+390669821234")
    member, client = membership(bella, host), sign_in(owner)
    values = {"role": "host", "is_active": "on", "phone": "07700 900123"}
    assert client.post(page(bella, "member", member.pk), values).status_code == 302
    shown = client.get(page(bella, "member", member.pk)).content.decode()
    assert 'value="+44 7700 900123"' in shown
    assert "+39 06 6982 1234" in shown, "the one of their own account stands beside it"
    elsewhere.refresh_from_db()
    host.refresh_from_db()
    assert (elsewhere.phone, host.phone) == ("", "+390669821234")
    change = Change.objects.for_company(bella).get(action="change_member")
    assert change.values == {"phone": ["", "+447700900123"]}
    refused = client.post(page(bella, "member", member.pk), {**values, "phone": "077"})
    assert "has too few digits" in refused.content.decode()


def test_who_is_invited_is_not_asked_for_a_telephone(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    form = sign_in(owner).get(page(bella, "invite")).context["form"]
    assert list(form.fields) == ["email", "role", "restaurants"]


# -- Inviting -------------------------------------------------------------------------------------


def test_an_owner_invites_with_a_role_and_restaurants(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    soho = bella.restaurants.get(name="Bella Soho")
    answer = sign_in(owner).post(
        page(bella, "invite"),
        {"email": "Nina@Example.com", "role": "operator", "restaurants": [soho.pk]},
        follow=True,
    )
    assert b"nina@example.com is invited" in answer.content
    member = Membership.objects.get(user__email="nina@example.com")
    assert (member.company, member.role, list(member.restaurants.all())) == (
        bella,
        "operator",
        [soho],
    )
    assert OutgoingMail.objects.get().to == "nina@example.com"
    assert Change.objects.for_company(bella).get(action="invited").actor == owner


def test_another_companys_restaurant_cannot_be_chosen(
    bella: Company, roma: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    trastevere = Restaurant.objects.create(company=roma, name="Trastevere")
    answer = sign_in(owner).post(
        page(bella, "invite"),
        {"email": "nina@example.com", "role": "host", "restaurants": [trastevere.pk]},
    )
    assert answer.status_code == 200
    assert not Membership.objects.filter(user__email="nina@example.com").exists()


def test_a_closed_restaurant_is_not_offered_but_stays_with_who_has_it(
    bella: Company, owner: User, host: User, sign_in: Callable[[User], Client]
) -> None:
    soho = bella.restaurants.get(name="Bella Soho")
    change(membership(bella, host), restaurants=[soho])
    bella.restaurants.filter(pk=soho.pk).update(is_active=False)
    client = sign_in(owner)
    assert b"Bella Soho" not in client.get(page(bella, "invite")).content
    answer = client.post(
        page(bella, "invite"),
        {"email": "nina@example.com", "role": "host", "restaurants": [soho.pk]},
    )
    assert answer.status_code == 200
    own = page(bella, "member", membership(bella, host).pk)
    assert b"Bella Soho" in client.get(own).content
    client.post(own, {"role": "operator", "restaurants": [soho.pk], "is_active": "on"})
    changed = membership(bella, host)
    assert (changed.role, list(changed.restaurants.all())) == ("operator", [soho])


def test_a_member_is_not_invited_twice(
    bella: Company, owner: User, host: User, sign_in: Callable[[User], Client]
) -> None:
    answer = sign_in(owner).post(page(bella, "invite"), {"email": host.email, "role": "owner"})
    assert b"belongs to Bella already" in answer.content
    assert membership(bella, host).role == "host"


def test_of_who_was_deactivated_the_invitation_says_how_they_come_back(
    bella: Company, owner: User, host: User, sign_in: Callable[[User], Client]
) -> None:
    change(membership(bella, host), is_active=False)
    answer = sign_in(owner).post(page(bella, "invite"), {"email": host.email, "role": "host"})
    assert b"was deactivated. Edit them in the list of staff, and tick Active." in answer.content
    assert not membership(bella, host).is_active


def test_an_address_longer_than_any_is_refused_at_its_field(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    address = f"{'n' * 243}@example.com"
    answer = sign_in(owner).post(page(bella, "invite"), {"email": address, "role": "host"})
    assert answer.status_code == 200
    assert b"At most 254 characters fit" in answer.content
    assert not User.objects.filter(email=address).exists()


def test_an_invitation_is_mailed_again_with_a_link_that_works(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    invited = companies.invite(
        company=bella,
        email="nina@example.com",
        role=Role.HOST,
        actor=owner,
        source="web",
        now=timezone.now(),
    )
    client = sign_in(owner)
    for _time in range(2):
        client.post(page(bella, "resend", invited.pk))
    assert OutgoingMail.objects.filter(to="nina@example.com").count() == 3
    mail.send(OutgoingMail.objects.order_by("pk").last().pk)  # type: ignore[union-attr]
    assert "/password/" in str(outbox.outbox[-1].body)


def test_who_has_joined_is_not_invited_again(
    bella: Company, owner: User, host: User, sign_in: Callable[[User], Client]
) -> None:
    answer = sign_in(owner).post(page(bella, "resend", membership(bella, host).pk), follow=True)
    assert b"has joined already" in answer.content
    assert not OutgoingMail.objects.exists()


# -- Changing -------------------------------------------------------------------------------------


def test_a_new_role_holds_with_the_next_click(
    bella: Company, owner: User, host: User, sign_in: Callable[[User], Client]
) -> None:
    theirs = sign_in(host)
    assert theirs.get(reverse("core:activity", args=[bella.slug])).status_code == 403
    soho = bella.restaurants.get(name="Bella Soho")
    sign_in(owner).post(
        page(bella, "member", membership(bella, host).pk),
        {"role": "manager", "restaurants": [soho.pk], "is_active": "on"},
    )
    assert theirs.get(reverse("core:activity", args=[bella.slug])).status_code == 200
    written = Change.objects.for_company(bella).get(action="change_member")
    assert written.values == {"role": ["host", "manager"], "restaurants": [[], [soho.pk]]}


def test_nothing_changed_writes_nothing(bella: Company, host: User) -> None:
    change(membership(bella, host))
    assert not Change.objects.for_company(bella).filter(action="change_member").exists()


def test_nobody_raises_their_own_role(
    bella: Company, owner: User, manager: User, sign_in: Callable[[User], Client]
) -> None:
    own = membership(bella, manager)
    values = {"role": "owner", "is_active": "on"}
    assert sign_in(manager).post(page(bella, "member", own.pk), values).status_code == 403
    with pytest.raises(staff.OwnMembership):
        change(own, role=Role.OWNER, actor=manager)
    assert membership(bella, manager).role == "manager"


def test_an_owner_cannot_shut_themselves_out(
    bella: Company, owner: User, sign_in: Callable[[User], Client]
) -> None:
    own = membership(bella, owner)
    answer = sign_in(owner).post(page(bella, "member", own.pk), {"role": "host"})
    assert b"another owner has to change" in answer.content
    assert (membership(bella, owner).role, membership(bella, owner).is_active) == ("owner", True)


@pytest.mark.parametrize("values", [{"role": Role.HOST}, {"is_active": False}])
def test_the_last_owner_stays(bella: Company, owner: User, values: dict[str, Any]) -> None:
    with pytest.raises(staff.LastOwner, match="must keep an active owner"):
        change(membership(bella, owner), **values)
    assert (membership(bella, owner).role, membership(bella, owner).is_active) == ("owner", True)


def test_an_owner_who_is_deactivated_as_a_user_does_not_count(
    bella: Company, owner: User, manager: User
) -> None:
    change(membership(bella, manager), role=Role.OWNER)
    User.objects.filter(pk=manager.pk).update(is_active=False)
    with pytest.raises(staff.LastOwner):
        change(membership(bella, owner), role=Role.HOST)


# -- Deactivating ---------------------------------------------------------------------------------


def test_deactivating_ends_the_sessions(
    bella: Company, owner: User, manager: User, sign_in: Callable[[User], Client]
) -> None:
    theirs = sign_in(manager)
    member = membership(bella, manager)
    sign_in(owner).post(page(bella, "member", member.pk), {"role": "manager"})
    answer = theirs.get(reverse("core:activity", args=[bella.slug]))
    assert answer["Location"].startswith("/login/"), "signed out"
    sign_in(owner).post(page(bella, "member", member.pk), {"role": "manager", "is_active": "on"})
    answer = theirs.get(reverse("core:activity", args=[bella.slug]))
    assert answer["Location"].startswith("/login/"), "the old session stays ended"
    actions = Change.objects.about(member).order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "deactivate_member",
        "reactivate_member",
    ]


def test_who_works_for_another_company_too_stays_signed_in_there(
    bella: Company, roma: Company, owner: User, manager: User, sign_in: Callable[[User], Client]
) -> None:
    Membership.objects.create(company=roma, user=manager, role=Role.MANAGER)
    theirs = sign_in(manager)
    change(membership(bella, manager), is_active=False)
    assert theirs.get(reverse("core:activity", args=[bella.slug])).status_code == 404
    assert theirs.get(reverse("core:activity", args=[roma.slug])).status_code == 200


def test_another_companys_member_is_not_found(
    bella: Company, roma: Company, owner: User, outsider: User, sign_in: Callable[[User], Client]
) -> None:
    theirs = membership(roma, outsider)
    client = sign_in(owner)
    assert client.get(page(bella, "member", theirs.pk)).status_code == 404
    assert client.post(page(bella, "member", theirs.pk), {"role": "host"}).status_code == 404
    assert membership(roma, outsider).role == "owner"


def test_the_list_asks_a_fixed_number_of_times(
    bella: Company,
    owner: User,
    sign_in: Callable[[User], Client],
    django_assert_num_queries: Any,
) -> None:
    client = sign_in(owner)
    with CaptureQueriesContext(connection) as few:
        client.get(page(bella, "staff"))
    for number in range(20):
        companies.invite(
            company=bella,
            email=f"n{number}@example.com",
            role=Role.HOST,
            restaurants=list(bella.restaurants.all()),
            actor=None,
            source="web",
            now=timezone.now(),
        )
    with django_assert_num_queries(len(few)):
        client.get(page(bella, "staff"))


# -- Two at once ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [pytest.param(False, marks=pytest.mark.postgres), True])
def test_two_owners_who_remove_each_other_leave_one(
    bella: Company, owner: User, manager: User, locked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the company's lock both would go: that is shown first, where it can happen."""
    Membership.objects.filter(user=manager).update(role=Role.OWNER)
    both = threading.Barrier(2)
    keep = staff._keep_an_owner

    def together(company: Company) -> None:
        keep(company)
        if not locked:
            both.wait(timeout=180)

    if not locked:
        monkeypatch.setattr(Company.objects, "select_for_update", Company.objects.all)
        monkeypatch.setattr(staff, "_keep_an_owner", together)
    ends: list[str] = []

    def remove(target: User, actor: User) -> None:
        try:
            change(membership(bella, target), role=Role.HOST, actor=actor)
            ends.append("done")
        except staff.LastOwner:
            ends.append("refused")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=remove, args=pair) for pair in ((owner, manager), (manager, owner))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = Membership.objects.for_company(bella).filter(role=Role.OWNER).count()
    if locked:
        assert (sorted(ends), left) == (["done", "refused"], 1)
    else:
        assert (ends, left) == (["done", "done"], 0)
