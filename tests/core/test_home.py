"""Where each role lands, and the checklist at the start."""

import pytest
from django.urls import reverse

from core.web import overview
from guests.services.bulk import create_guests

pytestmark = pytest.mark.django_db


def home(company):
    return reverse("core:company", args=[company.slug])


def test_an_owner_begins_with_the_checklist(client, owner, bella):
    client.force_login(owner)
    response = client.get(home(bella))
    assert [step["done"] for step in response.context["checklist"]] == [True, False]
    assert reverse("imports:new", args=[bella.slug]) in response.content.decode()


def test_once_all_is_done_the_checklist_is_gone(client, owner, bella):
    from django.utils import timezone

    create_guests(bella.pk, [{"phone": "+447900123456", "registered_at": timezone.now()}])
    client.force_login(owner)
    response = client.get(home(bella))
    assert response.context["checklist"] == []
    assert "To get started" not in response.content.decode()


@pytest.mark.parametrize(
    ("name", "screen"), [("operator", "imports:list"), ("host", "guests:list")]
)
def test_who_does_not_see_the_overview_lands_on_their_own_screen(
    client, bella, request, name, screen
):
    client.force_login(request.getfixturevalue(name))
    response = client.get(home(bella))
    assert response.url == reverse(screen, args=[bella.slug])
    assert client.get(response.url).status_code == 200


def test_a_role_without_a_screen_is_told_so_and_not_sent_in_circles(
    client, host, bella, monkeypatch
):
    monkeypatch.setattr(overview, "_landings", {})
    client.force_login(host)
    assert "no screen for your role" in client.get(home(bella)).content.decode()


def test_who_may_not_see_the_overview_has_no_place_for_it(client, operator, manager, bella):
    def bar(user):
        client.force_login(user)
        return [str(item.label) for item in client.get("/c/bella/imports/").context["nav"]]

    assert "Overview" not in bar(operator)
    assert bar(manager)[0] == "Overview"
