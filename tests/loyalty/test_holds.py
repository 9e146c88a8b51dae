"""Setting an amount aside: captured or released once, and nothing expires under it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from loyalty.models import Account, Hold
from loyalty.services.expiring import expire_due
from loyalty.services.holds import HoldRefused, place_hold, release_hold
from loyalty.services.postings import AlreadyPosted, Capture, Refused
from tests.loyalty.conftest import NOON

pytestmark = pytest.mark.usefixtures("books_agree")

D = Decimal
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def hold(bella, anna, points):
    def place(amount, ref="bill 1", now=NOON, lasts=HOUR):
        return place_hold(
            company=bella,
            guest_id=anna.pk,
            program_id=points.pk,
            amount=D(amount),
            source="api",
            source_ref=ref,
            expires_at=now + lasts,
            now=now,
        )

    return place


def capture(hold, amount=None, ref="capture 1"):
    amount = None if amount is None else D(amount)
    return Capture(hold_id=hold.pk, amount=amount, source="api", source_ref=ref)


def account():
    found = Account.objects.get()
    return found.balance, found.held


def test_what_is_held_cannot_be_spent(move, hold):
    move(10)
    hold(6)
    assert move(-5) == Refused("insufficient", {"available": D(4)})
    assert account() == (10, 6)


def test_more_than_there_is_cannot_be_held(move, hold):
    move(10)
    hold(6)
    with pytest.raises(HoldRefused, match="insufficient"):
        hold(5, "bill 2")
    assert Hold.objects.count() == 1


def test_the_same_cause_holds_once(move, hold):
    move(10)
    assert hold(6) == hold(6)
    assert account() == (10, 6)
    with pytest.raises(HoldRefused, match="other_amount"):
        hold(5)


def test_captured_in_part_the_rest_is_free(move, hold, post):
    move(10)
    held = hold(6)
    assert post(capture(held, 4)).balance == 6
    assert account() == (6, 0)
    assert isinstance(post(capture(held, 4)), AlreadyPosted)
    assert post(capture(held, 4, "another")) == Refused("hold_ended")


def test_no_more_than_was_held_is_captured(move, hold, post):
    move(10)
    assert post(capture(hold(6), 7)) == Refused("beyond_hold", {"held": D(6)})


def test_a_hold_is_released_once(bella, move, hold, post):
    move(10)
    held = hold(6)
    assert release_hold(company=bella, hold_id=held.pk, now=NOON) is True
    assert release_hold(company=bella, hold_id=held.pk, now=NOON) is False
    assert account() == (10, 0)
    assert post(capture(held)) == Refused("hold_ended")


def test_a_hold_that_runs_out_releases_itself(move, hold, post):
    move(10)
    held = hold(6)
    assert move(-10, now=NOON + HOUR).balance == 0
    assert post(capture(held), NOON + HOUR) == Refused("hold_ended")
    held.refresh_from_db()
    assert held.state == "lapsed"


def test_one_that_nobody_touches_is_released_by_the_clock(bella, move, hold):
    move(10)
    hold(6)
    assert expire_due(now=NOON + HOUR - timedelta(seconds=1)) == 0
    assert expire_due(now=NOON + HOUR) == 1
    assert account() == (10, 0)


def test_held_amounts_do_not_expire_before_the_hold_ends(bella, move, hold, post):
    move(10, expires_on=date(2026, 3, 10))
    move(3)
    held = hold(6, lasts=3 * DAY)
    expire_due(now=NOON + DAY)
    assert account() == (9, 6)
    assert move(-4, now=NOON + DAY) == Refused("insufficient", {"available": D(3)})
    assert move(-3, now=NOON + DAY).balance == 6
    assert post(capture(held, 4), NOON + DAY).balance == 2
    # The two that were held and not captured were past their day.
    assert account() == (0, 0)


def test_released_past_their_day_they_are_gone(bella, move, hold):
    move(10, expires_on=date(2026, 3, 10))
    held = hold(6, lasts=3 * DAY)
    release_hold(company=bella, hold_id=held.pk, now=NOON + DAY)
    assert account() == (0, 0)
