"""A guest's record as a page: the head, what apps add to it, and who sees it."""

import pytest

from tests.guests.cast import guest

pytestmark = pytest.mark.django_db


def test_the_head_says_who_the_guest_is(sign_in, bella, host):
    anna = guest(bella, first_name="Anna", last_name="Petrova")
    page = sign_in(host).get(f"/c/bella/guests/{anna.pk}/").content.decode()
    assert "<bdi>Anna Petrova</bdi>" in page
    assert "+44 20 7946 0958" in page
