"""Whatever tills send, in whatever order: the counters are always those of the orders."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from guests.models import Guest
from tests.visits.conftest import NOON, miscounted, new_guest, record
from visits.dependents import Orders
from visits.models import Order
from visits.services.orders import OrderDraft

pytestmark = pytest.mark.django_db

# Few keys and few moments, so that orders are corrected, moved and sent again all the time.
numbers = st.integers(0, 5).map(str)
guests = st.sampled_from([0, 1, 2, None])
totals = st.integers(-500, 3_000).map(lambda pence: Decimal(pence) / 100)
moments = st.integers(-3, 3).map(lambda days: NOON + timedelta(days=days))
orders = st.tuples(st.integers(0, 1), numbers, guests, totals, moments)
chunks = st.lists(orders, max_size=6, unique_by=lambda order: order[:2])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sent=st.lists(chunks, min_size=1, max_size=6), merge=st.booleans())
def test_counters_are_always_those_of_the_orders(bella, sent, merge):
    Order.objects.all().delete()
    Guest.objects.all().delete()
    people = [new_guest(bella, number) for number in range(3)]
    places = list(bella.restaurants.order_by("pk"))
    expected: dict[tuple[int, str], tuple] = {}
    for chunk in sent:
        record(
            bella,
            *(
                OrderDraft(places[place].pk, number, None if g is None else people[g].pk, *rest)
                for place, number, g, *rest in chunk
            ),
        )
        for place, number, g, *rest in chunk:
            known = expected.get((place, number))
            expected[place, number] = (known[0] if g is None and known else g, *rest)
        assert miscounted(bella) == []
    stored = Order.objects.values_list("restaurant", "external_id", "guest", "total", "closed_at")
    ids = [None if person is None else person.pk for person in people]
    assert sorted(stored, key=lambda row: row[:2]) == sorted(
        (
            (places[place].pk, number, None if g is None else ids[g], total, at)
            for (place, number), (g, total, at) in expected.items()
        ),
        key=lambda row: row[:2],
    )
    if merge:
        _there_and_back(bella, people)


def _there_and_back(bella, people):
    """Move all orders of one guest to another, and back again."""
    before = set(Order.objects.filter(guest=people[0]).values_list("pk", flat=True))
    receipt = Orders().move(source=people[0], target=people[1])
    assert miscounted(bella) == []
    Orders().put_back(receipt, source=people[0], target=people[1])
    assert miscounted(bella) == []
    assert set(Order.objects.filter(guest=people[0]).values_list("pk", flat=True)) == before
