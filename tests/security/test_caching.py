"""Nothing that asks to sign in stays behind in the browser."""

import pytest

from tests.guests.cast import guest

pytestmark = pytest.mark.django_db


@pytest.fixture
def addresses(bella):
    anna = guest(bella)
    return [
        "/c/bella/",
        "/c/bella/guests/?sort=name",
        "/c/bella/guests/search/?q=anna",
        f"/c/bella/guests/{anna.pk}/",
        f"/c/bella/guests/{anna.pk}/history/",
        f"/c/bella/guests/{anna.pk}/everything.json",
        "/c/bella/activity/",
        "/c/bella/settings/staff/",
        "/account/",
        "/account/second-factor/",
    ]


def test_no_page_behind_the_sign_in_is_kept(sign_in, owner, addresses):
    client = sign_in(owner)
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "no-store" in answer.headers.get("Cache-Control", ""), address
