"""Guests with programs, and the clock of their tests."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from core.models import Company
from guests.models import Guest
from loyalty.models import Program
from loyalty.services.checking import disagreeing
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move, Outcome, Posting

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def new_guest(company: Company, number: int) -> Guest:
    return Guest.objects.create(
        company=company, phone=f"+4479460{number:05}", registered_at=NOON, search_text=""
    )


@pytest.fixture
def anna(bella: Company) -> Guest:
    return new_guest(bella, 1)


@pytest.fixture
def boris(bella: Company) -> Guest:
    return new_guest(bella, 2)


@pytest.fixture
def points(bella: Company) -> Program:
    """Bonus points that last for ever unless a credit says otherwise."""
    return Program.objects.create(company=bella, name="Points", code="points", currency="GBP")


@pytest.fixture
def books_agree(bella: Company) -> Iterator[None]:
    """After the test, balances, entries, lots and holds say the same."""
    yield
    assert list(disagreeing(bella)) == []


@pytest.fixture
def post(bella: Company) -> Callable[..., Outcome]:
    """Call it with one posting, and perhaps with the time: what became of it."""

    def one(posting: Posting, now: datetime = NOON) -> Outcome:
        (outcome,) = post_entries(company=bella, postings=[posting], actor=None, now=now)
        return outcome

    return one


@pytest.fixture
def move(post: Callable[..., Outcome], anna: Guest, points: Program) -> Callable[..., Outcome]:
    """Call it with an amount: credited to Anna, or debited, each time for another cause."""
    refs = count()

    def one(
        amount: Any,
        now: datetime = NOON,
        *,
        program: Program = points,
        ref: str = "",
        **values: Any,
    ) -> Outcome:
        posting = Move(
            guest_id=anna.pk,
            program_id=program.pk,
            amount=Decimal(amount),
            source="manual",
            source_ref=ref or f"click {next(refs)}",
            **values,
        )
        return post(posting, now)

    return one
