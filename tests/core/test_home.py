"""Where one lands: the checklist at the start, then the first screen of the role."""

import pytest
from django.urls import reverse

from guests.models import Guest
from guests.services.bulk import create_guests

pytestmark = pytest.mark.django_db


def home(company):
    return reverse("core:company", args=[company.slug])


def test_an_owner_begins_with_the_checklist(client, owner, bella):
    client.force_login(owner)
    response = client.get(home(bella))
    assert [step["done"] for step in response.context["checklist"]] == [True, False]
    assert reverse("imports:new", args=[bella.slug]) in response.content.decode()


def test_with_guests_an_owner_goes_to_the_first_screen(client, owner, bella):
    from django.utils import timezone

    create_guests(bella.pk, [{"phone": "+447900123456", "registered_at": timezone.now()}])
    assert Guest.objects.for_company(bella).count() == 1
    client.force_login(owner)
    assert client.get(home(bella)).url == reverse("imports:list", args=[bella.slug])


def test_a_host_without_a_screen_is_told_so_and_not_sent_in_circles(client, host, bella):
    client.force_login(host)
    assert "no screen for your role" in client.get(home(bella)).content.decode()
