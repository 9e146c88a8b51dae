"""Credits, debits, holds, expiry, reversals, merges and leaps of the clock against an oracle.

After every step the database agrees with itself (balances, entries, lots, holds) and with a few
lines of Python that know nothing of it. LEDGER_STEPS=100000 makes it a long run, LEDGER_SEED the
same one again.
"""

import os
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, seed, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core import bulk
from core.models import Change, Company
from core.services.companies import create_company
from guests.dependents import Refused as CannotMove
from loyalty.models import Account, Hold, LedgerEntry, Program
from loyalty.services.checking import disagreeing
from loyalty.services.expiring import expire_company
from loyalty.services.foreseeing import foresee
from loyalty.services.holds import HoldRefused, place_hold, release_hold
from loyalty.services.ledger import post_entries
from loyalty.services.merging import move_balances, part_balances
from loyalty.services.postings import Capture, Move, Posted, Posting, Refused, Reversal
from loyalty.services.retrying import Moved
from tests.loyalty.conftest import new_guest

STEPS = int(os.environ.get("LEDGER_STEPS", "400"))
EACH = 40
LONDON = ZoneInfo("Europe/London")
GRACE = 30
#: Just before the clocks go forward, so that a leap crosses it, and a 29th of February later.
START = datetime(2027, 3, 27, 23, 30, tzinfo=UTC)

# Few and small enough that debits succeed, lots are shared, and days meet holds.
credits_ = st.integers(200, 3_000).map(lambda pence: Decimal(pence) / 100)
amounts = st.integers(1, 900).map(lambda pence: Decimal(pence) / 100)
last_days = st.sampled_from([None, 0, 0, 1, 2, 40])
guests = st.sampled_from([0, 0, 0, 1])


class Oracle:
    """One account: what is left of each credit, in order of age, and what is held."""

    def __init__(self):
        self.lots, self.holds = [], {}

    def settle(self, now):
        today = now.astimezone(LONDON).date()
        self.holds = {k: h for k, h in self.holds.items() if h[1] > now}
        kept = sum(h[0] for h in self.holds.values())
        for lot in sorted(self.lots, key=lambda lot: (lot[1] or date.max, lot[2])):
            if lot[1] and lot[1] < today:
                stays = min(kept, lot[0])
                kept, lot[0] = kept - stays, stays

    def take(self, amount, now, *, captured=False):
        today, parts = now.astimezone(LONDON).date(), []
        for lot in sorted(self.lots, key=lambda lot: (lot[1] or date.max, lot[2])):
            if captured or not (lot[1] and lot[1] < today):
                part = min(lot[0], amount)
                lot[0], amount = lot[0] - part, amount - part
                parts += [(lot, part)] if part else []
        assert not amount
        return parts

    @property
    def balance(self):
        return sum((lot[0] for lot in self.lots), Decimal(0))

    @property
    def held(self):
        return sum((hold[0] for hold in self.holds.values()), Decimal(0))


class Ledger(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.now, self.ref, self.movements, self.merges = START, 0, {}, []

    @initialize()
    def open(self):
        # Taken back at the end: what cannot be removed would make every later check slower.
        self.whole = transaction.atomic()
        self.whole.__enter__()
        number = Company.objects.count()
        self.company = create_company(
            slug=f"c{number}",
            name=f"C{number}",
            timezone="Europe/London",
            actor=None,
            source=Change.Source.COMMAND,
            now=START,
        )
        self.guests = [new_guest(self.company, n) for n in range(2)]
        self.program = Program.objects.create(
            company=self.company, name="P", code="p", currency="GBP"
        )
        self.oracles = [Oracle(), Oracle()]

    def post(self, kind: type[Posting], **values):
        self.ref += 1
        posting = kind(source="api", source_ref=str(self.ref), **values)
        postings, foreseen = [posting], None
        if kind is Move and self.ref % 2 and bulk.reserves_ahead():
            foreseen = self.foreseen(postings)
        (outcome,) = post_entries(
            company=self.company, postings=postings, actor=None, now=self.now, foreseen=foreseen
        )
        (again,) = post_entries(company=self.company, postings=[posting], actor=None, now=self.now)
        if isinstance(outcome, Posted):
            assert (again.entry_id, again.amount) == (outcome.entry_id, outcome.amount)
        else:
            assert again == outcome
        return outcome

    def foreseen(self, postings):
        # No cause of this run comes twice: it makes no difference whether they are looked up.
        options = {"new_causes": self.ref % 4 < 2}
        return foresee(company=self.company, postings=postings, actor=None, now=self.now, **options)

    def owner(self, guest):
        return {"guest_id": self.guests[guest].pk, "program_id": self.program.pk}

    def settle(self, guest):
        self.oracles[guest].settle(self.now)
        return self.oracles[guest]

    # -- Steps ---------------------------------------------------------------------------------

    @rule(guest=guests, amount=credits_, days=last_days)
    def credit(self, guest, amount, days):
        today = self.now.astimezone(LONDON).date()
        expires_on = None if days is None else today + timedelta(days=days)
        outcome = self.post(Move, amount=amount, expires_on=expires_on, **self.owner(guest))
        lot = [amount, expires_on, outcome.entry_id]
        self.settle(guest).lots.append(lot)
        self.movements[outcome.entry_id] = (guest, amount, lot)

    @rule(guest=guests, amount=amounts)
    def debit(self, guest, amount):
        outcome = self.post(Move, amount=-amount, **self.owner(guest))
        oracle = self.settle(guest)
        if oracle.balance - oracle.held < amount:
            assert outcome.code == "insufficient"
            return
        parts = oracle.take(amount, self.now)
        self.movements[outcome.entry_id] = (guest, -amount, parts)

    @precondition(lambda self: bulk.reserves_ahead())
    @rule(guest=guests, amount=amounts, given=credits_)
    def overtaken(self, guest, amount, given):
        """Nothing is posted of what was foreseen before somebody else moved the balance."""
        self.ref += 1
        owner = self.owner(guest)
        postings = [Move(amount=amount, source="api", source_ref=str(self.ref), **owner)]
        foreseen = self.foreseen(postings)
        self.credit(guest, given, None)
        with pytest.raises(Moved):
            post_entries(
                company=self.company,
                postings=postings,
                actor=None,
                now=self.now,
                foreseen=foreseen,
            )

    @rule(guest=guests, amount=amounts, hours=st.integers(1, 90))
    def hold(self, guest, amount, hours):
        self.ref += 1
        until = self.now + timedelta(hours=hours)
        oracle = self.settle(guest)
        try:
            hold = place_hold(
                company=self.company,
                amount=amount,
                source="api",
                source_ref=str(self.ref),
                expires_at=until,
                now=self.now,
                **self.owner(guest),
            )
        except HoldRefused:
            assert oracle.balance - oracle.held < amount
        else:
            assert oracle.balance - oracle.held >= amount
            oracle.holds[hold.pk] = (amount, until)

    @precondition(lambda self: any(oracle.holds for oracle in self.oracles))
    @rule(data=st.data())
    def capture(self, data):
        guest, hold = data.draw(st.sampled_from(self.standing()))
        held = self.oracles[guest].holds[hold][0]
        amount = data.draw(st.sampled_from([None, held, Decimal("0.01"), held + 1]))
        outcome = self.post(Capture, hold_id=hold, amount=amount)
        oracle = self.settle(guest)
        if hold not in oracle.holds:
            assert outcome == Refused("hold_ended")
        elif amount and amount > held:
            assert outcome == Refused("beyond_hold", {"held": held})
        else:
            del oracle.holds[hold]
            parts = oracle.take(amount or held, self.now, captured=True)
            oracle.settle(self.now)
            self.movements[outcome.entry_id] = (guest, -(amount or held), parts)

    @precondition(lambda self: any(oracle.holds for oracle in self.oracles))
    @rule(data=st.data())
    def release(self, data):
        guest, hold = data.draw(st.sampled_from(self.standing()))
        oracle = self.settle(guest)
        released = release_hold(company=self.company, hold_id=hold, now=self.now)
        assert released == (hold in oracle.holds)
        oracle.holds.pop(hold, None)
        oracle.settle(self.now)

    @precondition(lambda self: self.movements)
    @rule(data=st.data(), shortfall=st.sampled_from(["refuse", "what_is_left", "from_others"]))
    def reverse(self, data, shortfall):
        entry = data.draw(st.sampled_from(sorted(self.movements)))
        guest, amount, parts = self.movements[entry]
        outcome = self.post(Reversal, entry_id=entry, shortfall=shortfall)
        oracle = self.settle(guest)
        if amount < 0:
            self.give_back(parts)
        else:
            left = min(parts[0], oracle.balance - oracle.held)
            others = min(amount - left, oracle.balance - oracle.held - left)
            others = others if shortfall == "from_others" else Decimal(0)
            if left < amount and (shortfall == "refuse" or not left + others):
                assert outcome.code in ("spent", "moved")
                return
            parts[0] -= left
            oracle.take(others, self.now)
        assert isinstance(outcome, Posted)
        del self.movements[entry]

    def give_back(self, parts):
        today = self.now.astimezone(LONDON).date()
        for lot, part in parts:
            lot[0] += part
            if lot[1] and lot[1] < today:
                lot[1] = today + timedelta(days=GRACE)

    @rule(hours=st.sampled_from([1, 24, 48, 24 * 170]))
    def leap(self, hours):
        self.now += timedelta(hours=hours)

    @rule()
    def expire(self):
        expire_company(self.company, now=self.now)
        for guest in (0, 1):
            self.settle(guest)
        for guest, oracle in enumerate(self.oracles):
            assert self.account(guest) == (oracle.balance, oracle.held)

    @rule(source=st.sampled_from([0, 1]))
    def merge(self, source):
        """Give all of one guest to the other, as a merge does; both stay to be drawn from."""
        target = 1 - source
        mine, theirs = self.settle(source), self.settle(target)
        receipt = move_balances(
            self.company,
            source=self.guests[source],
            target=self.guests[target],
            now=self.now,
        )
        pieces = sorted(
            (lot for lot in mine.lots if lot[0]), key=lambda lot: (lot[1] or date.max, lot[2])
        )
        ids = [entry for moved in receipt["moved"] for entry in moved["in"]]
        new = [[lot[0], lot[1], pk] for lot, pk in zip(pieces, ids, strict=True)]
        self.merges.append((receipt, source, pieces, [list(lot) for lot in new], new))
        theirs.lots += new
        for lot in pieces:
            lot[0] = Decimal(0)
        theirs.holds |= mine.holds
        mine.holds = {}

    @precondition(lambda self: self.merges)
    @rule()
    def part(self):
        """Undo the last merge: whole, or not at all when something of it is gone."""
        receipt, source, pieces, before, new = self.merges.pop()
        mine, theirs = self.settle(source), self.settle(1 - source)
        ids = {pk for hold in receipt["holds"] for pk in hold["ids"]}
        try:
            with transaction.atomic():
                part_balances(
                    self.company,
                    receipt,
                    source=self.guests[source],
                    target=self.guests[1 - source],
                    now=self.now,
                )
        except CannotMove:
            moved = sum((lot[0] for lot in before), Decimal(0))
            held = sum((h[0] for pk, h in theirs.holds.items() if pk not in ids), Decimal(0))
            is_held = theirs.balance - held < moved
            assert is_held or [lot[0] for lot in new] != [lot[0] for lot in before]
            return
        assert [lot[0] for lot in new] == [lot[0] for lot in before]
        for lot, was, there in zip(pieces, before, new, strict=True):
            lot[0], there[0] = lot[0] + was[0], Decimal(0)
        for pk in ids & theirs.holds.keys():
            mine.holds[pk] = theirs.holds.pop(pk)

    # -- What always holds -----------------------------------------------------------------------

    @invariant()
    def the_books_agree(self):
        if hasattr(self, "company"):
            assert list(disagreeing(self.company)) == []

    def teardown(self):
        if hasattr(self, "company"):
            try:
                self.expire()
                held = Hold.objects.standing().filter(company=self.company)
                assert {hold.pk for hold in held} == {hold for _guest, hold in self.standing()}
                assert not LedgerEntry.objects.filter(balance_after__lt=0).exists()
            finally:
                transaction.set_rollback(True)
                self.whole.__exit__(None, None, None)

    def account(self, guest):
        rows = Account.objects.filter(**self.owner(guest)).values_list("balance", "held")
        return rows.first() or (0, 0)

    def standing(self):
        return [(g, hold) for g, oracle in enumerate(self.oracles) for hold in oracle.holds]


@pytest.mark.django_db
def test_the_ledger_agrees_with_the_oracle_after_every_step():
    machine = Ledger
    if STEPS > 400:
        number = int(os.environ.get("LEDGER_SEED") or random.SystemRandom().randrange(1, 10**9))
        print(f"LEDGER_SEED={number}")  # noqa: T201 - shown with a failure
        machine = seed(number)(Ledger)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, STEPS // EACH),
            stateful_step_count=EACH,
            deadline=None,
            derandomize=STEPS <= 400,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
