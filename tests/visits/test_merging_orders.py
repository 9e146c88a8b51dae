"""Orders when two guests become one, when one is forgotten, and when one asks for everything."""

import pytest

from guests.dependents import dependent
from tests.visits.conftest import NOON, counters, draft, new_guest, record
from visits.models import Order

pytestmark = pytest.mark.django_db


@pytest.fixture
def orders():
    """What visits declared to the guests."""
    return dependent("orders")


def test_orders_and_counters_move_and_come_back(bella, anna, boris, orders):
    record(bella, draft(bella, "1", anna, "10"), draft(bella, "2", anna, "5", days=-1))
    record(bella, draft(bella, "3", boris, "7", days=-2))
    receipt = orders.move(source=anna, target=boris)
    assert (anna.orders_count, boris.orders_count) == (0, 3)
    assert counters(anna) == (0, 0, None)
    assert counters(boris) == (3, 22, NOON)
    record(bella, draft(bella, "4", boris, "1"))
    orders.put_back(receipt, source=anna, target=boris)
    assert counters(anna)[:2] == (2, 15)
    assert counters(boris)[:2] == (2, 8)
    assert set(Order.objects.of_guest(boris).values_list("external_id", flat=True)) == {"3", "4"}


def test_an_order_that_was_corrected_to_somebody_else_stays_theirs(bella, anna, boris, orders):
    carla = new_guest(bella, 3)
    record(bella, draft(bella, "1", anna))
    receipt = orders.move(source=anna, target=boris)
    record(bella, draft(bella, "1", carla))
    orders.put_back(receipt, source=anna, target=boris)
    assert (counters(anna)[0], counters(carla)[0]) == (0, 1)


def test_what_hangs_on_a_guest_is_said_in_words(bella, anna, orders):
    assert orders.describe(anna) == ""
    record(bella, draft(bella, "1", anna))
    assert orders.describe(anna) == "1 order"
    record(bella, draft(bella, "2", anna))
    assert orders.describe(anna) == "2 orders"


def test_orders_outlive_an_erasure(bella, anna, orders):
    record(bella, draft(bella, "1", anna))
    orders.erase(anna, now=NOON)
    assert counters(anna)[0] == Order.objects.of_guest(anna).count() == 1


def test_everything_holds_every_order(bella, anna, orders):
    record(bella, draft(bella, "1", anna, "48.5"))
    assert orders.everything(anna, only=None) == [
        {
            "restaurant": "Bella Soho",
            "number": "1",
            "total": "48.5000",
            "closed_at": "2026-03-10T12:00:00+00:00",
        }
    ]
