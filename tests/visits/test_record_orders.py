"""Orders as tills send them: once, again, corrected, for the wrong guest; and what guests' records
say of them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.models import Change
from guests.services.takeback import kept_created
from tests.visits.conftest import NOON, counters, draft, new_guest, record
from visits.models import Order
from visits.services import orders as service
from visits.services.orders import Crossed, Outcome, UnknownGuest, UnknownRestaurant

pytestmark = pytest.mark.django_db
CREATED, CORRECTED, UNCHANGED = Outcome.CREATED, Outcome.CORRECTED, Outcome.UNCHANGED


def test_an_order_counts_for_its_guest(bella, anna):
    assert record(bella, draft(bella, "1", anna, "12.50"), draft(bella, "2", anna, "7.50", days=1))
    assert counters(anna) == (2, Decimal(20), NOON + timedelta(days=1))
    assert anna.total == 20
    assert anna.average_bill == 10


def test_the_same_again_does_nothing(bella, anna):
    order = draft(bella, "1", anna)
    assert record(bella, order) == [CREATED]
    assert record(bella, order) == [UNCHANGED]
    assert counters(anna) == (1, Decimal(20), NOON)
    assert Order.objects.count() == 1
    assert not Change.objects.filter(action="correct_order").exists()


def test_the_number_is_a_restaurant_s_own(bella, anna):
    orders = draft(bella, "1", anna, place=0), draft(bella, "1", anna, place=1)
    assert record(bella, *orders) == [CREATED, CREATED]


def test_a_corrected_total_corrects_by_the_difference(bella, anna, manager):
    record(bella, draft(bella, "1", anna, "20"), draft(bella, "2", anna, "5"))
    assert record(bella, draft(bella, "1", anna, "23.10"), actor=manager) == [CORRECTED]
    assert counters(anna)[:2] == (2, Decimal("28.10"))
    change = Change.objects.get(action="correct_order")
    assert change.values == {"total": ["20.0000", "23.10"]}
    assert change.actor == manager
    assert change.subject_id == Order.objects.get(external_id="1").pk


def test_an_order_moves_to_another_guest_with_all_it_counts(bella, anna, boris):
    record(bella, draft(bella, "1", anna), draft(bella, "2", anna, days=-3))
    assert record(bella, draft(bella, "1", boris)) == [CORRECTED]
    assert counters(anna) == (1, Decimal(20), NOON - timedelta(days=3))
    assert counters(boris) == (1, Decimal(20), NOON)


def test_a_corrected_time_moves_the_last_visit_back(bella, anna):
    record(bella, draft(bella, "1", anna, days=5), draft(bella, "2", anna, days=1))
    record(bella, draft(bella, "1", anna, days=-5))
    assert counters(anna)[2] == NOON + timedelta(days=1)


def test_the_last_order_gone_there_is_no_last_visit(bella, anna, boris):
    record(bella, draft(bella, "1", anna))
    record(bella, draft(bella, "1", boris))
    assert counters(anna) == (0, Decimal(0), None)


def test_nothing_to_pay_is_a_visit_and_money_back_is_none(bella, anna):
    record(bella, draft(bella, "1", anna, "0"), draft(bella, "2", anna, "-8", days=2))
    assert counters(anna) == (2, Decimal(-8), NOON)


def test_who_has_but_a_refund_is_not_taken_for_untouched(bella, anna):
    record(bella, draft(bella, "1", anna, "-8"))
    assert kept_created(bella, [anna.pk])[anna.pk].code == "guest_visited"


def test_a_visit_is_no_change_of_the_record(bella, anna):
    record(bella, draft(bella, "1", anna))
    anna.refresh_from_db()
    assert anna.version == 1


def test_an_order_without_a_guest_counts_for_nobody(bella, anna):
    assert record(bella, draft(bella, "1", None)) == [CREATED]
    assert record(bella, draft(bella, "1", anna)) == [CORRECTED]
    assert counters(anna)[0] == 1


def test_an_order_sent_without_its_guest_keeps_them(bella, anna):
    record(bella, draft(bella, "1", anna))
    assert record(bella, draft(bella, "1", None)) == [UNCHANGED]
    assert record(bella, draft(bella, "1", None, "21")) == [CORRECTED]
    assert counters(anna)[:2] == (1, Decimal(21))


def test_the_order_of_a_merged_guest_is_the_kept_guest_s(bella, anna, boris):
    old = new_guest(bella, 3, is_active=False, merged_into=boris)
    oldest = new_guest(bella, 4, is_active=False, merged_into=old)
    record(bella, draft(bella, "1", oldest))
    assert counters(boris)[0] == 1
    assert counters(oldest)[0] == 0


def test_the_same_order_twice_in_one_call_is_refused(bella, anna):
    with pytest.raises(ValueError, match="twice"):
        record(bella, draft(bella, "1", anna), draft(bella, "1", anna, "21"))
    assert not Order.objects.exists()


def test_the_wall(bella, roma, anna):
    roma.restaurants.create(name="Trastevere")
    stranger = new_guest(roma, 9)
    with pytest.raises(UnknownGuest):
        record(bella, draft(bella, "1", stranger))
    with pytest.raises(UnknownRestaurant):
        record(bella, draft(roma, "1", anna))
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.create(
            company=bella, restaurant_id=1, guest=stranger, external_id="1", total=1, closed_at=NOON
        )
    assert not Order.objects.exists()


def test_one_that_is_wrong_keeps_all_out(bella, anna, roma):
    with pytest.raises(UnknownGuest):
        record(bella, draft(bella, "1", anna), draft(bella, "2", new_guest(roma, 9)))
    assert not Order.objects.exists()


def test_who_was_second_looks_again(bella, anna, monkeypatch):
    """Another process writes the order between our look and our insert."""
    order = draft(bella, "1", None, "20")
    read, calls = service._Recording._read, []

    def late(self, **options):
        calls.append(options)
        if len(calls) <= 2:
            return {}
        return read(self, **options)

    record(bella, order)
    monkeypatch.setattr(service._Recording, "_read", late)
    assert record(bella, order) == [UNCHANGED]
    assert len(calls) == 4


def test_who_is_second_time_and_again_is_told(bella, monkeypatch):
    record(bella, draft(bella, "1", None))
    monkeypatch.setattr(service._Recording, "_read", lambda self, **options: {})
    with pytest.raises(Crossed):
        record(bella, draft(bella, "1", None))
    assert Order.objects.count() == 1


def test_queries_do_not_grow_with_the_orders(bella):
    guests = [new_guest(bella, number) for number in range(40)]

    def queries(count, prefix):
        orders = [draft(bella, f"{prefix}{i}", guests[i]) for i in range(count)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            record(bella, *orders)
        return len(captured)

    assert queries(40, "b") == queries(2, "a")
