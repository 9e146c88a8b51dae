"""A guest's history: everything that was changed of them, by hand, in bulk and by files."""

import pytest

from tests.guests.cast import guest
from tests.imports.web import imported

pytestmark = pytest.mark.django_db


def test_x(sign_in, bella, manager):
    from guests.models import Guest

    imported(bella, manager)
    john = Guest.objects.get(first_name="John")
    page = sign_in(manager).get(f"/c/bella/guests/{john.pk}/history/").content.decode()
    assert "guests.csv, line 2" in page
