"""Guests with programs, and the clock of their tests."""

from datetime import UTC, datetime

import pytest

from core.models import Company
from guests.models import Guest
from loyalty.models import Program

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
