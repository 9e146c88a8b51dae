"""A member number that somebody else has by now is not given back by an undo."""

import pytest
from django.utils import timezone

from guests.models import Guest
from guests.services import takeback
from guests.services.bulk import create_guests

pytestmark = pytest.mark.django_db


def test_it_stays_with_its_new_holder_and_the_rest_is_given_back(bella):
    now = timezone.now()
    anna, boris = create_guests(
        bella.pk,
        [
            {"phone": "+447900123456", "registered_at": now, "member_number": "M2", "sex": "male"},
            {"phone": "+447900123457", "registered_at": now, "member_number": "M1"},
        ],
    )
    replaced = {anna: {"fields": {"member_number": ["M1", "M2"], "sex": ["female", "male"]}}}

    left = takeback.restore_replaced(bella, replaced)

    assert [note.code for note in left[anna]] == ["member_number_used"]
    guest = Guest.objects.get(pk=anna)
    assert (guest.member_number, guest.sex) == ("M2", "female")
    assert Guest.objects.get(pk=boris).member_number == "M1"
